//! A master that is killed, and the replica that takes its place.

use std::time::Duration;

use cloakroom_redis::RedisSessionStore;
use cloakroom_servers::{RedisCluster, Scratch};
use cloakroom_store::conformance::fixture::{NOW, at, of, subject, visitor};
use cloakroom_store::{Created, NewRecord, SessionStore as _, StoreError, StoreErrorKind, SubjectIndex as _};

use crate::place::Place;

#[track_caller]
fn assert_is_a_failover(error: &StoreError) {
    assert!(
        matches!(
            error.kind(),
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout
        ),
        "{error:?}"
    );
}

/// The answer as soon as there is one.
pub(crate) async fn until_served<T>(mut ask: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    for _ in 0..600 {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert_is_a_failover(&error),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the Cluster never came back")
}

/// Whether it is there, as soon as there is an answer.
async fn is_there(store: &RedisSessionStore, record: &NewRecord) -> bool {
    let stored = until_served(async || store.load(&record.selector(), at(5)).await).await;
    stored.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_logouts_survive_the_failover_of_a_master() {
    let scratch = Scratch::new().unwrap();
    let mut cluster = RedisCluster::start(scratch.path(), 3, 1).unwrap();
    let place = Place::on(&cluster.url());
    let store = place.builder().min_replicas(1).connect(&place.url).await.unwrap();
    let (mut ended, mut kept) = (Vec::new(), Vec::new());
    let subjects: Vec<_> = (0..30).map(|number| subject(&format!("ada-{number}"))).collect();
    for number in 0..90 {
        let record = if number % 2 == 0 {
            visitor().build()
        } else {
            of(&subjects[number % 30]).build()
        };
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        if number % 3 == 0 {
            assert!(store.delete(&record.selector()).await.unwrap());
            ended.push(record);
        } else {
            kept.push(record);
        }
    }
    let revoked = of(&subjects[0]).build();
    assert_eq!(store.create(&revoked, NOW).await.unwrap(), Created::Done);
    store.delete_by_subject(&subjects[0], None, at(1)).await.unwrap();
    ended.push(revoked.clone());
    kept.retain(|record| {
        record
            .authentication()
            .is_none_or(|known| known.subject != subjects[0])
    });

    // Others work on while the master dies.
    let others = (0..4).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut served_after_a_failure = 0;
            let mut failed = false;
            while served_after_a_failure < 50 {
                let record = visitor().build();
                match store.create(&record, NOW).await {
                    Ok(created) => {
                        assert_eq!(created, Created::Done);
                        served_after_a_failure += u32::from(failed);
                    }
                    Err(error) => {
                        assert_is_a_failover(&error);
                        failed = true;
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            }
        })
    });
    let others: Vec<_> = others.collect();
    cluster.kill9_master(0);
    for record in &ended {
        assert!(!is_there(&store, record).await, "an ended session came back");
    }
    for record in &kept {
        assert!(is_there(&store, record).await, "a session was lost");
    }
    let refused = loop {
        match store.create(&revoked, at(5)).await {
            Ok(created) => break created,
            Err(error) => assert_is_a_failover(&error),
        }
    };
    assert_eq!(refused, Created::Refused, "its cut-off survived");
    // The new master has no replica until the old one returns.
    cluster.restart(0).unwrap();
    cluster.wait_until_well().unwrap();
    for other in others {
        tokio::time::timeout(Duration::from_mins(1), other)
            .await
            .expect("writes come back")
            .unwrap();
    }
}
