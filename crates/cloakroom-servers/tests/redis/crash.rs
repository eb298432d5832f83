//! A server that is killed without a warning and comes back.

use std::time::Duration;

use cloakroom_redis::RedisSessionStore;
use cloakroom_servers::RedisOptions;
use cloakroom_store::conformance::fixture::{NOW, at, of, rotation, subject, visitor};
use cloakroom_store::{
    Created, NewRecord, Rotated, SessionStore as _, StoreErrorKind, Stored, SubjectIndex as _, Version,
};

use crate::place::{Place, server};

async fn load(store: &RedisSessionStore, record: &NewRecord) -> Option<Stored> {
    for _ in 0..500 {
        match store.load(&record.selector(), at(5)).await {
            Ok(stored) => return stored,
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the store never came back")
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_logouts_and_renewals_survive_kill_9_with_an_append_only_file() {
    let options = RedisOptions {
        append_only: true,
        ..RedisOptions::default()
    };
    let (mut redis, _scratch) = server(&options.set("appendfsync", "always"));
    let store = Place::on(&redis.url()).store().await;
    let (ada, bob) = (subject("ada"), subject("bob"));
    for round in 0..3 {
        let [ended, renewed, kept] = [(); 3].map(|()| visitor().build());
        let own = of(&ada).authenticated(at(10 * round + 1)).build();
        let bobs = of(&bob).authenticated(at(10 * round + 1)).build();
        for record in [&ended, &renewed, &kept, &own, &bobs] {
            assert_eq!(store.create(record, at(10 * round)).await.unwrap(), Created::Done);
        }
        assert!(store.delete(&ended.selector()).await.unwrap());
        let next = rotation();
        let rotated = store
            .rotate(&renewed.selector(), renewed.verifier_hash(), &next, NOW)
            .await;
        assert_eq!(rotated.unwrap(), Rotated::Done(Version::FIRST.next()));
        let deleted = store.delete_by_subject(&ada, None, at(10 * round + 2)).await;
        assert_eq!(deleted.unwrap(), 1);
        // The load that others put on it while it dies.
        let others = (0..4).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    let record = visitor().build();
                    match store.create(&record, NOW).await {
                        Ok(created) => assert_eq!(created, Created::Done),
                        Err(error) => return error,
                    }
                }
            })
        });
        let others: Vec<_> = others.collect();
        tokio::task::yield_now().await;
        redis.kill9();
        for other in others {
            let error = other.await.unwrap();
            assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
        }
        redis.restart().unwrap();
        assert_eq!(load(&store, &ended).await, None);
        assert_eq!(load(&store, &own).await, None);
        let stored = load(&store, &renewed).await.expect("it was renewed, not ended");
        assert_eq!(stored.verifier_hash, next.verifier_hash);
        assert!(load(&store, &kept).await.is_some());
        assert!(load(&store, &bobs).await.is_some());
        assert_eq!(
            store.create(&own, at(10 * round + 3)).await.unwrap(),
            Created::Refused,
            "the cut-off survived too"
        );
    }
}
