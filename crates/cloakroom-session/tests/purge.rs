//! The purge loop, under a clock that tokio moves.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_session::cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_session::cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_session::cloakroom_store::conformance::{Fault, Faulty, Operation};
use cloakroom_session::cloakroom_store::{MemoryStore, StoreErrorKind};
use cloakroom_session::{Answer, Client, Event, EventKind, Sessions, Settings};

const EVERY: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn d10_an_error_does_not_end_the_purge_loop() {
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
    let heard = || std::mem::take(&mut *events.lock().unwrap());
    for _ in 0..25 {
        let (session, commit) = sessions.begin([], Client::default());
        session.insert("visits", &1).unwrap();
        let _ = commit.finish(Answer::Succeeded).await.unwrap();
    }
    heard();
    let batch = NonZeroU32::new(10).unwrap();
    let purge = tokio::spawn(sessions.purge_loop(EVERY, batch));

    // At once: nothing is over yet.
    tokio::time::sleep(EVERY / 2).await;
    assert_eq!(store.count(Operation::PurgeExpired), 1);
    assert_eq!(heard(), []);

    // The store fails, does not answer, fails: the loop asks again at its next turn.
    millis.store(30 * 60 * 1000, Ordering::SeqCst);
    store.script(
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
        heard(),
        [
            EventKind::StoreFailed(StoreErrorKind::Unavailable),
            EventKind::StoreFailed(StoreErrorKind::Timeout),
            EventKind::StoreFailed(StoreErrorKind::Corrupt),
        ]
    );
    assert_eq!(store.count(Operation::PurgeExpired), 4);

    // Batch by batch until none is left.
    tokio::time::sleep(EVERY).await;
    assert_eq!(
        heard(),
        [EventKind::Purged(10), EventKind::Purged(10), EventKind::Purged(5)]
    );
    assert_eq!(store.count(Operation::PurgeExpired), 7);
    assert!(!purge.is_finished());
    purge.abort();
}
