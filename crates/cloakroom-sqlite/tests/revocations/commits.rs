//! The order of positions is the order of commits.

use cloakroom_revocation::conformance::fixture::{FLEET, NOW, denial, size};
use cloakroom_revocation::{Denied, Entry, Polled, RevocationFeed, RevocationStore};

use crate::place::Place;

/// What a writer does, in a transaction that is not committed yet.
const SLOW: &str = "
BEGIN IMMEDIATE;
UPDATE cloakroom_revocation_feed SET head = head + 1, entries = entries + 1;
INSERT INTO cloakroom_revocation_step SELECT head, x'0102030405060708' FROM cloakroom_revocation_feed;
INSERT INTO cloakroom_revocation
SELECT 1, 'https://id.example', 'slow', 'alice', 0, 1767225600000 + 3600000, head FROM cloakroom_revocation_feed";

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_slow_commit_comes_before_whoever_began_after_it() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    let start = store.head().await.unwrap().cursor;
    let mut slow = place.connection().await;
    sqlx::raw_sql(SLOW).execute(&mut slow).await.unwrap();
    // It would be done first, and has to wait: a reader that saw it would never ask again for what is before it.
    let writer = store.clone();
    let quick = tokio::spawn(async move { writer.deny(&denial("bob", "quick"), NOW).await.unwrap() });
    for _ in 0..50 {
        let Polled::Entries { entries, cursor, .. } = store.poll(&start, size(10)).await.unwrap() else {
            panic!("nothing happened to the feed");
        };
        assert_eq!((entries, cursor), (vec![], start));
        tokio::task::yield_now().await;
    }
    assert!(!quick.is_finished());
    sqlx::raw_sql("COMMIT").execute(&mut slow).await.unwrap();
    assert_eq!(quick.await.unwrap(), Denied::Token);
    let Polled::Entries { entries, cursor, .. } = store.poll(&start, size(10)).await.unwrap() else {
        panic!("nothing happened to the feed");
    };
    let names: Vec<_> = entries
        .iter()
        .map(|entry| match entry {
            Entry::Token { token_id, .. } => &**token_id,
            _ => "",
        })
        .collect();
    assert_eq!((names, cursor.position), (vec!["slow", "quick"], 2));
}
