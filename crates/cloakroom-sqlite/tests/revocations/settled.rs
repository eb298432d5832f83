//! A cut-off that is being committed.

use std::time::Duration;

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, PAST, credential};
use cloakroom_revocation::{RevocationStore, StoreErrorKind};
use cloakroom_sqlite::SqliteRevocationStore;
use cloakroom_sqlite::cloakroom_core::UnixTime;
use sqlx::AssertSqlSafe;

use crate::place::Place;

/// What a writer does, in a transaction that is not committed yet.
const SLOW: &str = "
BEGIN IMMEDIATE;
UPDATE cloakroom_revocation_feed SET head = head + 1, entries = entries + 1;
INSERT INTO cloakroom_revocation_step SELECT head, x'0102030405060708' FROM cloakroom_revocation_feed;
INSERT INTO cloakroom_revocation
SELECT 2, 'https://id.example', 'alice', NULL, {at}, 9999999999999, head FROM cloakroom_revocation_feed";

#[tokio::test(flavor = "multi_thread")]
async fn f19_who_mints_waits_for_a_cut_off_that_is_being_committed() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    let mut slow = place.connection().await;
    // By a clock that was read before who mints asks.
    let cutoff = UnixTime::now().saturating_add(FLEET.max_skew);
    let statements = SLOW.replace("{at}", &cutoff.as_millis().to_string());
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut slow)
        .await
        .unwrap();
    let asking = store.clone();
    let settled = tokio::spawn(async move {
        let found = asking
            .look_up_settled(&credential(ISSUER, "alice", "one"))
            .await
            .unwrap();
        (found, UnixTime::now())
    });
    // What a gate asks for waits for nobody: what is not acknowledged need not be refused.
    for _ in 0..50 {
        let found = store.look_up(&credential(ISSUER, "alice", "one")).await.unwrap();
        assert_eq!(found.cutoff, None);
        tokio::task::yield_now().await;
    }
    assert!(!settled.is_finished());
    let committing = UnixTime::now();
    sqlx::raw_sql("COMMIT").execute(&mut slow).await.unwrap();
    let (found, end) = settled.await.unwrap();
    assert_eq!(found.cutoff, Some(cutoff));
    assert!(
        committing <= found.time && found.time <= end,
        "its time is that of a moment without writers"
    );
    // It has left nothing locked.
    assert!(store.cut_off(ISSUER, "alice", PAST).await.unwrap() >= cutoff);
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_a_writer_that_hangs_keeps_nobody_waiting_for_ever() {
    let place = Place::new();
    let store = SqliteRevocationStore::builder(place.path())
        .busy_timeout(Duration::from_millis(100))
        .open(FLEET)
        .await
        .unwrap();
    let mut slow = place.connection().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut slow).await.unwrap();
    let alice = credential(ISSUER, "alice", "one");
    let error = store.look_up_settled(&alice).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert_eq!(store.look_up(&alice).await.unwrap().cutoff, None);
    sqlx::raw_sql("ROLLBACK").execute(&mut slow).await.unwrap();
    assert_eq!(store.look_up_settled(&alice).await.unwrap().cutoff, None);
}

/// Each begins a transaction of its own: one that is given up leaves none behind.
#[tokio::test(flavor = "multi_thread")]
async fn f19_who_gives_up_leaves_nothing_locked() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    let alice = credential(ISSUER, "alice", "one");
    for micros in (0..2000).step_by(20) {
        let asked = tokio::time::timeout(Duration::from_micros(micros), store.look_up_settled(&alice)).await;
        if let Ok(found) = asked {
            assert_eq!(found.unwrap().cutoff, None);
        }
    }
    let other = place.store(FLEET).await;
    let cutoff = other.cut_off(ISSUER, "alice", PAST).await.unwrap();
    assert_eq!(store.look_up_settled(&alice).await.unwrap().cutoff, Some(cutoff));
}
