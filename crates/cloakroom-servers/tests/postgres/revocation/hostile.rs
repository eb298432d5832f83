//! Rows that were damaged, or written by somebody else.

use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, NOW, denial, size};
use cloakroom_revocation::{Denied, RevocationFeed, RevocationStore, StoreErrorKind};

use crate::place::Place;

#[tokio::test]
async fn a_damaged_entry_is_corrupt() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    let start = store.head().await.unwrap().cursor;
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    for damage in [
        "kind = 0",
        "kind = 3",
        "kind = 4",
        "at = 1",
        "issuer = ''",
        "name = ''",
        "name = repeat('a', 256)",
    ] {
        place
            .run(&format!(
                "CREATE TABLE {{s}}.kept AS TABLE {{s}}.revocation_entries; UPDATE {{s}}.revocation_entries SET {damage}"
            ))
            .await;
        let kinds = [
            store.page(None, size(10)).await.unwrap_err().kind(),
            store.poll(&start, size(10)).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 2], "{damage}");
        let undo = "DELETE FROM {s}.revocation_entries; INSERT INTO {s}.revocation_entries TABLE {s}.kept; \
                    DROP TABLE {s}.kept";
        place.run(undo).await;
    }
    assert_eq!(store.page(None, size(10)).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_damaged_feed_is_corrupt_and_nothing_is_acknowledged() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    assert_eq!(
        store.deny(&denial("alice", "one"), NOW).await.unwrap(),
        Denied::Token
    );
    for damage in [
        "UPDATE {s}.revocation_feed SET id = 'short'",
        "UPDATE {s}.revocation_feed SET id = decode(repeat('07', 16), 'hex'), head = -1",
        "UPDATE {s}.revocation_feed SET head = 1; UPDATE {s}.revocation_steps SET tag = 'short'",
        "DELETE FROM {s}.revocation_steps",
        "DELETE FROM {s}.revocation_feed",
    ] {
        place.run(damage).await;
        let head = store.head().await.unwrap_err();
        assert_eq!(head.kind(), StoreErrorKind::Corrupt, "{damage}");
    }
    let kinds = [
        store.deny(&denial("alice", "two"), NOW).await.unwrap_err().kind(),
        store.cut_off(ISSUER, "alice", NOW).await.unwrap_err().kind(),
        store.revoke_all(NOW).await.unwrap_err().kind(),
        store.page(None, size(10)).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [StoreErrorKind::Corrupt; 4]);
    assert_eq!(
        place.number("SELECT count(*) FROM {s}.revocation_entries").await,
        1
    );
}
