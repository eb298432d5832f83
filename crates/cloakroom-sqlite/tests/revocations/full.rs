//! A database that may not grow any further.

use cloakroom_revocation::conformance::fixture::{FLEET, MINUTE, PAST, denial_until, past, size};
use cloakroom_revocation::{Denied, RevocationFeed, RevocationStore, StoreErrorKind};
use cloakroom_sqlite::SqliteRevocationStore;

use crate::place::Place;

#[tokio::test]
async fn a_full_database_refuses_whole_revocations_and_takes_them_again_after_a_purge() {
    let place = Place::new();
    let store = SqliteRevocationStore::builder(place.path())
        .max_pages(40)
        .open(FLEET)
        .await
        .unwrap();
    let long = "x".repeat(200);
    let deny = |number: u64| {
        let id = format!("{long} {number}");
        denial_until(&format!("user {number}"), &id, past(10 * MINUTE))
    };
    let mut done = 0;
    let error = loop {
        match store.deny(&deny(done), PAST).await {
            Ok(denied) => assert_eq!(denied, Denied::Token),
            Err(error) => break error,
        }
        done += 1;
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!(done > 10, "{done}");
    // Nothing of it was done, and what follows begins anew.
    for _ in 0..3 {
        let error = store.deny(&deny(done), PAST).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Full);
    }
    assert_eq!(store.head().await.unwrap().cursor.position, done);
    let counted = "SELECT entries FROM cloakroom_revocation_feed";
    let rows = "SELECT count(*) FROM cloakroom_revocation";
    let entries = i64::try_from(done).unwrap();
    assert_eq!(
        (place.number(counted).await, place.number(rows).await),
        (entries, entries)
    );
    assert_eq!(store.purge(past(12 * MINUTE), size(10_000)).await.unwrap(), done);
    assert_eq!((place.number(counted).await, place.number(rows).await), (0, 0));
    let denied = store.deny(&deny(done), past(12 * MINUTE)).await.unwrap();
    assert_eq!(denied, Denied::Token);
    assert_eq!(store.head().await.unwrap().cursor.position, done + 1);
}
