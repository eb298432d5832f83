//! What lies in the server, read and damaged behind the store's back.

use std::num::NonZeroU32;

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::{
    HOUR, ISSUER, NOW, PAST, SMALL, credential, denial, denial_until, past,
};
use cloakroom_revocation::{Denied, Entry, RevocationFeed as _, RevocationStore as _, StoreErrorKind};

use super::place::store;
use crate::place::{Place, Raw};

fn key(place: &Place, kind: &str) -> String {
    let prefix = &place.prefix;
    format!("{prefix}:{{{prefix}:revocation}}:{kind}")
}

async fn length(raw: &mut Raw, command: &str, key: &str) -> u64 {
    raw.ask(redis::cmd(command).arg(key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_what_was_purged_but_steps() {
    let place = Place::shared();
    let store = store(&place).await;
    for number in 0..30 {
        let denial = denial_until(&format!("s-{}", number % 3), &format!("{number}"), past(HOUR / 2));
        assert_eq!(store.deny(&denial, PAST).await.unwrap(), Denied::Token);
    }
    store.revoke_all(NOW).await.unwrap();
    let max = NonZeroU32::MAX;
    assert_eq!(store.purge(past(24 * HOUR), max).await.unwrap(), 30);
    let mut raw = place.raw().await;
    assert_eq!(length(&mut raw, "ZCARD", &key(&place, "entries")).await, 1);
    assert_eq!(length(&mut raw, "HLEN", &key(&place, "names")).await, 1);
    assert_eq!(length(&mut raw, "ZCARD", &key(&place, "kept")).await, 0);
    assert_eq!(length(&mut raw, "ZCARD", &key(&place, "steps")).await, 31);
    // The feed, its steps, one entry and its name.
    assert_eq!(raw.keys(&place).await.len(), 4);
    for key in raw.keys(&place).await {
        assert_eq!(
            raw.ask::<i64>(redis::cmd("TTL").arg(&key)).await,
            -1,
            "nothing ends by itself"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_are_none_are_corrupt() {
    let place = Place::shared();
    let store = store(&place).await;
    let begin = store.head().await.unwrap().cursor;
    assert_eq!(
        store.deny(&denial("alice", "a-1"), NOW).await.unwrap(),
        Denied::Token
    );
    let mut raw = place.raw().await;
    let entries = key(&place, "entries");
    let _: u64 = raw.ask(redis::cmd("DEL").arg(&entries)).await;
    for damaged in [&b"\xff\0hostile"[..], b"", &[1; 22]] {
        let _: u64 = raw
            .ask(redis::cmd("ZADD").arg(&entries).arg(1).arg(damaged))
            .await;
        let max = NonZeroU32::MAX;
        let kinds = [
            store.page(None, max).await.unwrap_err().kind(),
            store.poll(&begin, max).await.unwrap_err().kind(),
            store
                .look_up(&credential(ISSUER, "alice", "a-1"))
                .await
                .unwrap_err()
                .kind(),
            store.deny(&denial("alice", "a-1"), NOW).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 4], "{} bytes", damaged.len());
        let _: u64 = raw.ask(redis::cmd("DEL").arg(&entries)).await;
    }
    // Whoever is told something false by the name alone is told nothing.
    let other = Entry::All { at: NOW }.encode();
    let _: u64 = raw.ask(redis::cmd("ZADD").arg(&entries).arg(1).arg(other)).await;
    let known = store.look_up(&credential(ISSUER, "alice", "a-1")).await;
    assert_eq!(known.unwrap_err().kind(), StoreErrorKind::Corrupt);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_type_are_corrupt() {
    let place = Place::shared();
    let store = store(&place).await;
    let mut raw = place.raw().await;
    for kind in ["feed", "steps"] {
        let key = key(&place, kind);
        let _: u64 = raw.ask(redis::cmd("RPUSH").arg(&key).arg("no feed")).await;
        assert_eq!(store.head().await.unwrap_err().kind(), StoreErrorKind::Corrupt);
        let denied = store.deny(&denial("alice", "a-1"), NOW).await;
        assert_eq!(denied.unwrap_err().kind(), StoreErrorKind::Corrupt);
        let _: u64 = raw
            .ask(redis::cmd("DEL").arg(&key).arg(self::key(&place, "names")))
            .await;
    }
}

/// A script that is sent to the server anew each time would pass the kit as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_flush_of_the_scripts_is_not_noticed() {
    let place = Place::shared();
    let builder = RedisRevocationStore::builder(SMALL).prefix(&place.prefix);
    let store = builder.connect(&place.url).await.unwrap();
    let mut raw = place.raw().await;
    for round in 0..3 {
        let () = raw.ask(redis::cmd("SCRIPT").arg("FLUSH")).await;
        let denied = store.deny(&denial("alice", &format!("{round}")), NOW).await;
        assert_eq!(denied.unwrap(), Denied::Token);
        assert_eq!(store.head().await.unwrap().cursor.position, round + 1);
    }
}
