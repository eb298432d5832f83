//! A master that is killed, and the replica that takes its place.

use cloakroom_servers::{RedisCluster, Scratch};
use cloakroom_token::conformance::fixture::{NOW, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore as _};

use super::place::builder;
use crate::failover::until_served;
use crate::place::Place;

#[tokio::test(flavor = "multi_thread")]
async fn f4_acknowledged_rotations_and_revocations_survive_the_failover_of_a_master() {
    let scratch = Scratch::new().unwrap();
    let mut cluster = RedisCluster::start(scratch.path(), 3, 1).unwrap();
    let place = Place::on(&cluster.url());
    let store = builder(&place).min_replicas(1).connect(&place.url).await.unwrap();
    let families: Vec<_> = (0..30)
        .map(|number| family(&subject(&format!("ada-{number}"))))
        .collect();
    for (number, new) in families.iter().enumerate() {
        assert_eq!(store.create_family(new, NOW).await.unwrap(), Created::Done);
        for generation in 0..3 {
            let rotated = store.rotate(&presented(new, generation), NOW).await.unwrap();
            assert!(matches!(rotated, Rotated::Done(_)));
        }
        match number % 3 {
            0 => assert_eq!(store.revoke_subject(&new.subject, at(1), at(1)).await.unwrap(), 1),
            1 => assert!(matches!(
                store.rotate(&presented(new, 0), at(1)).await.unwrap(),
                Rotated::Reused(_)
            )),
            _ => {}
        }
    }
    cluster.kill9_master(0);
    for new in &families {
        until_served(async || store.load_family(&new.id, &new.secret_hash, at(2)).await).await;
    }
    // The new master has no replica that could confirm anything until the old one returns.
    cluster.restart(0).unwrap();
    for (number, new) in families.iter().enumerate() {
        let newest = until_served(async || store.rotate(&presented(new, 2), at(2)).await).await;
        match number % 3 {
            0 | 1 => assert_eq!(newest, Rotated::Gone, "what was ended came back"),
            // The retry of the last rotation, which was not lost.
            _ => assert!(matches!(newest, Rotated::Retry(_)), "{newest:?}"),
        }
        if number % 3 == 0 {
            let again = until_served(async || store.create_family(new, at(2)).await).await;
            assert_eq!(again, Created::Refused, "its cut-off survived");
        }
    }
}
