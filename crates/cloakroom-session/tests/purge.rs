//! The purge loop, under a clock that tokio moves.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_session::cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_session::cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_session::cloakroom_store::conformance::{Fault, Faulty, Operation, Pause};
use cloakroom_session::cloakroom_store::{MemoryStore, StoreErrorKind};
use cloakroom_session::{Answer, Client, Event, EventKind, Sessions, Settings};
use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(60);

const IDLE_TIMEOUT: u64 = 30 * 60 * 1000;

const BATCH: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Sessions in memory, what is heard of them, and the milliseconds of their clock.
struct Place {
    store: Faulty<MemoryStore>,
    sessions: Sessions,
    events: Arc<Mutex<Vec<EventKind>>>,
    millis: Arc<AtomicU64>,
}

impl Place {
    /// So many sessions, made at 0.
    async fn with(count: u32) -> Self {
        let secret: Vec<u8> = (100..132).collect();
        let settings = Settings::new(IndexSecret::from_bytes(&secret).unwrap());
        let store = Faulty::new(MemoryStore::new());
        let events = Arc::new(Mutex::new(Vec::new()));
        let millis = Arc::new(AtomicU64::new(0));
        let sessions = Sessions::new(store.clone(), settings)
            .unwrap()
            .observer({
                let events = Arc::clone(&events);
                move |event: &Event| events.lock().unwrap().push(event.kind())
            })
            .with_clock({
                let millis = Arc::clone(&millis);
                move || UnixTime::EPOCH.saturating_add(Duration::from_millis(millis.load(Ordering::SeqCst)))
            });
        for _ in 0..count {
            let (session, commit) = sessions.begin([], Client::default());
            session.insert("visits", &1).unwrap();
            let _ = commit.finish(Answer::Succeeded).await.unwrap();
        }
        events.lock().unwrap().clear();
        Self {
            store,
            sessions,
            events,
            millis,
        }
    }

    /// What was heard since it was asked the last time.
    fn heard(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    fn purges(&self) -> usize {
        self.store.count(Operation::PurgeExpired)
    }
}

#[tokio::test(start_paused = true)]
async fn d10_an_error_does_not_end_the_purge_loop() {
    let place = Place::with(25).await;
    let purge = tokio::spawn(place.sessions.purge_loop(EVERY, BATCH));

    // At once: nothing is over yet.
    tokio::time::sleep(EVERY / 2).await;
    assert_eq!(place.purges(), 1);
    assert_eq!(place.heard(), []);

    // The store fails, does not answer, fails: the loop asks again at its next turn.
    place.millis.store(IDLE_TIMEOUT, Ordering::SeqCst);
    place.store.script(
        Operation::PurgeExpired,
        [
            Some(Fault::FailBefore(StoreErrorKind::Unavailable)),
            Some(Fault::HangBefore),
            Some(Fault::FailBefore(StoreErrorKind::Corrupt)),
        ],
    );
    // The one that hangs takes two seconds more.
    tokio::time::sleep(3 * EVERY + Duration::from_secs(5)).await;
    assert_eq!(
        place.heard(),
        [
            EventKind::StoreFailed(StoreErrorKind::Unavailable),
            EventKind::StoreFailed(StoreErrorKind::Timeout),
            EventKind::StoreFailed(StoreErrorKind::Corrupt),
        ]
    );
    assert_eq!(place.purges(), 4);

    // Batch by batch until none is left.
    tokio::time::sleep(EVERY).await;
    assert_eq!(
        place.heard(),
        [EventKind::Purged(10), EventKind::Purged(10), EventKind::Purged(5)]
    );
    assert_eq!(place.purges(), 7);
    assert!(!purge.is_finished());
    purge.abort();
}

#[tokio::test(start_paused = true)]
async fn d10_the_purge_loop_rests_for_as_long_as_its_operations_take() {
    let ms = Duration::from_millis;
    // How long an operation takes, and how long the rest behind it is.
    let rests = [(ms(300), ms(300)), (ms(1500), ms(1000)), (ms(0), ms(1))];
    let place = Place::with(35).await;
    place.millis.store(IDLE_TIMEOUT, Ordering::SeqCst);
    let pause = Pause::new();
    let paused = || Some(Fault::PauseBefore(pause.clone()));
    place
        .store
        .script(Operation::PurgeExpired, [paused(), paused(), paused(), paused()]);
    let purge = tokio::spawn(place.sessions.purge_loop(EVERY, BATCH));
    pause.reached().await;
    for (took, rest) in rests {
        tokio::time::sleep(took).await;
        pause.resume();
        let resumed = Instant::now();
        pause.reached().await;
        assert_eq!(resumed.elapsed(), rest);
    }
    pause.resume();
    tokio::time::sleep(ms(1)).await;
    assert_eq!(
        place.heard(),
        [
            EventKind::Purged(10),
            EventKind::Purged(10),
            EventKind::Purged(10),
            EventKind::Purged(5)
        ]
    );
    assert!(!purge.is_finished());
    purge.abort();
}
