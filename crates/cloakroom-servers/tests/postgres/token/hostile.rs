//! Rows that were damaged, or written by somebody else.

use cloakroom_token::conformance::fixture::{NOW, access_token_of, family, presented, subject};
use cloakroom_token::{Created, StoreErrorKind, TokenStore};

use crate::place::Place;

#[tokio::test]
async fn a_damaged_family_is_corrupt() {
    let place = Place::new();
    let store = place.tokens().await;
    let alice = subject("alice");
    let new = family(&alice);
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let one = std::num::NonZeroU32::MIN;
    for damage in [
        "format = 2",
        "client = ''",
        "client = repeat('a', 256)",
        "confirmation = ''",
        "generation = -1",
        "generation = 4294967296",
        "key_id = 'five5'",
        "idle_deadline = absolute_deadline + 1",
    ] {
        place
            .run(&format!(
                "CREATE TABLE {{s}}.kept AS TABLE {{s}}.token_families; UPDATE {{s}}.token_families SET {damage}"
            ))
            .await;
        let loaded = store.load_family(&new.id, &new.secret_hash, NOW).await;
        assert_eq!(loaded.unwrap_err().kind(), StoreErrorKind::Corrupt, "{damage}");
        let listed = store.list_by_subject(&alice, None, one, NOW).await;
        assert_eq!(listed.unwrap_err().kind(), StoreErrorKind::Corrupt, "{damage}");
        let undo = "DELETE FROM {s}.token_families; INSERT INTO {s}.token_families TABLE {s}.kept; DROP TABLE {s}.kept";
        place.run(undo).await;
    }
    let loaded = store.load_family(&new.id, &new.secret_hash, NOW).await.unwrap();
    assert_eq!(loaded, Some(new.stored(NOW)));
}

#[tokio::test]
async fn what_cannot_be_read_is_left_alone_by_a_rotation() {
    let place = Place::new();
    let store = place.tokens().await;
    let new = family(&subject("alice"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let sum = "SELECT hashtextextended(f::text, 0) FROM {s}.token_families f";
    for damage in [
        "format = 2",
        "format = 1, generation = -1",
        "generation = 4294967296",
    ] {
        place
            .run(&format!("UPDATE {{s}}.token_families SET {damage}"))
            .await;
        let before = place.number(sum).await;
        for generation in [0, 7, u32::MAX] {
            let rotated = store.rotate(&presented(&new, generation), NOW).await;
            assert_eq!(rotated.unwrap_err().kind(), StoreErrorKind::Corrupt, "{damage}");
        }
        assert_eq!(place.number(sum).await, before);
    }
    // It can still be ended.
    assert!(
        store
            .end_family(&new.id, &new.secret_hash, &new.client)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_damaged_access_token_is_corrupt() {
    let place = Place::new();
    let store = place.tokens().await;
    let new = family(&subject("alice"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let token = access_token_of(&new);
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
    for damage in [
        "format = 0",
        "client = ''",
        "subject = ''",
        "subject_tag = 'abc'",
        "confirmation = 'short'",
    ] {
        place
            .run(&format!(
                "CREATE TABLE {{s}}.kept AS TABLE {{s}}.access_tokens; UPDATE {{s}}.access_tokens SET {damage}"
            ))
            .await;
        let loaded = store.load_access(&token.hash, NOW).await;
        assert_eq!(loaded.unwrap_err().kind(), StoreErrorKind::Corrupt, "{damage}");
        let undo = "DELETE FROM {s}.access_tokens; INSERT INTO {s}.access_tokens TABLE {s}.kept; DROP TABLE {s}.kept";
        place.run(undo).await;
    }
    assert_eq!(store.load_access(&token.hash, NOW).await.unwrap(), Some(token));
}
