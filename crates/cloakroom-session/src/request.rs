//! What the two halves of one request, its [`Session`] and its [`Commit`], have in common.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, SessionToken};
use cloakroom_store::{RotationReason, SessionStore as _, StoreError, Stored, Subject};

use crate::changes::{Changes, Said};
use crate::payload::Payload;
use crate::{Carried, Client, Commit, Event, EventKind, Session, SessionError, Sessions};

/// The greatest number of tokens that are tried.
const CANDIDATES: usize = 4;

pub(crate) struct Request {
    pub(crate) sessions: Sessions,
    pub(crate) client: Client,
    /// Whether no answer of this request may set a cookie.
    pub(crate) bearer: bool,
    token: Option<SessionToken>,
    more_tokens: Vec<SessionToken>,
    /// What the store answered at once; `None` when it has to be waited for, or asked again.
    at_once: OnceLock<Option<Loaded>>,
    /// What it answered to the one who waited.
    waited: OnceLock<Loaded>,
    /// Held by the one who waits for a store's answer.
    waiting: tokio::sync::Mutex<()>,
    unreadable: OnceLock<Selector>,
    /// Whether `state` is another than it was at first: in most requests it is not, and nobody needs the lock to see that.
    said: AtomicBool,
    /// Whether the token stays as it is, though it may be time to renew it.
    keeps_token: AtomicBool,
    state: Mutex<State>,
}

/// What the tokens of a request opened.
pub(crate) enum Loaded {
    /// Nothing: there is no token, or no live session of it.
    Nothing,
    /// A token names a live session whose verifier is another. Nothing is done for its holder that would write a
    /// cookie over the one which the session's owner, maybe in the same browser, has by now.
    Stale,
    /// Tokens opened different sessions, these.
    Ambiguous(Vec<Selector>),
    /// A session.
    Found(Found),
}

pub(crate) struct Found {
    pub(crate) payload: Payload,
    /// Whether the token is the session's own, and not the one before.
    pub(crate) current: bool,
}

impl Loaded {
    pub(crate) fn found(&self) -> Option<&Found> {
        match self {
            Self::Found(found) => Some(found),
            _ => None,
        }
    }
}

impl Found {
    pub(crate) fn stored(&self) -> &Stored {
        self.payload.stored()
    }

    pub(crate) fn subject(&self) -> Option<&Subject> {
        self.stored().authentication.as_ref().map(|known| &known.subject)
    }

    /// Whether the session was not touched for a while.
    pub(crate) fn touch_is_due(&self, now: UnixTime, window: Duration) -> bool {
        now >= self.stored().last_seen_at.saturating_add(window)
    }

    pub(crate) fn authenticated_at(&self) -> Option<UnixTime> {
        self.stored().authentication.as_ref().map(|known| known.at)
    }
}

struct State {
    changes: Said,
    /// How many times `changes` was replaced.
    edition: u64,
    phase: Phase,
    carried: Carried,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Committed,
}

impl Request {
    pub(crate) fn begin(
        sessions: &Sessions,
        tokens: &mut dyn Iterator<Item = SessionToken>,
        client: Client,
        bearer: bool,
    ) -> (Session, Commit) {
        let request = Arc::new(Self {
            sessions: sessions.clone(),
            client: client.cut(),
            bearer,
            token: tokens.next(),
            more_tokens: tokens.take(CANDIDATES - 1).collect(),
            at_once: OnceLock::new(),
            waited: OnceLock::new(),
            waiting: tokio::sync::Mutex::const_new(()),
            unreadable: OnceLock::new(),
            said: AtomicBool::new(false),
            keeps_token: AtomicBool::new(false),
            state: Mutex::new(State {
                changes: Said::default(),
                edition: 0,
                phase: Phase::Open,
                carried: Carried::Nothing,
            }),
        });
        (Session::new(Arc::clone(&request)), Commit::new(request))
    }

    /// What the tokens open. The store is asked once, however many ask here at the same time; after a failure the
    /// next one asks it again, and one that answers at once is asked again for a session that cannot be read.
    pub(crate) async fn load(&self) -> Result<&Loaded, SessionError> {
        match self
            .at_once
            .get_or_init(|| self.load_now())
            .as_ref()
            .or(self.waited.get())
        {
            Some(loaded) => Ok(loaded),
            // In a box, so that the futures of handlers, which are moved as a whole, stay small.
            None => Box::pin(self.wait_and_load()).await,
        }
    }

    /// What was loaded, if anybody has asked.
    pub(crate) fn loaded(&self) -> Option<&Loaded> {
        self.at_once.get()?.as_ref().or(self.waited.get())
    }

    /// The same when there is nothing to wait for.
    fn load_now(&self) -> Option<Loaded> {
        if !self.more_tokens.is_empty() {
            return None;
        }
        let Some(token) = &self.token else {
            return Some(Loaded::Nothing);
        };
        let now = self.sessions.now();
        match self.sessions.store().load_now(&token.selector(), now) {
            // The error of what cannot be read is for the one who asks again.
            Poll::Ready(stored) => self.look_at(token, &[], stored, now).ok(),
            Poll::Pending => None,
        }
    }

    async fn wait_and_load(&self) -> Result<&Loaded, SessionError> {
        let _waiting = self.waiting.lock().await;
        if let Some(loaded) = self.waited.get() {
            return Ok(loaded);
        }
        let loaded = self.try_tokens().await?;
        Ok(self.waited.get_or_init(|| loaded))
    }

    async fn try_tokens(&self) -> Result<Loaded, SessionError> {
        let Some(token) = &self.token else {
            return Ok(Loaded::Nothing);
        };
        let mut loaded = self.try_token(token, &self.more_tokens).await?;
        for (index, token) in self.more_tokens.iter().enumerate() {
            let selector = token.selector();
            let earlier = &self.more_tokens[..index];
            if std::iter::once(&self.token)
                .flatten()
                .chain(earlier)
                .any(|earlier| earlier.selector() == selector)
            {
                continue;
            }
            loaded = loaded.and(self.try_token(token, &self.more_tokens[index + 1..]).await?);
        }
        if let Loaded::Ambiguous(_) = loaded {
            self.sessions.observe(Event::new(EventKind::Ambiguous));
        }
        Ok(loaded)
    }

    /// What `token` opens, or another of the `same` selector: its row is read once.
    async fn try_token(&self, token: &SessionToken, same: &[SessionToken]) -> Result<Loaded, SessionError> {
        let now = self.sessions.now();
        let stored = self.read(token.selector(), now).await?;
        self.look_at(token, same, stored.map(Arc::new), now)
    }

    /// What `token`, or another of the `same` selector, opens of what is `stored` under it.
    fn look_at(
        &self,
        token: &SessionToken,
        same: &[SessionToken],
        stored: Option<Arc<Stored>>,
        now: UnixTime,
    ) -> Result<Loaded, SessionError> {
        let selector = token.selector();
        let Some(stored) = stored else {
            self.sessions.observe(Event::of(EventKind::Unknown, selector));
            return Ok(Loaded::Nothing);
        };
        let mut opens = None;
        let same = same.iter().filter(|other| other.selector() == selector);
        for token in std::iter::once(token).chain(same) {
            match self.judge(token, &stored, now) {
                Ok(current) => opens = opens.max(Some(current)),
                Err(kind) => self.sessions.observe(Event::of(kind, selector)),
            }
        }
        let Some(current) = opens else {
            return Ok(Loaded::Stale);
        };
        let codec = &self.sessions.settings().codec;
        let payload = codec
            .decode(stored)
            .inspect_err(|_| _ = self.unreadable.set(selector))?;
        Ok(Loaded::Found(Found { payload, current }))
    }

    /// Whether `token` opens the session, as its own token or as the one before. The hashes are compared in constant
    /// time.
    fn judge(&self, token: &SessionToken, stored: &Stored, now: UnixTime) -> Result<bool, EventKind> {
        let hash = token.verifier_hash();
        if stored.verifier_hash == hash {
            return Ok(true);
        }
        match &stored.previous {
            Some(previous) if previous.verifier_hash == hash => {
                let end = previous
                    .rotated_at
                    .saturating_add(self.sessions.inner.settings.grace);
                if previous.reason == RotationReason::Periodic && now < end {
                    Ok(false)
                } else {
                    Err(EventKind::Reused)
                }
            }
            _ => Err(EventKind::WrongVerifier),
        }
    }

    /// The session that one of the tokens opens, and whose payload cannot be read.
    pub(crate) fn unreadable(&self) -> Option<Selector> {
        self.unreadable.get().copied()
    }

    pub(crate) async fn read(&self, selector: Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        self.sessions.read(selector, now).await
    }

    /// What is to be changed, and the number of this edition of it.
    pub(crate) fn changes(&self) -> (Said, u64) {
        if !self.said.load(Ordering::Acquire) {
            return (Said::default(), 0);
        }
        let state = self.state();
        (state.changes.clone(), state.edition)
    }

    /// Changes what is to be changed.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Changes)) -> Result<(), SessionError> {
        let mut state = self.state();
        state.open()?;
        self.edit(&mut state, change);
        Ok(())
    }

    /// The same if it is still that `edition`; tells whether it was.
    pub(crate) fn change_if(
        &self,
        edition: u64,
        change: impl FnOnce(&mut Changes),
    ) -> Result<bool, SessionError> {
        let mut state = self.state();
        state.open()?;
        if state.edition != edition {
            return Ok(false);
        }
        self.edit(&mut state, change);
        Ok(true)
    }

    pub(crate) fn keep_token(&self) {
        self.keeps_token.store(true, Ordering::Release);
    }

    pub(crate) fn keeps_token(&self) -> bool {
        self.keeps_token.load(Ordering::Acquire)
    }

    fn edit(&self, state: &mut State, change: impl FnOnce(&mut Changes)) {
        state.edition += 1;
        change(state.changes.to_mut());
        self.said.store(true, Ordering::Release);
    }

    /// Whether nothing was read, nor is anything to be changed or carried.
    pub(crate) fn is_untouched(&self) -> bool {
        let state = self.state();
        self.loaded().is_none()
            && state.changes.is_empty()
            && matches!((state.phase, &state.carried), (Phase::Open, Carried::Nothing))
    }

    /// Ends the time of changes if a commit would do nothing, and gives what the answer is to carry if that time has
    /// ended: after a request that only read, as most do, while it is no time to touch its session.
    pub(crate) fn close_at_rest(&self) -> Option<Carried> {
        let rests = self.rests();
        let mut state = self.state();
        if rests && state.changes.is_empty() {
            self.end(&mut state);
        }
        match state.phase {
            Phase::Open => None,
            Phase::Committed if self.bearer => Some(Carried::Nothing),
            Phase::Committed => Some(std::mem::replace(&mut state.carried, Carried::Nothing)),
        }
    }

    /// Whether a commit would do nothing, nor is there anything to be carried, and nobody holds the request but `this`: what
    /// [`close_at_rest`](Self::close_at_rest) finds in nearly all requests, without a lock.
    pub(crate) fn is_alone_at_rest(this: &Arc<Self>) -> bool {
        // No `Weak` is ever made. What the others said before they went is seen after the fence.
        let is_alone = Arc::strong_count(this) == 1;
        fence(Ordering::Acquire);
        is_alone && !this.said.load(Ordering::Relaxed) && this.rests()
    }

    /// Whether it is no time to touch the session, nor to renew it.
    fn rests(&self) -> bool {
        let Some(found) = self.loaded().and_then(Loaded::found) else {
            return true;
        };
        let settings = self.sessions.settings();
        settings.renew_every.is_none() && !found.touch_is_due(self.sessions.now(), settings.touch_window())
    }

    /// Whether changes are still taken.
    pub(crate) fn check_open(&self) -> Result<(), SessionError> {
        self.state().open()
    }

    /// Ends the time of changes, and gives what there is to commit. Only one caller ever gets it.
    pub(crate) fn close(&self) -> Result<Said, SessionError> {
        let mut state = self.state();
        state.open()?;
        self.end(&mut state);
        Ok(state.changes.clone())
    }

    fn end(&self, state: &mut State) {
        state.phase = Phase::Committed;
        self.said.store(true, Ordering::Release);
    }

    pub(crate) fn set_carried(&self, carried: Carried) {
        self.state().carried = carried;
    }

    pub(crate) fn take_carried(&self) -> Carried {
        std::mem::replace(&mut self.state().carried, Carried::Nothing)
    }

    /// The new token, if there is one: it goes out one way only.
    pub(crate) fn take_token(&self) -> Option<SessionToken> {
        let mut state = self.state();
        match std::mem::replace(&mut state.carried, Carried::Nothing) {
            Carried::Set { token, .. } => Some(token),
            other => {
                state.carried = other;
                None
            }
        }
    }

    /// It is never held across an await, nor while code of the application runs. A panic while it is held leaves
    /// nothing half done: each change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open(&self) -> Result<(), SessionError> {
        match self.phase {
            Phase::Open => Ok(()),
            Phase::Committed => Err(SessionError::Committed),
        }
    }
}

impl Loaded {
    /// What this and the token after it say together.
    fn and(self, next: Self) -> Self {
        match (self, next) {
            (Self::Found(a), Self::Found(b)) => {
                Self::Ambiguous(vec![a.stored().selector, b.stored().selector])
            }
            (Self::Ambiguous(mut all), Self::Found(found)) => {
                all.push(found.stored().selector);
                Self::Ambiguous(all)
            }
            (known @ (Self::Found(_) | Self::Ambiguous(_)), _) => known,
            (_, found @ Self::Found(_)) => found,
            (Self::Stale, _) | (_, Self::Stale) => Self::Stale,
            (nothing, _) => nothing,
        }
    }
}
