//! What operations cost, counted by the server and by a proxy.

use std::net::{Ipv4Addr, SocketAddr};

use cloakroom_redis::RedisTokenStore;
use cloakroom_servers::{Proxy, RedisOptions};
use cloakroom_token::conformance::fixture::{
    NOW, access_token_of, at, client, confirmation, family, presented, subject,
};
use cloakroom_token::{Created, Rotated, TokenStore as _};

use super::place::Tokens;
use crate::cost::{calls, count};
use crate::place::{Place, server};

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_one_round_trip_and_a_rotation_six_commands() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, redis.port()))).unwrap();
    let place = Place::on(&redis.url());
    let mut raw = place.raw().await;
    let Tokens { store, .. } = Tokens::at(place.by_port(proxy.addr().port())).await;
    let ada = subject("ada");
    // The server learns each script in the first round.
    for round in 0..2 {
        let one = async |expected: u64| {
            static BEFORE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
            let now = proxy.requests();
            let before = BEFORE.swap(now, std::sync::atomic::Ordering::SeqCst);
            if round == 1 {
                assert_eq!(now - before, expected);
            }
        };
        one(0).await;
        let new = cloakroom_token::NewFamily {
            confirmation: Some(confirmation(1)),
            ..family(&ada)
        };
        assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
        one(1).await;
        calls(&mut raw).await;
        let rotated = store.rotate(&presented(&new, 0), at(1)).await.unwrap();
        assert!(matches!(rotated, Rotated::Done(_)));
        one(1).await;
        if round == 1 {
            let expected = [("evalsha", 1), ("get", 3), ("setrange", 1), ("pexpire", 1)];
            assert_eq!(calls(&mut raw).await, count(&expected));
        }
        let retried = store.rotate(&presented(&new, 0), at(2)).await.unwrap();
        assert!(matches!(retried, Rotated::Retry(_)));
        one(1).await;
        let loaded = store.load_family(&new.id, &new.secret_hash, at(3)).await;
        assert!(loaded.unwrap().is_some());
        one(1).await;
        let token = access_token_of(&new);
        assert_eq!(store.create_access(&token, at(3)).await.unwrap(), Created::Done);
        one(1).await;
        assert!(store.load_access(&token.hash, at(4)).await.unwrap().is_some());
        one(1).await;
        assert!(store.end_access(&token.hash, &client("app")).await.unwrap());
        one(1).await;
        let listed = store.list_by_subject(&ada, None, std::num::NonZeroU32::MAX, at(4));
        assert_eq!(listed.await.unwrap().len(), 1);
        one(1).await;
        assert!(store.end_one(&ada, &new.id).await.unwrap());
        one(1).await;
        assert_eq!(store.revoke_subject(&ada, at(-1), at(5)).await.unwrap(), 0);
        one(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_all_is_a_few_round_trips_on_a_server_that_knows_no_scripts_too() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let proxy = Proxy::start(SocketAddr::from((Ipv4Addr::LOCALHOST, redis.port()))).unwrap();
    let place = Place::on(&redis.url());
    let mut raw = place.raw().await;
    let store: RedisTokenStore = Tokens::at(place.by_port(proxy.addr().port())).await.store;
    calls(&mut raw).await;
    let before = proxy.requests();
    store.revoke_all(NOW).await.unwrap();
    // A pipeline is more than the network carries at once, and the proxy counts its parts.
    assert!(proxy.requests() - before < 200);
    let evalsha = calls(&mut raw).await["evalsha"];
    assert!((4096..4100).contains(&evalsha), "{evalsha}");
    let refused = store.create_family(&family(&subject("ada")), at(1)).await;
    assert_eq!(refused.unwrap(), Created::Refused);
}
