//! What operations cost, counted by the server and by a proxy.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use cloakroom_revocation::conformance::fixture::{ISSUER, NOW, credential, denial};
use cloakroom_revocation::{Denied, RevocationFeed as _, RevocationStore as _};
use cloakroom_servers::{Proxy, RedisOptions};

use super::place::{brought, store};
use crate::cost::{calls, count};
use crate::place::{Place, server};

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_one_round_trip_and_an_idle_poll_five_commands() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, redis.port()))).unwrap();
    let place = Place::on(&redis.url());
    let store = store(&place.by_port(proxy.addr().port())).await;
    let mut raw = place.raw().await;
    let max = NonZeroU32::MAX;
    // The server learns each script in the first round.
    for round in 0..2 {
        let mut before = proxy.requests();
        let mut one = || {
            let now = proxy.requests();
            if round == 1 {
                assert_eq!(now - before, 1);
            }
            before = now;
        };
        let denied = store.deny(&denial("alice", &format!("{round}")), NOW).await;
        assert_eq!(denied.unwrap(), Denied::Token);
        one();
        store.cut_off(ISSUER, "alice", NOW).await.unwrap();
        one();
        store.revoke_all(NOW).await.unwrap();
        one();
        let known = store.look_up(&credential(ISSUER, "alice", "0")).await;
        assert!(known.unwrap().denied);
        one();
        let mut cursor = store.head().await.unwrap().cursor;
        one();
        store.page(None, max).await.unwrap();
        one();
        calls(&mut raw).await;
        assert_eq!(brought(&store, &mut cursor).await, []);
        one();
        if round == 1 {
            let expected = [
                ("evalsha", 1),
                ("get", 1),
                ("persist", 1),
                ("time", 1),
                ("zrangebyscore", 1),
                ("zscore", 1),
            ];
            assert_eq!(calls(&mut raw).await, count(&expected));
        }
        assert_eq!(store.purge(NOW, max).await.unwrap(), 0);
        one();
    }
}
