//! A server that is full, that takes no writes, or whose replica is gone.

use cloakroom_redis::RedisTokenStore;
use cloakroom_servers::RedisOptions;
use cloakroom_token::conformance::fixture::{NOW, access_token, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, StoreErrorKind, TokenStore as _};

use super::place::Tokens;
use crate::place::{Place, pair, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_makes_no_tokens_but_still_ends_them() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let Tokens { store, .. } = Tokens::at(Place::on(&redis.url())).await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    let [first, stolen] = [family(&ada), family(&bob)];
    for new in [&first, &stolen] {
        assert_eq!(store.create_family(new, NOW).await.unwrap(), Created::Done);
    }
    for generation in 0..3 {
        let rotated = store.rotate(&presented(&stolen, generation), NOW).await.unwrap();
        assert!(matches!(rotated, Rotated::Done(_)));
    }
    // Less than it has in use already.
    redis.command(&["CONFIG", "SET", "maxmemory", "100kb"]).unwrap();
    let error = store.create_family(&family(&ada), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let error = store.create_access(&access_token(&ada), NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    // What was refused changed nothing.
    let error = store.rotate(&presented(&first, 0), at(1)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let loaded = store.load_family(&first.id, &first.secret_hash, at(1)).await;
    assert_eq!(loaded.unwrap(), Some(first.stored(NOW)));
    // What ends tokens is done.
    let reused = store.rotate(&presented(&stolen, 0), at(1)).await.unwrap();
    assert!(matches!(reused, Rotated::Reused(_)));
    store.revoke_all(at(-1)).await.unwrap();
    assert_eq!(store.revoke_subject(&ada, at(0), at(1)).await.unwrap(), 1);
    assert_eq!(
        store.create_family(&first, at(1)).await.unwrap(),
        Created::Refused
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_no_replica_has_is_unavailable_and_so_is_its_retry() {
    let (master, mut replica, _scratch) = pair().await;
    let place = Place::on(&master.url());
    let builder = RedisTokenStore::builder().prefix(&place.prefix).min_replicas(1);
    let store = builder.connect(&place.url).await.unwrap();
    let on_replica = Tokens::at(place.by_port(replica.port())).await.store;
    let new = family(&subject("ada"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    for generation in 0..20 {
        let rotated = store.rotate(&presented(&new, generation), NOW).await.unwrap();
        let Rotated::Done(family) = rotated else {
            panic!("nobody else rotates")
        };
        // It had been received before the answer came.
        let there = on_replica.load_family(&new.id, &new.secret_hash, NOW).await;
        assert_eq!(there.unwrap(), Some(family));
    }
    let error = on_replica.rotate(&presented(&new, 20), NOW).await.unwrap_err();
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "a replica takes no writes"
    );

    replica.kill9();
    for _ in 0..2 {
        let error = store.rotate(&presented(&new, 20), NOW).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }
    let loaded = store.load_family(&new.id, &new.secret_hash, NOW).await.unwrap();
    assert_eq!(
        loaded.map(|family| family.generation),
        Some(21),
        "it was made nevertheless"
    );
}
