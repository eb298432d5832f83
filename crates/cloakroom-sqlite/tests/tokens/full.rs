//! A database that may not grow any further.

use cloakroom_sqlite::SqliteTokenStore;
use cloakroom_token::conformance::fixture::{NOW, at, family, presented, subject};
use cloakroom_token::{Created, Rotated, StoreErrorKind, TokenStore};

use crate::place::Place;

#[tokio::test]
async fn f4_a_subject_can_be_ended_in_a_full_database() {
    let place = Place::new();
    let store = SqliteTokenStore::builder(place.path())
        .max_pages(40)
        .open()
        .await
        .unwrap();
    let alice = subject("alice");
    let mut families = Vec::new();
    let error = loop {
        let mut new = family(&alice);
        new.data = [7; 1000].into();
        match store.create_family(&new, NOW).await {
            Ok(created) => assert_eq!(created, Created::Done),
            Err(error) => break error,
        }
        families.push(new);
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    // A rotation needs no room.
    let rotated = store.rotate(&presented(&families[0], 0), NOW).await.unwrap();
    assert!(matches!(rotated, Rotated::Done(_)));
    let ended = store.revoke_subject(&alice, at(1), NOW).await.unwrap();
    assert_eq!(ended, families.len() as u64);
    let refused = store.create_family(&families[0], NOW).await.unwrap();
    assert_eq!(refused, Created::Refused);
    let mut later = family(&alice);
    later.authenticated_at = at(2);
    assert_eq!(store.create_family(&later, at(2)).await.unwrap(), Created::Done);
}
