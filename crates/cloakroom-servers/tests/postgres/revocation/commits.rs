//! The order of positions is the order of commits.

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, SKEW, at, denial, size};
use cloakroom_revocation::{Cursor, Denied, Entry, Polled, RevocationFeed, RevocationStore};
use sqlx::AssertSqlSafe;

use crate::interleaved::{commit, holding, waiting};
use crate::place::Place;

/// The names of the entries behind the cursor, and the next one.
async fn polled(feed: &impl RevocationFeed, cursor: &Cursor) -> (Vec<String>, Cursor) {
    let Polled::Entries {
        entries,
        cursor,
        more,
        ..
    } = feed.poll(cursor, size(100)).await.unwrap()
    else {
        panic!("nothing happened to the feed");
    };
    assert!(!more);
    let names = entries.iter().map(|entry| match entry {
        Entry::Token { token_id: name, .. } | Entry::Subject { subject: name, .. } => name.to_string(),
        Entry::All { .. } => "all".to_owned(),
    });
    (names.collect(), cursor)
}

/// What a writer does, in a transaction that is not committed yet.
const SLOW: &str = "
SELECT 1 FROM {s}.revocation_feed FOR UPDATE;
UPDATE {s}.revocation_feed SET head = head + 1, entries = entries + 1;
INSERT INTO {s}.revocation_steps SELECT head, decode('0102030405060708', 'hex') FROM {s}.revocation_feed;
INSERT INTO {s}.revocation_entries
SELECT 1, 'https://id.example', 'slow', 'alice', 0, 1767225600000 + 3600000, head FROM {s}.revocation_feed";

#[tokio::test]
async fn f10_a_slow_commit_comes_before_whoever_began_after_it() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let start = store.head().await.unwrap().cursor;
    let slow = holding(&place, SLOW).await;
    // It would be done first, and has to wait: a reader that saw it would never ask again for what is before it.
    let writer = store.clone();
    let quick = waiting(&place, 1, async move {
        writer.deny(&denial("bob", "quick"), NOW).await.unwrap()
    })
    .await;
    assert_eq!(polled(&store, &start).await, (vec![], start));
    commit(slow).await;
    assert_eq!(quick.await.unwrap(), Denied::Token);
    let (names, cursor) = polled(&store, &start).await;
    assert_eq!(
        (names, cursor.position),
        (vec!["slow".to_owned(), "quick".to_owned()], 2)
    );
}

#[tokio::test]
async fn f10_a_reader_between_two_commits_misses_neither() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let start = store.head().await.unwrap().cursor;
    let slow = holding(&place, SLOW).await;
    let writer = store.clone();
    let second = waiting(&place, 1, async move {
        writer.cut_off(ISSUER, "second", NOW).await.unwrap()
    })
    .await;
    // Of another process: those of one go one after the other.
    let writer = place.revocations(FLEET).await;
    let third = waiting(&place, 2, async move { writer.revoke_all(NOW).await.unwrap() }).await;
    let mut seen = Vec::new();
    let mut cursor = start;
    commit(slow).await;
    // It asks as fast as it can while the others commit.
    while seen.len() < 3 {
        let (names, next) = polled(&store, &cursor).await;
        seen.extend(names);
        cursor = next;
    }
    assert_eq!(seen[0], "slow");
    seen.sort_unstable();
    assert_eq!(seen, ["all", "second", "slow"]);
    assert_eq!(second.await.unwrap(), at(SKEW));
    assert_eq!(third.await.unwrap(), at(SKEW));
}

#[tokio::test]
async fn f10_what_was_undone_leaves_no_gap() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let start = store.head().await.unwrap().cursor;
    let mut undone = holding(&place, SLOW).await;
    sqlx::raw_sql(AssertSqlSafe("ROLLBACK"))
        .execute(&mut undone)
        .await
        .unwrap();
    assert_eq!(
        store.deny(&denial("bob", "done"), NOW).await.unwrap(),
        Denied::Token
    );
    let (names, cursor) = polled(&store, &start).await;
    assert_eq!((names, cursor.position), (vec!["done".to_owned()], 1));
}

#[tokio::test]
async fn writers_wait_for_each_other_under_a_stricter_default() {
    // Under REPEATABLE READ the server would undo who waited for the feed's row.
    let mut place = Place::new();
    place
        .url
        .push_str("?options=-c%20default_transaction_isolation%3Drepeatable%5C%20read");
    let store = place.revocations(FLEET).await;
    let tasks: Vec<_> = (0..32)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.deny(&denial("alice", &format!("t{number}")), NOW).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), Denied::Token);
    }
    assert_eq!(store.head().await.unwrap().cursor.position, 32);
}
