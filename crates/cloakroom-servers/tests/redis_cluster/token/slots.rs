//! Where keys lie in a Cluster.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use cloakroom_token::conformance::fixture::{
    HOUR, NOW, access_token_of, at, family, family_id, presented, subject,
};
use cloakroom_token::{AccessToken, Created, NewFamily, Rotated, TokenStore as _};

use super::place::Tokens;
use crate::slots::slots;

#[tokio::test(flavor = "multi_thread")]
async fn all_keys_of_a_subject_lie_in_one_slot_and_its_access_tokens_anywhere() {
    let Tokens { store, place } = Tokens::shared().await;
    let ada = subject("ada{lovelace}");
    let families = [(); 3].map(|()| family(&ada));
    for new in &families {
        assert_eq!(store.create_family(new, NOW).await.unwrap(), Created::Done);
        let rotated = store.rotate(&presented(new, 0), at(1)).await.unwrap();
        assert!(matches!(rotated, Rotated::Done(_)));
    }
    let [first, ..] = &families;
    let (found, _) = slots(&place).await;
    // Three families and their set.
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found.values().collect::<BTreeSet<_>>().len(), 1, "{found:?}");
    let mut tokens = Vec::new();
    for _ in 0..60 {
        let token = access_token_of(first);
        assert_eq!(store.create_access(&token, at(1)).await.unwrap(), Created::Done);
        assert_eq!(
            store.load_access(&token.hash, at(2)).await.unwrap(),
            Some(token.clone())
        );
        tokens.push(token);
    }
    let (found, masters) = slots(&place).await;
    assert_eq!((found.len(), masters), (64, 3));
    assert_eq!(store.revoke_subject(&ada, at(2), at(2)).await.unwrap(), 3);
    for token in &tokens {
        assert_eq!(store.load_access(&token.hash, at(3)).await.unwrap(), None);
        let again = store.create_access(token, at(3)).await.unwrap();
        assert_eq!(again, Created::Refused);
    }
    let purged = store.purge_expired(at(2 * HOUR), NonZeroU32::MAX).await;
    assert_eq!(purged.unwrap(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_an_access_token_of_a_family_in_another_slot_ends_with_it() {
    let Tokens { store, .. } = Tokens::shared().await;
    let [ada, bob] = ["ada", "bob"].map(subject);
    let new = NewFamily {
        id: family_id(bob.tag()),
        ..family(&bob)
    };
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let token = AccessToken {
        subject: ada,
        ..access_token_of(&new)
    };
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
    assert_eq!(
        store.load_access(&token.hash, at(1)).await.unwrap(),
        Some(token.clone())
    );
    assert!(store.end_one(&bob, &new.id).await.unwrap());
    assert_eq!(store.load_access(&token.hash, at(1)).await.unwrap(), None);
}
