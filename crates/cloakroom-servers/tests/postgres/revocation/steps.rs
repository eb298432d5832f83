//! How many steps are kept.

use cloakroom_revocation::conformance::fixture::{
    FLEET, MINUTE, NOW, PAST, denial, denial_until, past, size,
};
use cloakroom_revocation::{Cursor, Denied, Polled, RevocationFeed, RevocationStore};

use crate::place::Place;

#[tokio::test]
async fn f7_old_steps_go_and_who_is_behind_them_reloads() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
    assert_eq!(
        store.deny(&denial("alice", "first"), NOW).await.unwrap(),
        Denied::Token
    );
    let first = store.head().await.unwrap().cursor;
    // As many as two statements of a purge delete, and those that stay.
    place
        .run(
            "INSERT INTO {s}.revocation_steps SELECT n, decode(lpad(to_hex(n), 16, '0'), 'hex') \
             FROM generate_series(2, 80000) AS n; \
             UPDATE {s}.revocation_feed SET head = 80000; \
             UPDATE {s}.revocation_entries SET position = 80000",
        )
        .await;
    assert!(matches!(
        store.poll(&first, size(10)).await.unwrap(),
        Polled::Entries { .. }
    ));
    assert_eq!(store.purge(NOW, size(1)).await.unwrap(), 0);
    let kept = "SELECT count(*) FROM {s}.revocation_steps";
    assert_eq!(place.number(kept).await, 65_536);
    assert_eq!(store.poll(&first, size(10)).await.unwrap(), Polled::Reload);
    let last = 80_000_u64;
    let oldest = last - 65_535;
    let cursor = Cursor {
        position: oldest,
        tag: oldest.to_be_bytes(),
        ..first
    };
    let polled = store.poll(&cursor, size(10)).await.unwrap();
    let Polled::Entries { entries, cursor, .. } = polled else {
        panic!("its step is kept");
    };
    assert_eq!(
        (entries.len(), cursor.position, cursor.tag),
        (1, last, last.to_be_bytes())
    );
    // Before the first step there was nothing, however many have gone.
    let nothing = Cursor {
        position: 0,
        tag: [0; 8],
        ..first
    };
    assert!(matches!(
        store.poll(&nothing, size(10)).await.unwrap(),
        Polled::Entries { .. }
    ));
}

#[tokio::test]
async fn the_number_of_entries_is_that_of_the_rows() {
    let place = Place::new();
    let store = place.revocations(FLEET).await;
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
    let counted = "SELECT entries FROM {s}.revocation_feed";
    let rows = "SELECT count(*) FROM {s}.revocation_entries WHERE kind <> 3";
    assert_eq!((place.number(counted).await, place.number(rows).await), (66, 66));
    assert_eq!(store.purge(past(12 * MINUTE), size(1000)).await.unwrap(), 64);
    assert_eq!((place.number(counted).await, place.number(rows).await), (2, 2));
}
