//! Stores that look at the clock for their loads themselves.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_session::cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_session::cloakroom_store::cloakroom_id::{IndexSecret, Selector, SessionToken, VerifierHash};
use cloakroom_session::cloakroom_store::{
    Change, Created, NewRecord, Rotated, Rotation, SessionStore, StoreError, StoreErrorKind, Stored, Touched,
    Unindexed, Updated, Version,
};
use cloakroom_session::{Client, Event, EventKind, Operation, SessionError, Sessions, Settings};
use tokio::time::sleep;

const LIMIT: Duration = Duration::from_millis(700);

/// A store of nothing but a load that takes so long, and answers this.
struct Slow {
    takes: Duration,
    answer: fn() -> Result<Option<Stored>, StoreError>,
    limits: Arc<Mutex<Vec<Duration>>>,
}

fn unsupported<T>() -> Result<T, StoreError> {
    Err(StoreErrorKind::Unsupported.into())
}

impl SessionStore for Slow {
    async fn create(&self, _: &NewRecord, _: UnixTime) -> Result<Created, StoreError> {
        unsupported()
    }

    async fn load(&self, _: &Selector, _: UnixTime) -> Result<Option<Stored>, StoreError> {
        unsupported()
    }

    fn load_within<'a>(
        &'a self,
        _: &'a Selector,
        _: UnixTime,
        limit: Duration,
    ) -> Option<impl Future<Output = Result<Option<Stored>, StoreError>> + Send> {
        self.limits.lock().unwrap().push(limit);
        Some(async {
            sleep(self.takes).await;
            (self.answer)()
        })
    }

    async fn update(&self, _: &Selector, _: Version, _: &Change, _: UnixTime) -> Result<Updated, StoreError> {
        unsupported()
    }

    async fn touch(&self, _: &Selector, _: UnixTime, _: UnixTime) -> Result<Touched, StoreError> {
        unsupported()
    }

    async fn rotate(
        &self,
        _: &Selector,
        _: &VerifierHash,
        _: &Rotation,
        _: UnixTime,
    ) -> Result<Rotated, StoreError> {
        unsupported()
    }

    async fn delete(&self, _: &Selector) -> Result<bool, StoreError> {
        unsupported()
    }

    async fn purge_expired(&self, _: UnixTime, _: NonZeroU32) -> Result<u64, StoreError> {
        unsupported()
    }
}

/// What a request learns whose load takes so long, which limits the store was given, and what was observed.
async fn loaded(
    takes: Duration,
    answer: fn() -> Result<Option<Stored>, StoreError>,
) -> (
    Result<Option<String>, SessionError>,
    Vec<Duration>,
    Vec<(EventKind, Option<Operation>)>,
) {
    let (limits, events) = (Arc::default(), Arc::new(Mutex::new(Vec::new())));
    let store = Slow {
        takes,
        answer,
        limits: Arc::clone(&limits),
    };
    let secret: Vec<u8> = (100..132).collect();
    let settings = Settings::new(IndexSecret::from_bytes(&secret).unwrap()).store_timeout(LIMIT);
    let observed = Arc::clone(&events);
    let sessions = Sessions::new(Unindexed(store), settings)
        .unwrap()
        .observer(move |event: &Event| {
            observed.lock().unwrap().push((event.kind(), event.operation()));
        });
    let token = SessionToken::generate(None).unwrap();
    let (session, _commit) = sessions.begin([token], Client::default());
    let subject = session.subject().await;
    let (limits, events) = (limits.lock().unwrap().clone(), events.lock().unwrap().clone());
    (subject, limits, events)
}

#[tokio::test(start_paused = true)]
async fn d11_a_store_that_keeps_the_limit_itself_answers_its_timeout() {
    let (subject, limits, events) = loaded(LIMIT, || Err(StoreErrorKind::Timeout.into())).await;
    match subject {
        Err(SessionError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Timeout),
        other => panic!("{other:?}"),
    }
    assert_eq!(limits, [LIMIT]);
    let failed = EventKind::StoreFailed(StoreErrorKind::Timeout);
    assert_eq!(events, [(failed, Some(Operation::Load))]);
}

/// Two timers for one load are one too many.
#[tokio::test(start_paused = true)]
async fn a_store_that_keeps_the_limit_itself_is_not_timed() {
    let (subject, limits, events) = loaded(10 * LIMIT, || Ok(None)).await;
    assert_eq!(subject.unwrap(), None);
    assert_eq!(limits, [LIMIT]);
    assert!(
        !events
            .iter()
            .any(|(kind, _)| matches!(kind, EventKind::StoreFailed(_)))
    );
}
