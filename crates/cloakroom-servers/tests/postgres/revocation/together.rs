//! Those who write at the same time.

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, SKEW, at, credential, denial};
use cloakroom_revocation::{Denied, RevocationFeed, RevocationStore};
use cloakroom_servers::Proxy;

use crate::interleaved::{commit, holding, waiting};
use crate::place::Place;

const LOCK: &str = "SELECT 1 FROM {s}.revocation_feed FOR UPDATE";

#[tokio::test]
async fn f7_who_writes_at_the_same_time_shares_a_transaction() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).revocations(FLEET).await;
    let holder = holding(&place, LOCK).await;
    // The first one waits for the lock, and the others for the first one.
    let deny = |name: String| {
        let store = store.clone();
        async move { store.deny(&denial("alice", &name), NOW).await.unwrap() }
    };
    let first = waiting(&place, 1, deny("first".to_owned())).await;
    let before = proxy.requests();
    let others: Vec<_> = (0..150)
        .map(|number| tokio::spawn(deny(format!("t{number}"))))
        .collect();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    commit(holder).await;
    assert_eq!(first.await.unwrap(), Denied::Token);
    let mut tokens = 0;
    for other in others {
        match other.await.unwrap() {
            Denied::Token => tokens += 1,
            Denied::Subject(cutoff) => assert_eq!(cutoff, at(SKEW)),
        }
    }
    // They were counted one after the other, in three transactions of 64 at most behind that of the first one.
    assert_eq!(tokens, 63);
    assert_eq!(proxy.requests() - before, 4);
    assert_eq!(store.head().await.unwrap().cursor.position, 65);
}

#[tokio::test]
async fn f6_who_is_dropped_takes_nobody_along() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let holder = holding(&place, LOCK).await;
    let deny = |name: &'static str| {
        let store = store.clone();
        async move { store.deny(&denial("alice", name), NOW).await.unwrap() }
    };
    let first = waiting(&place, 1, deny("first")).await;
    let [dropped, kept] = ["dropped", "kept"].map(|name| tokio::spawn(deny(name)));
    tokio::task::yield_now().await;
    // One that is under way, and one that has not begun.
    first.abort();
    dropped.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(dropped.await.unwrap_err().is_cancelled());
    commit(holder).await;
    assert_eq!(kept.await.unwrap(), Denied::Token);
    let found = store.look_up(&credential(ISSUER, "alice", "kept")).await.unwrap();
    assert!(found.denied);
    let found = store
        .look_up(&credential(ISSUER, "alice", "dropped"))
        .await
        .unwrap();
    assert!(!found.denied, "nobody waited for it");
}

#[tokio::test]
async fn f6_who_was_taken_along_by_one_that_is_dropped_is_written_all_the_same() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).revocations(FLEET).await;
    // Whoever writes an entry of this name waits, though the feed's lock is free.
    let holder = holding(
        &place,
        "INSERT INTO {s}.revocation_entries VALUES (1, 'https://id.example', 'second', 'bob', 0, 1, 1)",
    )
    .await;
    let first_holder = holding(&place, LOCK).await;
    let deny = |name: &'static str| {
        let store = store.clone();
        async move { store.deny(&denial("alice", name), NOW).await.unwrap() }
    };
    let first = waiting(&place, 1, deny("first")).await;
    let [second, third] = ["second", "third"].map(|name| tokio::spawn(deny(name)));
    tokio::task::yield_now().await;
    commit(first_holder).await;
    assert_eq!(first.await.unwrap(), Denied::Token);
    // The second one and the third one are under way together, and wait.
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{s}%' \
                 AND pid <> pg_backend_pid()";
    while place.number(waits).await == 0 {}
    assert!(!second.is_finished() && !third.is_finished());
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    let before = proxy.requests();
    commit(holder).await;
    assert_eq!(third.await.unwrap(), Denied::Token);
    assert_eq!(proxy.requests() - before, 1, "it was not sent again");
    let found = store
        .look_up(&credential(ISSUER, "alice", "third"))
        .await
        .unwrap();
    assert!(found.denied);
    let head = store.head().await.unwrap().cursor.position;
    let rows = place
        .number("SELECT count(*) FROM {s}.revocation_entries WHERE name = 'third'")
        .await;
    assert_eq!((rows, head), (1, 3));
}
