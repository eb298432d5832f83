//! The master of the feed is killed, and its replica takes its place.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::{FLEET, NOW, at, denial};
use cloakroom_revocation::{Denied, Polled, RevocationFeed as _, RevocationStore as _};
use cloakroom_servers::{RedisCluster, Scratch};

use crate::failover::assert_is_a_failover;
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
    cluster.kill9_master(usize::from(slot) * 3 / 16384);
    let mut acknowledged = 20;
    let mut failed = false;
    while !failed || acknowledged < 40 {
        match deny(acknowledged).await {
            Ok(denied) => {
                assert_eq!(denied, Denied::Token);
                acknowledged += 1;
            }
            // The new master has no replica, so what it does is not acknowledged until the old one is back.
            Err(error) => {
                assert_is_a_failover(&error);
                if !failed {
                    cluster.restart(usize::from(slot) * 3 / 16384).unwrap();
                }
                failed = true;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
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
