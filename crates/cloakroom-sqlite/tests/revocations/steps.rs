//! How many steps are kept.

use cloakroom_revocation::conformance::fixture::{
    FLEET, MINUTE, NOW, PAST, denial, denial_until, past, size,
};
use cloakroom_revocation::{Cursor, Denied, Polled, RevocationFeed, RevocationStore};

use crate::place::Place;

#[tokio::test]
async fn f7_old_steps_go_and_who_is_behind_them_reloads() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    assert_eq!(
        store.deny(&denial("alice", "first"), NOW).await.unwrap(),
        Denied::Token
    );
    let first = store.head().await.unwrap().cursor;
    // As many as three statements of a purge delete, and those that stay.
    place
        .run(
            "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 80000) \
             INSERT INTO cloakroom_revocation_step SELECT n, CAST(printf('%08d', n) AS BLOB) FROM n; \
             UPDATE cloakroom_revocation_feed SET head = 80000; \
             UPDATE cloakroom_revocation SET position = 80000",
        )
        .await;
    let at_first = store.poll(&first, size(10)).await.unwrap();
    assert!(matches!(at_first, Polled::Entries { .. }));
    assert_eq!(store.purge(NOW, size(1)).await.unwrap(), 0);
    let kept = "SELECT count(*) FROM cloakroom_revocation_step";
    assert_eq!(place.number(kept).await, 65_536);
    assert_eq!(store.poll(&first, size(10)).await.unwrap(), Polled::Reload);
    let cursor = Cursor {
        position: 80_000 - 65_535,
        tag: *b"00014465",
        ..first
    };
    let Polled::Entries { entries, cursor, .. } = store.poll(&cursor, size(10)).await.unwrap() else {
        panic!("its step is kept");
    };
    assert_eq!(
        (entries.len(), cursor.position, cursor.tag),
        (1, 80_000, *b"00080000")
    );
}

#[tokio::test]
async fn the_number_of_entries_is_that_of_the_rows() {
    let place = Place::new();
    let store = place.store(FLEET).await;
    for number in 0..70 {
        let _ = store
            .deny(
                &denial_until("alice", &format!("t{number}"), past(10 * MINUTE)),
                PAST,
            )
            .await
            .unwrap();
    }
    store.cut_off("issuer", "bob", NOW).await.unwrap();
    store.revoke_all(NOW).await.unwrap();
    store.revoke_all(NOW).await.unwrap();
    let counted = "SELECT entries FROM cloakroom_revocation_feed";
    let rows = "SELECT count(*) FROM cloakroom_revocation WHERE kind <> 3";
    assert_eq!((place.number(counted).await, place.number(rows).await), (66, 66));
    assert_eq!(store.purge(past(12 * MINUTE), size(1000)).await.unwrap(), 64);
    assert_eq!((place.number(counted).await, place.number(rows).await), (2, 2));
}
