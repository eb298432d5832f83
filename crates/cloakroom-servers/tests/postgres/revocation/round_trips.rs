//! What goes over the wire, counted by a proxy.

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, at, credential, denial, size};
use cloakroom_revocation::{Denied, RevocationFeed, RevocationStore};
use cloakroom_servers::Proxy;

use crate::place::Place;

#[tokio::test]
async fn each_operation_is_one_round_trip_and_nothing_else() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).revocations(FLEET).await;
    // The first round prepares each statement, which is a round trip more, once a connection.
    for round in 0..5 {
        let mut trips = Vec::new();
        let mut before = proxy.requests();
        let mut count = || {
            let now = proxy.requests();
            trips.push(now - before);
            before = now;
        };
        let now = at(round);
        let name = format!("t{round}");
        let cursor = store.head().await.unwrap().cursor;
        count();
        assert_eq!(
            store.deny(&denial("alice", &name), now).await.unwrap(),
            Denied::Token
        );
        count();
        store.cut_off(ISSUER, "alice", now).await.unwrap();
        count();
        store.revoke_all(now).await.unwrap();
        count();
        store.poll(&cursor, size(10)).await.unwrap();
        count();
        store.page(None, size(10)).await.unwrap();
        count();
        let credential = credential(ISSUER, "alice", &name);
        assert!(store.look_up(&credential).await.unwrap().denied);
        count();
        assert!(store.look_up_settled(&credential).await.unwrap().denied);
        count();
        if round > 0 {
            assert_eq!(trips, [1; 8], "round {round}");
        }
    }
    assert_eq!(proxy.connections(), 1);
}
