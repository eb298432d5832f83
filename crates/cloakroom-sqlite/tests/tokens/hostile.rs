//! Rows that were damaged, or written by somebody else.

use std::num::NonZeroU32;

use cloakroom_token::conformance::fixture::{NOW, access_token_of, family, presented, subject};
use cloakroom_token::{Created, StoreErrorKind, TokenStore};

use crate::place::Place;

#[tokio::test]
async fn a_damaged_family_is_corrupt_and_left_alone() {
    let place = Place::new();
    let store = place.store().await;
    let alice = subject("alice");
    let new = family(&alice);
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    place
        .run("CREATE TABLE kept AS SELECT * FROM cloakroom_token_family")
        .await;
    for damage in [
        "format = 2",
        "client = ''",
        "client = CAST(zeroblob(3) AS TEXT)",
        "client = CAST(x'ff' AS TEXT)",
        "confirmation = x''",
        "generation = -1",
        "generation = 4294967296",
        "key_id = x'00'",
        "idle_deadline = absolute_deadline + 1",
    ] {
        place
            .run(&format!("UPDATE cloakroom_token_family SET {damage}"))
            .await;
        let list = store.list_by_subject(&alice, None, NonZeroU32::MIN, NOW);
        let kinds = [
            store
                .load_family(&new.id, &new.secret_hash, NOW)
                .await
                .unwrap_err()
                .kind(),
            list.await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [StoreErrorKind::Corrupt; 2], "{damage}");
        place
            .run("DELETE FROM cloakroom_token_family; INSERT INTO cloakroom_token_family SELECT * FROM kept")
            .await;
    }
    for damage in [
        "format = 2",
        "format = 1, generation = -1",
        "generation = 4294967296",
    ] {
        place
            .run(&format!("UPDATE cloakroom_token_family SET {damage}"))
            .await;
        for generation in [0, 7, u32::MAX] {
            let rotated = store.rotate(&presented(&new, generation), NOW).await;
            assert_eq!(rotated.unwrap_err().kind(), StoreErrorKind::Corrupt, "{damage}");
        }
        let left = place
            .number("SELECT count(*) FROM cloakroom_token_family WHERE rotated_at = created_at")
            .await;
        assert_eq!(left, 1, "{damage}");
    }
    // It can still be ended.
    let ended = store.end_family(&new.id, &new.secret_hash, &new.client);
    assert!(ended.await.unwrap());
}

#[tokio::test]
async fn a_damaged_access_token_is_corrupt() {
    let place = Place::new();
    let store = place.store().await;
    let new = family(&subject("alice"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let token = access_token_of(&new);
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
    place
        .run("CREATE TABLE kept AS SELECT * FROM cloakroom_access_token")
        .await;
    for damage in [
        "format = 0",
        "client = ''",
        "subject = ''",
        "subject_tag = x'01'",
        "confirmation = x'01'",
    ] {
        place
            .run(&format!("UPDATE cloakroom_access_token SET {damage}"))
            .await;
        let loaded = store.load_access(&token.hash, NOW).await;
        assert_eq!(loaded.unwrap_err().kind(), StoreErrorKind::Corrupt, "{damage}");
        place
            .run("DELETE FROM cloakroom_access_token; INSERT INTO cloakroom_access_token SELECT * FROM kept")
            .await;
    }
    assert_eq!(store.load_access(&token.hash, NOW).await.unwrap(), Some(token));
}
