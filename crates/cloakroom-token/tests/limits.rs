//! What the store in memory promises beyond the kit: it is bounded, and drops nothing that is live.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_token::conformance::fixture::{DAY, NOW, access_token, at, family, presented, subject};
use cloakroom_token::{
    AccessToken, Created, MemoryTokenLimits, MemoryTokenStore, NewFamily, Rotated, StoreErrorKind, TokenStore,
};

fn limited() -> MemoryTokenStore {
    let mut limits = MemoryTokenLimits::default();
    (limits.families, limits.access_tokens) = (2, 2);
    MemoryTokenStore::with_limits(limits)
}

async fn create(store: &impl TokenStore, new: &NewFamily, millis: i64) -> Result<Created, StoreErrorKind> {
    let created = store.create_family(new, at(millis)).await;
    created.map_err(|error| error.kind())
}

#[tokio::test]
async fn a_full_store_keeps_what_is_live_and_says_so() {
    let store = limited();
    let (first, second, third) = (
        family(&subject("alice")),
        family(&subject("bob")),
        family(&subject("carol")),
    );
    assert_eq!(create(&store, &first, 0).await, Ok(Created::Done));
    // An answer other than that it is done takes no room.
    assert_eq!(create(&store, &first, 0).await, Ok(Created::Exists));
    assert_eq!(create(&store, &second, 0).await, Ok(Created::Done));
    assert_eq!(create(&store, &third, 0).await, Err(StoreErrorKind::Full));
    for new in [&first, &second] {
        let rotated = store.rotate(&presented(new, 0), NOW).await.unwrap();
        assert!(matches!(rotated, Rotated::Done(_)));
    }
    // Each way to end a family gives its room back.
    assert!(store.end_one(&first.subject, &first.id).await.unwrap());
    assert_eq!(create(&store, &third, 0).await, Ok(Created::Done));
    let ended = store
        .end_family(&third.id, &third.secret_hash, &third.client)
        .await;
    assert!(ended.unwrap());
    assert_eq!(create(&store, &first, 0).await, Ok(Created::Done));
    assert_eq!(
        store.revoke_subject(&first.subject, at(-1), NOW).await.unwrap(),
        1
    );
    assert_eq!(create(&store, &third, 0).await, Ok(Created::Done));
    let reused = store.rotate(&presented(&second, 0), at(20_000)).await.unwrap();
    assert!(matches!(reused, Rotated::Reused(_)));
    assert_eq!(create(&store, &first, 0).await, Ok(Created::Done));
    assert_eq!(create(&store, &second, 0).await, Err(StoreErrorKind::Full));
    assert!(format!("{store:?}").contains("families: 2"));
}

#[tokio::test]
async fn a_full_store_drops_what_has_ended() {
    let store = limited();
    let short = |name| NewFamily {
        idle_deadline: at(10),
        ..family(&subject(name))
    };
    for name in ["alice", "bob"] {
        assert_eq!(create(&store, &short(name), 0).await, Ok(Created::Done));
    }
    // It looks into a few of its 256 shards at a time.
    let carol = family(&subject("carol"));
    let mut attempts = 0;
    while create(&store, &carol, 10).await != Ok(Created::Done) {
        attempts += 1;
        assert!(attempts <= 64, "it never finds what has ended");
    }
    let rest = store.purge_expired(at(10), NonZeroU32::MAX).await.unwrap();
    assert!(rest <= 1, "{rest} more than there were");
}

#[tokio::test]
async fn access_tokens_are_bounded_too() {
    let store = Arc::new(limited());
    let new = |name| AccessToken {
        expires_at: at(10),
        ..access_token(&subject(name))
    };
    let tokens = ["alice", "bob", "carol"].map(new);
    assert_eq!(store.create_access(&tokens[0], NOW).await.unwrap(), Created::Done);
    // An answer other than that it is done takes no room.
    assert_eq!(
        store.create_access(&tokens[0], NOW).await.unwrap(),
        Created::Exists
    );
    assert_eq!(store.create_access(&tokens[1], NOW).await.unwrap(), Created::Done);
    let full = store
        .create_access(&tokens[2], NOW)
        .await
        .map_err(|error| error.kind());
    assert_eq!(full, Err(StoreErrorKind::Full));
    assert!(
        store
            .end_access(&tokens[0].hash, &tokens[0].client)
            .await
            .unwrap()
    );
    assert_eq!(store.create_access(&tokens[2], NOW).await.unwrap(), Created::Done);
    assert_eq!(store.purge_expired(at(10), NonZeroU32::MAX).await.unwrap(), 2);
}

#[tokio::test]
async fn a_cut_off_is_forgotten_after_its_retention() {
    let mut limits = MemoryTokenLimits::default();
    limits.cutoff_retention = Duration::from_secs(24 * 60 * 60);
    let store = MemoryTokenStore::with_limits(limits);
    let alice = subject("alice");
    store.revoke_subject(&alice, NOW, NOW).await.unwrap();
    for (millis, expected) in [(DAY - 1, Created::Refused), (DAY, Created::Done)] {
        store.purge_expired(at(millis), NonZeroU32::MAX).await.unwrap();
        assert_eq!(create(&store, &family(&alice), millis).await, Ok(expected));
    }
}
