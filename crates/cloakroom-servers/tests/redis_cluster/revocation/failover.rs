//! The master of the feed is killed, and its replica takes its place.

use std::num::NonZeroU32;

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::{FLEET, NOW, at, denial};
use cloakroom_revocation::{Denied, Polled, RevocationFeed as _, RevocationStore as _, StoreErrorKind};
use cloakroom_servers::{RedisCluster, Scratch};

use crate::failover::until_served;
use crate::place::Place;
use crate::slots::slots;

#[tokio::test(flavor = "multi_thread")]
async fn f11_acknowledged_revocations_and_cursors_survive_the_failover_of_their_master() {
    let scratch = Scratch::new().unwrap();
    let mut cluster = RedisCluster::start(scratch.path(), 3, 1).unwrap();
    let place = Place::on(&cluster.url());
    let builder = RedisRevocationStore::builder(FLEET).prefix(&place.prefix);
    let store = builder.min_replicas(1).connect(&place.url).await.unwrap();
    let mut cursor = store.head().await.unwrap().cursor;
    let deny = async |number: u32| {
        let denial = denial(&format!("s-{number}"), &format!("t-{number}"));
        store.deny(&denial, NOW).await
    };
    for number in 0..20 {
        assert_eq!(deny(number).await.unwrap(), Denied::Token);
    }
    let (found, _) = slots(&place).await;
    let slot = *found.values().next().unwrap();
    // Each master of the beginning has a third of the slots.
    let master = usize::from(slot) * 3 / 16384;
    cluster.kill9_master(master);
    let head = until_served(async || store.head().await).await;
    assert_eq!((head.cursor.feed, head.cursor.position), (cursor.feed, 20));
    // The new master has no replica, so what it does is not acknowledged until the old one is back.
    let error = deny(20).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    cluster.restart(master).unwrap();
    for number in 20..40 {
        assert_eq!(until_served(async || deny(number).await).await, Denied::Token);
    }
    let (mut known, max) = (0, NonZeroU32::new(7).unwrap());
    loop {
        let polled = store.poll(&cursor, max).await.unwrap();
        let Polled::Entries {
            entries,
            cursor: next,
            more,
            ..
        } = polled
        else {
            panic!("nothing acknowledged was lost, so no reader reloads");
        };
        known += entries.len();
        cursor = next;
        if !more {
            break;
        }
    }
    // One that was not acknowledged was done nevertheless, and then acknowledged as it was repeated.
    assert_eq!(known, 40);
    assert_eq!(store.purge(at(0), max).await.unwrap(), 0);
}
