use std::sync::Arc;

use cloakroom_store::Subject;
use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use serde_json::value::RawValue;

use crate::SessionError;
use crate::payload::Data;

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
    /// The value after the change, as the request saw it.
    pub(crate) seen: Option<Box<RawValue>>,
}

#[derive(Clone)]
pub(crate) enum Act {
    /// The value becomes what was seen, or goes.
    Set,
    /// The value is computed from whatever it is.
    Compute(Compute),
}

pub(crate) type Compute =
    Arc<dyn Fn(Option<&RawValue>) -> Result<Option<Box<RawValue>>, SessionError> + Send + Sync>;

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

/// Applies to `data` what the request saw of its own changes: right while nobody else has changed the data.
pub(crate) fn apply_seen(deltas: &[Delta], data: &mut Data) {
    for delta in deltas {
        put(data, &delta.key, delta.seen.clone());
    }
}

/// Applies the changes to `data` that another request has changed in the meantime.
pub(crate) fn replay(deltas: &[Delta], data: &mut Data) -> Result<(), SessionError> {
    for delta in deltas {
        let value = match &delta.act {
            Act::Set => delta.seen.clone(),
            Act::Compute(compute) => compute(data.get(&*delta.key).map(|value| &**value))?,
        };
        put(data, &delta.key, value);
    }
    Ok(())
}

fn put(data: &mut Data, key: &str, value: Option<Box<RawValue>>) {
    match value {
        Some(value) => {
            data.insert(key.into(), value);
        }
        None => {
            data.remove(key);
        }
    }
}

/// Whether two sets of values are the same, to the byte.
pub(crate) fn same(a: &Data, b: &Data) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|((ka, va), (kb, vb))| ka == kb && va.get() == vb.get())
}
