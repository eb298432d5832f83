//! A database that was set back to an earlier time.

use std::fs;

use cloakroom_revocation::conformance::fixture::{FLEET, NOW, denial, size};
use cloakroom_revocation::{Cursor, Denied, Polled, RevocationFeed, RevocationStore};

use crate::place::Place;

async fn deny(store: &impl RevocationStore, token_id: &str) {
    assert_eq!(
        store.deny(&denial("alice", token_id), NOW).await.unwrap(),
        Denied::Token
    );
}

async fn is_reloaded(store: &impl RevocationFeed, cursor: &Cursor) -> bool {
    store.poll(cursor, size(100)).await.unwrap() == Polled::Reload
}

#[tokio::test]
async fn f11_a_restored_backup_that_uses_positions_again_is_seen() {
    let place = Place::new();
    let backup = Place::new();
    let store = place.store(FLEET).await;
    deny(&store, "before").await;
    let before = store.head().await.unwrap().cursor;
    place
        .run(&format!("VACUUM INTO '{}'", backup.path().display()))
        .await;
    deny(&store, "lost").await;
    deny(&store, "lost too").await;
    let ahead = store.head().await.unwrap().cursor;
    store.close().await;
    fs::copy(backup.path(), place.path()).unwrap();
    let store = place.store(FLEET).await;
    // The reader is beyond the head.
    assert_eq!(store.head().await.unwrap().cursor, before);
    assert!(is_reloaded(&store, &ahead).await);
    // And now at a position that is used again, and beyond which there is more.
    deny(&store, "anew").await;
    deny(&store, "anew too").await;
    deny(&store, "and more").await;
    let head = store.head().await.unwrap().cursor;
    assert_eq!((head.feed, head.position), (ahead.feed, ahead.position + 1));
    assert!(is_reloaded(&store, &ahead).await);
    // Who had read no more than the backup has goes on.
    let Polled::Entries { entries, cursor, .. } = store.poll(&before, size(100)).await.unwrap() else {
        panic!("what it read is there still");
    };
    assert_eq!((entries.len(), cursor), (3, head));
}

#[tokio::test]
async fn f11_another_feed_in_the_same_place_is_seen() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    let empty = store.head().await.unwrap().cursor;
    deny(&store, "one").await;
    let one = store.head().await.unwrap().cursor;
    store.close().await;
    fs::remove_file(place.path()).unwrap();
    let store = place.store(FLEET).await;
    for cursor in [empty, one] {
        assert!(is_reloaded(&store, &cursor).await);
    }
    assert_eq!(store.head().await.unwrap().cursor.position, 0);
    // Opening it again leaves it as it is.
    let feed = store.head().await.unwrap().cursor.feed;
    let again = place.store(FLEET).await;
    assert_eq!(again.head().await.unwrap().cursor.feed, feed);
}
