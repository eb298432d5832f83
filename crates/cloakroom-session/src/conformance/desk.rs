//! What the cases share: sessions on a store that can be made to fail, under a clock that stands until it is moved.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{IndexSecret, Selector, SessionToken};
use cloakroom_store::conformance::Faulty;
use cloakroom_store::conformance::fixture::NOW;
use cloakroom_store::{Stored, SubjectIndex};

use crate::{Answer, Carried, Client, Commit, Event, EventKind, Session, SessionError, Sessions, Settings};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) struct Desk<S> {
    pub(super) store: Faulty<S>,
    pub(super) sessions: Sessions,
    clock: Arc<AtomicI64>,
    events: Arc<Mutex<Vec<EventKind>>>,
}

impl<S: SubjectIndex> Desk<S> {
    pub(super) fn new(store: S) -> Self {
        Self::with(store, |settings| settings)
    }

    pub(super) fn with(store: S, settings: impl FnOnce(Settings) -> Settings) -> Self {
        Self::beside(
            Faulty::new(store),
            Arc::new(AtomicI64::new(NOW.as_millis())),
            settings,
        )
    }

    /// Other sessions on the same store, under the same clock: another server.
    pub(super) fn another(&self, settings: impl FnOnce(Settings) -> Settings) -> Self {
        Self::beside(self.store.clone(), Arc::clone(&self.clock), settings)
    }

    fn beside(store: Faulty<S>, clock: Arc<AtomicI64>, settings: impl FnOnce(Settings) -> Settings) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let secret: Vec<u8> = (0..32).collect();
        let secret = IndexSecret::from_bytes(&secret).expect("32 bytes of 32 values");
        // Not the two seconds of the default: a server under the load of a test run may be slow.
        let settings = settings(Settings::new(secret).store_timeout(20 * SECOND));
        let sessions = Sessions::new(store.clone(), settings)
            .expect("the settings of a case are meant")
            .observer({
                let events = Arc::clone(&events);
                move |event: &Event| {
                    events
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(event.kind());
                }
            })
            .with_clock(reading(&clock));
        Self {
            store,
            sessions,
            clock,
            events,
        }
    }

    /// The same settings and clock on a store in front of this one.
    pub(super) fn sessions_on(&self, store: impl SubjectIndex) -> Sessions {
        Sessions::new(store, self.sessions.settings().clone())
            .expect("the settings of a case are meant")
            .with_clock(reading(&self.clock))
    }

    pub(super) fn now(&self) -> UnixTime {
        self.sessions.now()
    }

    pub(super) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).expect("cases are short");
        self.clock.fetch_add(by, Ordering::SeqCst);
    }

    pub(super) fn set_clock(&self, to: UnixTime) {
        self.clock.store(to.as_millis(), Ordering::SeqCst);
    }

    /// The events since the last time.
    pub(super) fn events(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A request with these tokens.
    pub(super) fn begin<'a>(&self, tokens: impl IntoIterator<Item = &'a SessionToken>) -> (Session, Commit) {
        self.sessions
            .begin(tokens.into_iter().cloned(), Client::default())
    }

    /// A request that writes nothing but what a visitor may, and the token that it got.
    pub(super) async fn visitor(&self) -> SessionToken {
        let (session, commit) = self.begin([]);
        session.insert("visits", &1).expect("it is open");
        set(commit.finish(Answer::Succeeded).await)
    }

    /// Logs in as a browser without a session does.
    pub(super) async fn login(&self, subject: &str) -> SessionToken {
        self.login_over([], subject).await
    }

    pub(super) async fn login_over<'a>(
        &self,
        tokens: impl IntoIterator<Item = &'a SessionToken>,
        subject: &str,
    ) -> SessionToken {
        let (session, commit) = self.begin(tokens);
        session.login(subject).expect("it is open");
        set(commit.finish(Answer::Succeeded).await)
    }

    /// Whom a request with this token sees logged in; `None` is an anonymous one. Such a request only reads, so its
    /// answer carries nothing.
    pub(super) async fn subject(&self, token: &SessionToken) -> Option<String> {
        let (session, commit) = self.begin([token]);
        let subject = session.subject().await.expect("the store answers");
        nothing(commit.finish(Answer::Succeeded).await);
        subject
    }

    /// Whether this token opens a session, a visitor's or a subject's.
    pub(super) async fn opens(&self, token: &SessionToken) -> bool {
        let (session, commit) = self.begin([token]);
        let info = session.info().await.expect("the store answers");
        nothing(commit.finish(Answer::Succeeded).await);
        info.is_some()
    }

    pub(super) async fn value(&self, token: &SessionToken, key: &str) -> Option<u64> {
        let (session, commit) = self.begin([token]);
        let value = session.get(key).await.expect("the store answers");
        nothing(commit.finish(Answer::Succeeded).await);
        value
    }

    /// Sets a value in a request of its own.
    pub(super) async fn write(&self, token: &SessionToken, key: &str, value: u64) {
        let (session, commit) = self.begin([token]);
        session.insert(key, &value).expect("it is open");
        nothing(commit.finish(Answer::Succeeded).await);
    }

    /// Logs out in a request of its own.
    pub(super) async fn logout(&self, token: &SessionToken) {
        let (session, commit) = self.begin([token]);
        session.logout().expect("it is open");
        removed(commit.finish(Answer::Succeeded).await);
    }

    /// The row itself, whatever the faults.
    pub(super) async fn row(&self, selector: Selector) -> Option<Stored> {
        let row = self.store.store().load(&selector, self.now()).await;
        row.expect("the store answers")
    }
}

fn reading(clock: &Arc<AtomicI64>) -> impl Fn() -> UnixTime + Send + Sync + 'static {
    let clock = Arc::clone(clock);
    move || UnixTime::from_millis(clock.load(Ordering::SeqCst))
}

/// The answer carries nothing.
#[track_caller]
pub(super) fn nothing(answer: Result<Carried, SessionError>) {
    match answer {
        Ok(Carried::Nothing) => {}
        other => panic!("nothing was to be carried, and it is {other:?}"),
    }
}

/// The token that the answer carries, for as long as the browser lives.
#[track_caller]
pub(super) fn set(answer: Result<Carried, SessionError>) -> SessionToken {
    match answer {
        Ok(Carried::Set { token, max_age: None }) => token,
        other => panic!("a token was to be carried, and it is {other:?}"),
    }
}

/// The answer removes the cookie.
#[track_caller]
pub(super) fn removed(answer: Result<Carried, SessionError>) {
    match answer {
        Ok(Carried::Remove) => {}
        other => panic!("the cookie was to be removed, and it is {other:?}"),
    }
}

#[track_caller]
pub(super) fn superseded<T: std::fmt::Debug>(answer: Result<T, SessionError>) {
    match answer {
        Err(SessionError::Superseded) => {}
        other => panic!("it was to be superseded, and it is {other:?}"),
    }
}

/// Polls `future` so many times, and then drops it if it is not done.
pub(super) async fn cut<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Waits for what a detached task does.
pub(super) async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    for _ in 0..10_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(MS).await;
    }
    panic!("{what} never happened");
}
