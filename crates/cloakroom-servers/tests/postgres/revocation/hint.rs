//! The hint that something happened.

use std::time::Duration;

use cloakroom_revocation::conformance::fixture::{FLEET, NOW, denial};
use cloakroom_revocation::{Denied, RevocationFeed, RevocationStore};
use tokio::time::timeout;

use crate::place::Place;

/// Longer than any test needs.
const LONG: Duration = Duration::from_secs(30);

/// Waits until a connection listens, and for the hint that it does.
async fn listening(store: &impl RevocationFeed, place: &Place) {
    timeout(LONG, store.changed()).await.unwrap();
    assert!(place.number(LISTENERS).await > 0);
}

const LISTENERS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN \"cloakroom_revocation\"'";

#[tokio::test]
async fn f7_a_step_of_another_process_is_told_at_once() {
    for on_a_pool in [false, true] {
        let place = Place::new();
        let reader = if on_a_pool {
            place.revocations_on_a_pool(FLEET).await
        } else {
            place.revocations(FLEET).await
        };
        let writer = place.revocations(FLEET).await;
        listening(&reader, &place).await;
        let waiting = tokio::spawn({
            let reader = reader.clone();
            async move { reader.changed().await }
        });
        assert_eq!(
            writer.deny(&denial("alice", "one"), NOW).await.unwrap(),
            Denied::Token
        );
        timeout(LONG, waiting).await.unwrap().unwrap();
        // One that came while nobody waited is told to who waits next.
        assert_eq!(
            writer.deny(&denial("alice", "two"), NOW).await.unwrap(),
            Denied::Token
        );
        timeout(LONG, reader.changed()).await.unwrap();
    }
}

#[tokio::test]
async fn f7_a_repetition_and_another_schema_tell_nothing() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    listening(&store, &place).await;
    let elsewhere = Place::new().revocations(FLEET).await;
    assert_eq!(
        elsewhere.deny(&denial("bob", "two"), NOW).await.unwrap(),
        Denied::Token
    );
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    let waited = timeout(Duration::from_millis(300), store.changed()).await;
    assert!(waited.is_err(), "a hint of nothing");
}

#[tokio::test]
async fn f7_a_listener_whose_connection_was_cut_listens_again() {
    let place = Place::on(&cloakroom_servers::shared::postgres_database());
    let store = place.revocations(FLEET).await;
    listening(&store, &place).await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE query = 'LISTEN \"cloakroom_revocation\"' AND datname = current_database()";
    assert_eq!(place.number(kill).await, 1);
    // It tells that it may have missed something, and then hears again.
    timeout(LONG, store.changed()).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.changed().await }
    });
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    timeout(LONG, waiting).await.unwrap().unwrap();
}
