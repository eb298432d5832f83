//! Servers forget scripts: by `SCRIPT FLUSH`, by a restart, by a replica that takes over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cloakroom_servers::RedisOptions;
use cloakroom_store::conformance::fixture::{NOW, change, visitor};
use cloakroom_store::{Created, SessionStore as _, SubjectIndex as _, Updated, Version};

use crate::place::{Place, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_of_the_scripts_is_not_noticed() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let place = Place::on(&redis.url());
    let store = place.store().await;
    let mut raw = place.raw().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let flushes = tokio::spawn({
        let is_over = Arc::clone(&is_over);
        async move {
            let mut count = 0_u32;
            while !is_over.load(Ordering::SeqCst) {
                let mut flush = redis::cmd("SCRIPT");
                let () = raw.ask(flush.arg("FLUSH")).await;
                count += 1;
            }
            count
        }
    });
    for _ in 0..200 {
        let record = visitor().build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        let selector = record.selector();
        for version in 1..=3 {
            let expect = Version::from_number(version);
            let updated = store.update(&selector, expect, &change(*b"new"), NOW).await;
            assert_eq!(updated.unwrap(), Updated::Done(expect.next()));
        }
        assert!(store.delete(&selector).await.unwrap());
    }
    store.revoke_all(NOW).await.unwrap();
    is_over.store(true, Ordering::SeqCst);
    assert!(flushes.await.unwrap() > 0);
    let record = visitor().build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Refused);
}
