//! Servers that must not be believed, and one that is full.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_redis::{OpenError, RedisRevocationStore};
use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, at, credential, denial};
use cloakroom_revocation::{Denied, RevocationFeed as _, RevocationStore as _, StoreError, StoreErrorKind};
use cloakroom_servers::RedisOptions;

use super::place::{all, store};
use crate::place::{Place, pair, server};

fn kind<T>(answer: Result<T, StoreError>) -> Option<StoreErrorKind> {
    answer.err().map(|error| error.kind())
}

/// What a server answers to those who read.
async fn readings(store: &RedisRevocationStore) -> [Option<StoreErrorKind>; 4] {
    let cursor = cloakroom_revocation::Cursor {
        feed: cloakroom_revocation::FeedId([0; 16]),
        position: 0,
        tag: [0; 8],
    };
    let max = NonZeroU32::MAX;
    [
        kind(store.head().await),
        kind(store.page(None, max).await),
        kind(store.poll(&cursor, max).await),
        kind(store.look_up(&credential(ISSUER, "alice", "a-1")).await),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn f7_a_replica_is_believed_by_nobody() {
    let (master, replica, _scratch) = pair().await;
    let place = Place::on(&master.url());
    let on_master = store(&place).await;
    assert_eq!(
        on_master.deny(&denial("alice", "a-1"), NOW).await.unwrap(),
        Denied::Token
    );
    assert_eq!(readings(&on_master).await, [None; 4]);
    let on_replica = store(&place.by_port(replica.port())).await;
    let unavailable = Some(StoreErrorKind::Unavailable);
    assert_eq!(readings(&on_replica).await, [unavailable; 4]);
    assert_eq!(kind(on_replica.cut_off(ISSUER, "alice", NOW).await), unavailable);
    // A master that was demoted is one, too.
    replica.command(&["REPLICAOF", "NO", "ONE"]).unwrap();
    assert_eq!(readings(&on_replica).await, [None; 4]);
    let port = replica.port().to_string();
    master.command(&["REPLICAOF", "127.0.0.1", &port]).unwrap();
    assert_eq!(readings(&on_master).await, [unavailable; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f7_a_master_that_misses_its_replicas_is_believed_by_nobody() {
    let (master, mut replica, _scratch) = pair().await;
    let store = store(&Place::on(&master.url())).await;
    assert_eq!(
        store.deny(&denial("alice", "a-1"), NOW).await.unwrap(),
        Denied::Token
    );
    master
        .command(&["CONFIG", "SET", "min-replicas-to-write", "1"])
        .unwrap();
    assert_eq!(readings(&store).await, [None; 4]);
    // Cut off from those who may have another master by now, it serves on, and knows nothing new.
    replica.kill9();
    for _ in 0..200 {
        if readings(&store).await == [Some(StoreErrorKind::Unavailable); 4] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was believed on");
}

/// That its disk fails is what a server says first, before that it misses its replicas.
#[tokio::test(flavor = "multi_thread")]
async fn f7_a_disk_that_fails_hides_no_lack_of_replicas() {
    let (master, mut replica, _scratch) = pair().await;
    let store = store(&Place::on(&master.url())).await;
    assert_eq!(
        store.deny(&denial("alice", "a-1"), NOW).await.unwrap(),
        Denied::Token
    );
    // A directory stands where the snapshot is to be.
    let snapshot = master.data_dir().join("dump.rdb");
    let _ = std::fs::remove_file(&snapshot);
    std::fs::create_dir(snapshot).unwrap();
    master.command(&["CONFIG", "SET", "save", "3600 1"]).unwrap();
    master.command(&["BGSAVE"]).unwrap();
    let fails = || {
        master
            .command(&["INFO", "persistence"])
            .unwrap()
            .contains("rdb_last_bgsave_status:err")
    };
    while !fails() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let unavailable = Some(StoreErrorKind::Unavailable);
    assert_eq!(kind(store.cut_off(ISSUER, "alice", NOW).await), unavailable);
    // It takes no revocations, and knows all that there are.
    assert_eq!(readings(&store).await, [None; 4]);
    master
        .command(&["CONFIG", "SET", "min-replicas-to-write", "1"])
        .unwrap();
    replica.kill9();
    assert_eq!(readings(&store).await, [unavailable; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f6_a_full_server_still_takes_revocations() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let store = store(&Place::on(&redis.url())).await;
    store.head().await.unwrap();
    // Less than it has in use already.
    redis.command(&["CONFIG", "SET", "maxmemory", "100kb"]).unwrap();
    redis.command(&["SET", "anything", "else"]).unwrap_err();
    assert_eq!(
        store.deny(&denial("alice", "a-1"), NOW).await.unwrap(),
        Denied::Token
    );
    assert_eq!(store.cut_off(ISSUER, "alice", NOW).await.unwrap(), at(2000));
    assert_eq!(store.revoke_all(NOW).await.unwrap(), at(2000));
    assert_eq!(all(&store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn f6_a_server_that_evicts_is_refused() {
    let options = RedisOptions::default()
        .set("maxmemory", "100mb")
        .set("maxmemory-policy", "allkeys-lru");
    let (redis, _scratch) = server(&options);
    let error = RedisRevocationStore::connect(&redis.url(), FLEET)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, OpenError::Evicts(policy) if policy == "allkeys-lru"),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn f7_a_repetition_waits_for_replicas_too() {
    let (master, mut replica, _scratch) = pair().await;
    let place = Place::on(&master.url());
    let builder = RedisRevocationStore::builder(FLEET).prefix(&place.prefix);
    let store = builder.min_replicas(1).connect(&place.url).await.unwrap();
    assert_eq!(
        store.deny(&denial("alice", "a-1"), NOW).await.unwrap(),
        Denied::Token
    );
    assert_eq!(store.cut_off(ISSUER, "alice", NOW).await.unwrap(), at(2000));
    replica.kill9();
    let unavailable = Some(StoreErrorKind::Unavailable);
    for _ in 0..2 {
        assert_eq!(kind(store.deny(&denial("alice", "a-1"), NOW).await), unavailable);
        assert_eq!(kind(store.cut_off(ISSUER, "alice", NOW).await), unavailable);
        assert_eq!(kind(store.revoke_all(NOW).await), unavailable);
    }
    assert_eq!(all(&store).await.len(), 3, "they were made nevertheless");
}
