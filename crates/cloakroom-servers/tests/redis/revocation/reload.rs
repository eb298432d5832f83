//! Servers that lose what they had, and fail-overs that go back: a reader has to notice.

use std::fs;
use std::time::Duration;

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::{ISSUER, NOW, denial};
use cloakroom_revocation::{Cursor, Denied, RevocationFeed as _, RevocationStore as _};
use cloakroom_servers::RedisOptions;

use super::place::{all, brought, reloads, store};
use crate::place::{Place, pair, server};

/// Denials with these numbers, and where a reader of them stands.
async fn deny(store: &RedisRevocationStore, numbers: std::ops::Range<u32>) -> Cursor {
    for number in numbers {
        let denial = denial(&format!("s-{number}"), &format!("t-{number}"));
        assert_eq!(store.deny(&denial, NOW).await.unwrap(), Denied::Token);
    }
    store.head().await.unwrap().cursor
}

/// The head as soon as the server is back.
async fn head(store: &RedisRevocationStore) -> Cursor {
    for _ in 0..500 {
        if let Ok(head) = store.head().await {
            return head.cursor;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server never came back")
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_flushed_server_is_another_feed() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let store = store(&Place::on(&redis.url())).await;
    let begin = store.head().await.unwrap().cursor;
    let cursor = deny(&store, 0..5).await;
    redis.command(&["FLUSHALL"]).unwrap();
    assert!(reloads(&store, &cursor).await);
    assert!(reloads(&store, &begin).await, "nobody has read what is not there");
    // The same positions again, under another id and other tags.
    let again = deny(&store, 0..5).await;
    assert_eq!(again.position, cursor.position);
    assert_ne!(again.feed, cursor.feed);
    assert!(reloads(&store, &cursor).await);
    assert_eq!(brought(&store, &mut again.clone()).await, []);
    assert_eq!(all(&store).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_restart_without_persistence_is_another_feed() {
    let (mut redis, _scratch) = server(&RedisOptions::default());
    let store = store(&Place::on(&redis.url())).await;
    let cursor = deny(&store, 0..5).await;
    redis.restart().unwrap();
    let empty = head(&store).await;
    assert_eq!(empty.position, 0);
    assert_ne!(empty.feed, cursor.feed);
    assert!(reloads(&store, &cursor).await);
    deny(&store, 0..9).await;
    assert!(reloads(&store, &cursor).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_restored_backup_is_noticed_by_its_tags() {
    let (mut redis, _scratch) = server(&RedisOptions::default());
    let store = store(&Place::on(&redis.url())).await;
    let early = deny(&store, 0..3).await;
    redis.command(&["SAVE"]).unwrap();
    let late = deny(&store, 3..8).await;
    // What it restores is what it had saved.
    redis.restart().unwrap();
    let restored = head(&store).await;
    assert_eq!(restored, early, "the same feed, as it was");
    assert!(reloads(&store, &late).await, "a reader from beyond");
    assert_eq!(brought(&store, &mut early.clone()).await, []);
    // The positions are used again, by other steps.
    let again = deny(&store, 10..15).await;
    assert_eq!((again.feed, again.position), (late.feed, late.position));
    assert!(reloads(&store, &late).await);
    assert_eq!(brought(&store, &mut early.clone()).await.len(), 5);
    // What the manual says to do first, for what the backup does not know.
    store.revoke_all(NOW).await.unwrap();
    assert_eq!(brought(&store, &mut again.clone()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_fail_over_that_uses_positions_again_is_noticed_by_its_tags() {
    let (master, replica, _scratch) = pair().await;
    let place = Place::on(&master.url());
    let old = RedisRevocationStore::builder(cloakroom_revocation::conformance::fixture::FLEET)
        .prefix(&place.prefix)
        .min_replicas(1)
        .connect(&place.url)
        .await
        .unwrap();
    let both = deny(&old, 0..5).await;
    // The replica takes over, and the old master does not know it yet.
    replica.command(&["REPLICAOF", "NO", "ONE"]).unwrap();
    let alone = store(&place).await;
    let lost = deny(&alone, 5..8).await;
    let error = old.cut_off(ISSUER, "alice", NOW).await.unwrap_err();
    assert_eq!(
        error.kind(),
        cloakroom_revocation::StoreErrorKind::Unavailable,
        "a write that waits for replicas is not acknowledged there"
    );
    let new = store(&place.by_port(replica.port())).await;
    let again = deny(&new, 15..18).await;
    assert_eq!((again.feed, again.position), (lost.feed, lost.position));
    assert_ne!(again.tag, lost.tag);
    assert!(reloads(&new, &lost).await, "its reader knows steps that are lost");
    assert_eq!(
        brought(&new, &mut both.clone()).await.len(),
        3,
        "the others go on"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_what_survives_is_the_same_feed() {
    let options = RedisOptions {
        append_only: true,
        ..RedisOptions::default()
    };
    let (mut redis, _scratch) = server(&options.set("appendfsync", "always"));
    let store = store(&Place::on(&redis.url())).await;
    let mut cursor = store.head().await.unwrap().cursor;
    for round in 0..3 {
        let written = deny(&store, 5 * round..5 * round + 5).await;
        redis.kill9();
        redis.restart().unwrap();
        assert_eq!(head(&store).await, written, "what was acknowledged is there");
        assert_eq!(brought(&store, &mut cursor).await.len(), 5);
        assert_eq!(cursor, written);
    }
    assert!(fs::exists(redis.data_dir().join("appendonlydir")).unwrap());
}
