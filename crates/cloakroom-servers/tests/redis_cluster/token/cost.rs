//! What rotations cost on a Cluster, counted by its masters.

use std::collections::BTreeMap;

use cloakroom_servers::{RedisCluster, Scratch};
use cloakroom_token::conformance::fixture::{NOW, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore as _};

use super::place::builder;
use crate::place::{Place, ask};

/// How often scripts were called on all nodes, by the nodes' own count.
async fn scripts(place: &Place) -> u64 {
    let mut scripts = 0;
    for port in place.ports() {
        let mut info = redis::cmd("INFO");
        let info: String = ask(port, info.arg("commandstats")).await;
        let calls = info.lines().filter_map(|line| {
            let line = line.strip_prefix("cmdstat_")?;
            let (command, number) = line.split_once(":calls=")?;
            let (number, _) = number.split_once(',')?;
            let is_script = ["eval", "evalsha", "fcall"].contains(&command);
            is_script.then(|| number.parse::<u64>().unwrap())
        });
        scripts += calls.sum::<u64>();
    }
    scripts
}

/// All keys of the store, and the bytes of memory that each takes.
async fn memory(place: &Place) -> BTreeMap<String, u64> {
    let mut memory = BTreeMap::new();
    for port in place.ports() {
        let mut keys = redis::cmd("KEYS");
        let keys: Vec<String> = ask(port, keys.arg(format!("{}:*", place.prefix))).await;
        for key in keys {
            let mut usage = redis::cmd("MEMORY");
            let bytes = ask(port, usage.arg("USAGE").arg(&key)).await;
            memory.insert(key, bytes);
        }
    }
    memory
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_is_one_script_and_a_hundred_leave_no_more_than_one() {
    let scratch = Scratch::new().unwrap();
    let cluster = RedisCluster::start(scratch.path(), 3, 0).unwrap();
    let place = Place::on(&cluster.url());
    let store = builder(&place).connect(&place.url).await.unwrap();
    let new = family(&subject("ada"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let rotate = async |generation: u32| {
        let now = at(i64::from(generation) + 1);
        let rotated = store.rotate(&presented(&new, generation), now).await;
        assert!(matches!(rotated.unwrap(), Rotated::Done(_)), "{generation}");
    };
    // The node learns the script once.
    rotate(0).await;
    let (called, kept) = (scripts(&place).await, memory(&place).await);
    // The family and its subject's set.
    assert_eq!(kept.len(), 2, "{kept:?}");
    for generation in 1..=100 {
        rotate(generation).await;
    }
    assert_eq!(scripts(&place).await - called, 100);
    assert_eq!(memory(&place).await, kept);
}
