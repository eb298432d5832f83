//! What goes over the wire, counted by a proxy.

use std::num::NonZeroU32;

use cloakroom_servers::Proxy;
use cloakroom_store::conformance::fixture::{HOUR, NOW, at, change, of, rotation, subject};
use cloakroom_store::{Created, Page, SessionStore, SubjectIndex, Version};

use crate::place::Place;

#[tokio::test]
async fn each_operation_is_one_round_trip_and_nothing_else() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).store().await;
    let alice = subject("alice");
    let few = Page::first(NonZeroU32::new(10).unwrap());
    // The first round prepares each statement, which is a round trip more, once a connection.
    for round in 0..5 {
        let record = of(&alice).build();
        let (selector, hash) = (record.selector(), *record.verifier_hash());
        let mut trips = Vec::new();
        let mut before = proxy.requests();
        let mut count = || {
            let now = proxy.requests();
            trips.push(now - before);
            before = now;
        };
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        count();
        assert!(store.load(&selector, NOW).await.unwrap().is_some());
        count();
        let change = change(*b"new");
        let _ = store
            .update(&selector, Version::FIRST, &change, NOW)
            .await
            .unwrap();
        count();
        let _ = store.touch(&selector, at(HOUR), NOW).await.unwrap();
        count();
        let _ = store.rotate(&selector, &hash, &rotation(), NOW).await.unwrap();
        count();
        store.list_by_subject(&alice, few, NOW).await.unwrap();
        count();
        store.delete_one(&alice, &selector).await.unwrap();
        count();
        store.delete(&selector).await.unwrap();
        count();
        store.delete_by_subject(&alice, None, at(-1)).await.unwrap();
        count();
        store.revoke_all(at(-2)).await.unwrap();
        count();
        if round > 0 {
            assert_eq!(trips, [1; 10], "round {round}");
        }
    }
    assert_eq!(proxy.connections(), 1);
}

#[tokio::test]
async fn a_load_is_one_statement_outside_of_any_transaction() {
    let place = Place::new();
    let store = place.store().await;
    let record = of(&subject("alice")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    for _ in 0..3 {
        assert!(store.load(&record.selector(), NOW).await.unwrap().is_some());
    }
    // What the connection did last is the load itself: no COMMIT, nothing that asks whether it still stands.
    let last = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle' AND query LIKE 'SELECT s.* FROM unnest(%{s}%'";
    assert_eq!(place.number(last).await, 1);
}
