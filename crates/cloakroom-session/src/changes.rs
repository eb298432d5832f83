use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use cloakroom_store::Subject;
use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;

use crate::SessionError;
use crate::payload::corrupt;
use crate::values::Values;

/// What a request wants to be different, in the order in which it said so. Nothing of it acts before the commit.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    /// Changes of values.
    pub(crate) deltas: Vec<Delta>,
    pub(crate) login: Option<Login>,
    /// The session that the request came with is to end, and nothing of it is seen any more.
    pub(crate) logout: bool,
    /// Subjects whose sessions are to end, all but the one that stands after the commit.
    pub(crate) sweeps: Vec<Sweep>,
    /// Single sessions that are to end.
    pub(crate) ends: Vec<(Whose, Selector)>,
    pub(crate) persistent: bool,
}

/// The subject that was logged in when something was said.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// That of the session that the request came with.
    Loaded,
    /// That of a login earlier in this request.
    Subject(Subject),
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sweep {
    pub(crate) whose: Whose,
    /// Whether the session that said so was to end, too.
    pub(crate) everywhere: bool,
}

#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) subject: Subject,
    pub(crate) at: UnixTime,
    /// How many of the deltas came before the login.
    pub(crate) mark: usize,
    /// How many came before the first login of the request: those belong to the session that it came with.
    pub(crate) kept: usize,
    /// Whether somebody else was logged in just before, in this request.
    pub(crate) switched: bool,
}

/// A change of one value.
#[derive(Clone)]
pub(crate) struct Delta {
    pub(crate) key: Arc<str>,
    pub(crate) act: Act,
    /// The JSON of the value after the change, as the request saw it.
    pub(crate) seen: Option<String>,
}

#[derive(Clone)]
pub(crate) enum Act {
    /// The value becomes what was seen, or goes.
    Set,
    /// The value is computed from whatever it is.
    Compute(Compute),
}

/// From JSON to JSON.
pub(crate) type Compute = Arc<dyn Fn(Option<&str>) -> Result<Option<String>, SessionError> + Send + Sync>;

/// What a request has said so far. Most say nothing, and allocate nothing for it.
#[derive(Clone, Default)]
pub(crate) struct Said(Option<Arc<Changes>>);

impl Said {
    pub(crate) fn to_mut(&mut self) -> &mut Changes {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

impl Deref for Said {
    type Target = Changes;

    fn deref(&self) -> &Changes {
        static NOTHING: Changes = Changes {
            deltas: Vec::new(),
            login: None,
            logout: false,
            sweeps: Vec::new(),
            ends: Vec::new(),
            persistent: false,
        };
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl Changes {
    /// Whether anything is to be done but what a request that only reads does.
    pub(crate) fn is_empty(&self) -> bool {
        self.deltas.is_empty() && self.login.is_none() && !self.takes_away()
    }

    /// Whether anything takes privilege away, which has to be done whatever becomes of the request.
    pub(crate) fn takes_away(&self) -> bool {
        self.logout || !self.sweeps.is_empty() || !self.ends.is_empty()
    }

    /// Without what gives privilege, and without what was written for the session that it would have made.
    pub(crate) fn drop_gifts(&mut self) {
        if let Some(login) = self.login.take() {
            self.deltas.truncate(login.kept);
            self.persistent = false;
        }
    }

    /// Who is logged in as far as this request has said.
    pub(crate) fn whose(&self) -> Whose {
        match &self.login {
            Some(login) => Whose::Subject(login.subject.clone()),
            None => Whose::Loaded,
        }
    }

    /// How many deltas come before the login.
    pub(crate) fn mark(&self) -> usize {
        self.login.as_ref().map_or(0, |login| login.mark)
    }

    pub(crate) fn push(&mut self, delta: Delta) {
        if matches!(delta.act, Act::Set) {
            // Whatever was before makes no difference any more, to a replay neither.
            let mark = self.mark();
            let mut index = 0;
            self.deltas.retain(|earlier| {
                index += 1;
                index <= mark || earlier.key != delta.key
            });
        }
        self.deltas.push(delta);
    }

    /// Starts anew: what is written from now on belongs to another session.
    pub(crate) fn log_out(&mut self) {
        self.deltas.clear();
        self.login = None;
        self.persistent = false;
        self.logout = true;
    }

    pub(crate) fn log_in(&mut self, subject: Subject, at: UnixTime) {
        let now = self.deltas.len();
        let (mark, kept, switched) = match &self.login {
            // The same login, proved once more.
            Some(login) if login.subject == subject => (login.mark, login.kept, login.switched),
            Some(login) => (now, login.kept, true),
            None => (now, now, false),
        };
        self.login = Some(Login {
            subject,
            at,
            mark,
            kept,
            switched,
        });
    }
}

/// Applies to `values` what the request saw of its own changes: right while nobody else has changed them.
pub(crate) fn apply_seen<'a>(deltas: &'a [Delta], values: &mut Values<'a>) {
    for delta in deltas {
        values.put(&delta.key, delta.seen.as_deref().map(Cow::Borrowed));
    }
}

/// Applies the changes to `values` that another request has changed in the meantime.
pub(crate) fn replay<'a>(deltas: &'a [Delta], values: &mut Values<'a>) -> Result<(), SessionError> {
    for delta in deltas {
        let value = match &delta.act {
            Act::Set => delta.seen.as_deref().map(Cow::Borrowed),
            Act::Compute(compute) => {
                let old = values.get(&delta.key).map(str::from_utf8).transpose();
                compute(old.map_err(|_| corrupt())?)?.map(Cow::Owned)
            }
        };
        values.put(&delta.key, value);
    }
    Ok(())
}
