//! What goes over the wire, counted by a proxy.

use std::num::NonZeroU32;

use cloakroom_servers::Proxy;
use cloakroom_token::conformance::fixture::{NOW, access_token_of, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore};

use crate::place::Place;

#[tokio::test]
async fn each_operation_is_one_round_trip_and_nothing_else() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).tokens().await;
    let alice = subject("alice");
    let few = NonZeroU32::new(10).unwrap();
    // The first round prepares each statement, which is a round trip more, once a connection.
    for round in 0..5 {
        let mut trips = Vec::new();
        let mut before = proxy.requests();
        let mut count = || {
            let now = proxy.requests();
            trips.push(now - before);
            before = now;
        };
        let (new, other) = (family(&alice), family(&alice));
        assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
        count();
        let done = store.rotate(&presented(&new, 0), NOW).await.unwrap();
        assert!(matches!(done, Rotated::Done(_)));
        count();
        let retried = store.rotate(&presented(&new, 0), NOW).await.unwrap();
        assert!(matches!(retried, Rotated::Retry(_)));
        count();
        store.load_family(&new.id, &new.secret_hash, NOW).await.unwrap();
        count();
        store.list_by_subject(&alice, None, few, NOW).await.unwrap();
        count();
        let token = access_token_of(&new);
        assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
        count();
        assert!(store.load_access(&token.hash, NOW).await.unwrap().is_some());
        count();
        assert!(store.end_access(&token.hash, &token.client).await.unwrap());
        count();
        let reused = store.rotate(&presented(&new, 0), at(60_000)).await.unwrap();
        assert!(matches!(reused, Rotated::Reused(_)));
        count();
        assert!(!store.end_one(&alice, &new.id).await.unwrap());
        count();
        let ended = store.end_family(&other.id, &other.secret_hash, &other.client);
        assert!(!ended.await.unwrap());
        count();
        store.revoke_subject(&alice, at(-1), NOW).await.unwrap();
        count();
        store.revoke_all(at(-1)).await.unwrap();
        count();
        if round > 0 {
            assert_eq!(trips, [1; 13], "round {round}");
        }
    }
    assert_eq!(proxy.connections(), 1);
}
