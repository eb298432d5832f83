use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_store::Page;
use cloakroom_store::Subject;
use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use zeroize::Zeroizing;

use crate::changes::{Act, Changes, Compute, Delta, Sweep, Whose};
use crate::payload::corrupt;
use crate::request::{Loaded, Request};
use crate::{Answer, Carried, CodecError, Devices, Info, SessionError, commit};

/// The session of one request, as its handler holds it. A clone is a handle to the same one.
///
/// Nothing is read from the store before somebody asks, and nothing acts before the commit, when the handler has
/// answered. What the handler changed it sees at once. Reading methods are those that are `async`.
#[derive(Clone)]
pub struct Session {
    request: Arc<Request>,
}

impl Session {
    pub(crate) fn new(request: Arc<Request>) -> Self {
        Self { request }
    }

    /// The value of `key`; `None` when there is none.
    ///
    /// # Errors
    ///
    /// Those of the store, and [`Codec`](SessionError::Codec) when the value is not of type `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        let (changes, _) = self.request.changes();
        match self.seen(&changes, key).await? {
            Some(value) => read(value).map(Some),
            None => Ok(None),
        }
    }

    /// Sets the value of `key`. The last request to commit wins.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON, or the session is committed.
    pub fn insert<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), SessionError> {
        self.request.check_open()?;
        let seen = Some(write(value)?);
        self.set(key, seen)
    }

    /// Removes the value of `key`.
    ///
    /// # Errors
    ///
    /// When the session is committed.
    pub fn remove(&self, key: &str) -> Result<(), SessionError> {
        self.set(key, None)
    }

    fn set(&self, key: &str, seen: Option<String>) -> Result<(), SessionError> {
        let key = key.into();
        let act = Act::Set;
        self.request
            .change(|changes| changes.push(Delta { key, act, seen }))
    }

    /// Sets the value of `key` to what `change` makes of it, or removes it when that is `None`, and returns it. When
    /// another request changed the session in the meantime, the commit calls `change` again with the value that it
    /// has then: no increment is lost. So `change` must do nothing else, and the value that is returned here may
    /// not be the one that is stored.
    ///
    /// # Errors
    ///
    /// Those of the store, [`Codec`](SessionError::Codec) when the value is not of type `T`, and when the session is
    /// committed.
    pub async fn update<T, F>(&self, key: &str, change: F) -> Result<Option<T>, SessionError>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<T>) -> Option<T> + Send + Sync + 'static,
    {
        let change = Arc::new(change);
        let compute: Compute = {
            let change = Arc::clone(&change);
            Arc::new(move |old| {
                let old = old.map(read).transpose()?;
                change(old).map(|new| write(&new)).transpose()
            })
        };
        loop {
            self.request.check_open()?;
            let (changes, edition) = self.request.changes();
            let old = self.seen(&changes, key).await?.map(read).transpose()?;
            let new = change(old);
            let delta = Delta {
                key: key.into(),
                act: Act::Compute(Arc::clone(&compute)),
                seen: new.as_ref().map(write).transpose()?,
            };
            // Another handle of this request may have changed something while `change` ran.
            if self.request.change_if(edition, |changes| changes.push(delta))? {
                return Ok(new);
            }
        }
    }

    /// Who is logged in: as stored, or as this request has said since.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn subject(&self) -> Result<Option<String>, SessionError> {
        let known = self.authentication().await?;
        Ok(known.map(|(subject, _)| subject.as_str().to_owned()))
    }

    /// Whether the request brought valid tokens of different sessions, which makes it an anonymous one.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn is_ambiguous(&self) -> Result<bool, SessionError> {
        Ok(matches!(self.request.load().await?, Loaded::Ambiguous(_)))
    }

    /// Leaves the token as it is in this request, though it may be time to renew it: for a request that must not set a cookie,
    /// as it brought others of somebody else. Logins and logouts are not concerned.
    pub fn keep_token(&self) {
        self.request.keep_token();
    }

    /// When whoever is logged in last proved to be whom: OpenID Connect's `auth_time`.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn authenticated_at(&self) -> Result<Option<UnixTime>, SessionError> {
        Ok(self.authentication().await?.map(|(_, at)| at))
    }

    /// What is known of the session that the request came with; `None` for a visitor who has none.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn info(&self) -> Result<Option<Info>, SessionError> {
        Ok(self.request.load().await?.found().map(|found| Info {
            selector: found.stored().selector,
            created_at: found.stored().created_at,
            last_seen_at: found.stored().last_seen_at,
            idle_deadline: found.stored().idle_deadline,
            absolute_deadline: found.stored().absolute_deadline,
            persistent: found.payload.persistent(),
        }))
    }

    /// Logs `subject` in, who has just proved to be that: call it after the password or whatever else was checked, and
    /// nowhere else.
    ///
    /// A visitor, or another subject, gets a new session with a new token, into which only the values of
    /// [`carry_over`](crate::Settings::carry_over) go, and the old one ends. The subject of this session keeps it
    /// with all its values under a new token, and its absolute timeout starts anew. What is written after this call
    /// belongs to the new session. Of several calls in one request the last one counts. It happens only when the answer
    /// is below 400.
    ///
    /// # Errors
    ///
    /// When `subject` is no name of a subject, or the session is committed.
    pub fn login(&self, subject: &str) -> Result<(), SessionError> {
        self.login_at(subject, self.request.sessions.now())
    }

    /// The same for a proof whose time was taken before it was looked at, and after the last cut-off of `subject`, which may
    /// lie ahead by as much as clocks differ: a login right after the end of all sessions is then not refused by it.
    ///
    /// # Errors
    ///
    /// Those of [`login`](Self::login).
    pub fn login_at(&self, subject: &str, at: UnixTime) -> Result<(), SessionError> {
        self.request.check_open()?;
        let subject = self.request.sessions.subject(subject)?;
        self.request.change(|changes| changes.log_in(subject, at))
    }

    /// Ends this session, whatever the handler answers. What is written after this call belongs to a new session of a
    /// visitor.
    ///
    /// # Errors
    ///
    /// When the session is committed.
    pub fn logout(&self) -> Result<(), SessionError> {
        self.request.change(Changes::log_out)
    }

    /// Ends the other sessions of whoever is logged in, whatever the handler answers; after a change of the password,
    /// for instance. Ask for [`require_recent_auth`](Self::require_recent_auth) first (ASVS 7.5.2).
    ///
    /// # Errors
    ///
    /// When the session is committed.
    pub fn logout_others(&self) -> Result<(), SessionError> {
        self.request.change(|changes| changes.sweep(false))
    }

    /// Ends all sessions of whoever is logged in, this one included, whatever the handler answers. Ask for
    /// [`require_recent_auth`](Self::require_recent_auth) first (ASVS 7.5.2).
    ///
    /// # Errors
    ///
    /// When the session is committed.
    pub fn logout_everywhere(&self) -> Result<(), SessionError> {
        self.request.change(|changes| {
            changes.sweep(true);
            changes.log_out();
        })
    }

    /// Ends the session of `selector`, whatever the handler answers, if it belongs to whoever is logged in; another's
    /// is left alone, as if there were none. Ask for [`require_recent_auth`](Self::require_recent_auth) first (ASVS
    /// 7.5.2).
    ///
    /// # Errors
    ///
    /// When the session is committed.
    pub fn end(&self, selector: &Selector) -> Result<(), SessionError> {
        self.request.change(|changes| {
            let whose = changes.whose();
            changes.ends.push((whose, *selector));
        })
    }

    /// "Remember me": the session that this request logs in, or makes for a visitor, outlives the browser, with the
    /// persistent timeouts. A session that is not made or authenticated anew stays as it is.
    ///
    /// # Errors
    ///
    /// When the session is committed.
    pub fn persistent(&self) -> Result<(), SessionError> {
        self.request.change(|changes| changes.persistent = true)
    }

    /// A part of the list of the sessions of whoever is logged in.
    ///
    /// # Errors
    ///
    /// [`LoginRequired`](SessionError::LoginRequired) for a visitor, and those of the store.
    pub async fn devices(&self, page: Page) -> Result<Devices, SessionError> {
        let (changes, _) = self.request.changes();
        let loaded = self.request.load().await?;
        let found = loaded.found().filter(|_| !changes.logout);
        let subject = match &changes.login {
            Some(login) => Some(&login.subject),
            None => found.and_then(|found| found.subject()),
        };
        let subject = subject.ok_or(SessionError::LoginRequired)?;
        let current = found.map(|found| found.stored().selector);
        Ok(self.request.sessions.devices(subject, page, current).await?)
    }

    /// Passes when somebody is logged in who proved it no longer than `age` ago.
    ///
    /// # Errors
    ///
    /// [`LoginRequired`](SessionError::LoginRequired) for a visitor,
    /// [`ReauthenticationRequired`](SessionError::ReauthenticationRequired) when the proof is older, and those of the store.
    pub async fn require_recent_auth(&self, age: Duration) -> Result<(), SessionError> {
        let at = self
            .authenticated_at()
            .await?
            .ok_or(SessionError::LoginRequired)?;
        if self.request.sessions.now() <= at.saturating_add(age) {
            Ok(())
        } else {
            Err(SessionError::ReauthenticationRequired)
        }
    }

    /// Commits at once, as a success, for handlers that need to know before they answer, and for those that hand out
    /// tokens themselves. Nothing can be changed afterwards.
    ///
    /// # Errors
    ///
    /// Why it could not be committed, or [`Committed`](SessionError::Committed).
    pub async fn commit(&self) -> Result<(), SessionError> {
        let changes = self.request.close()?;
        commit::execute(&self.request, changes, Some(Answer::Succeeded), true).await
    }

    /// The new token that a [`commit`](Self::commit) has made, once: for the answer of a handler whose client keeps it
    /// itself and sends it in `Authorization`. A token that was taken is not set as a cookie.
    pub fn take_renewed(&self) -> Option<Zeroizing<String>> {
        self.request.take_token().map(|token| token.to_text())
    }

    /// What a commit that failed leaves to be carried all the same, once: the new token of a session that was renewed or
    /// authenticated anew before another part failed. Its old token is dead, or soon will be, so send this one beside
    /// the error.
    pub fn take_carried(&self) -> Carried {
        if self.request.bearer {
            return Carried::Nothing;
        }
        self.request.take_carried()
    }

    /// The JSON of the value of `key` after the changes of this request. The store is asked only where they do not say it.
    async fn seen<'a>(&'a self, changes: &'a Changes, key: &str) -> Result<Option<&'a str>, SessionError> {
        let mark = changes.mark();
        let last = |deltas: &'a [Delta]| deltas.iter().rfind(|delta| *delta.key == *key);
        let value = |delta: &'a Delta| delta.seen.as_deref();
        if let Some(delta) = last(&changes.deltas[mark..]) {
            return Ok(value(delta));
        }
        let base = if changes.logout {
            None
        } else {
            self.request.load().await?.found()
        };
        if let Some(login) = &changes.login {
            let same = !login.switched && base.is_some_and(|found| found.subject() == Some(&login.subject));
            if !same && !self.request.sessions.inner.settings.carries_over(key.as_bytes()) {
                return Ok(None);
            }
        }
        if let Some(delta) = last(&changes.deltas[..mark]) {
            return Ok(value(delta));
        }
        match base {
            Some(found) => Ok(found.payload.get(key)?),
            None => Ok(None),
        }
    }

    async fn authentication(&self) -> Result<Option<(Subject, UnixTime)>, SessionError> {
        let (changes, _) = self.request.changes();
        if let Some(login) = &changes.login {
            return Ok(Some((login.subject.clone(), login.at)));
        }
        if changes.logout {
            return Ok(None);
        }
        let known = self.request.load().await?.found();
        let known = known.and_then(|found| found.stored().authentication.as_ref());
        Ok(known.map(|known| (known.subject.clone(), known.at)))
    }
}

/// Prints nothing of what the session holds.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.request.loaded().and_then(Loaded::found);
        f.debug_struct("Session")
            .field("selector", &found.map(|found| found.stored().selector))
            .finish_non_exhaustive()
    }
}

impl Changes {
    fn sweep(&mut self, everywhere: bool) {
        let whose = self.whose();
        // After a logout nobody is logged in whose sessions could be meant.
        if self.logout && whose == Whose::Loaded {
            return;
        }
        let sweep = Sweep { whose, everywhere };
        if !self.sweeps.contains(&sweep) {
            self.sweeps.push(sweep);
        }
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, SessionError> {
    serde_json::from_str(json).map_err(|error| match serde_json::from_str::<IgnoredAny>(json) {
        Ok(IgnoredAny) => CodecError::reading(&error).into(),
        Err(_) => corrupt().into(),
    })
}

fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, SessionError> {
    serde_json::to_string(value).map_err(|error| CodecError::writing(&error).into())
}
