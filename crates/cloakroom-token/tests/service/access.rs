//! Opaque access tokens.

use std::time::Duration;

use cloakroom_token::{AccessError, AccessGrant, AccessTokens, TokenStore as _};

use crate::world::{
    Api, NOW, Store, access, access_grant, at, client, confirmation, grant, node, now, ring, rotate, store,
};

#[test]
fn f5_a_token_lives_until_its_end() {
    let store = store();
    let (node, access) = (node(store.clone(), &ring()), access(store));
    let issued = now(access.issue(&access_grant(&node), NOW)).unwrap();
    assert_eq!(issued.expires_at, at(600_000));
    assert!(!format!("{issued:?}{access:?}").contains(&issued.token[10..20]));
    let row = now(access.verify(&issued.token, None, at(599_999)))
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.subject.as_str(), row.client.as_str(), &row.data[..]),
        ("alice", "app", &b"read write"[..])
    );
    assert_eq!(
        now(access.verify(&issued.token, None, at(600_000))).unwrap(),
        None
    );
    assert!(AccessTokens::<Api, _>::new(crate::world::store(), Duration::from_nanos(1)).is_err());
}

#[test]
fn f3_a_text_of_another_form_reaches_no_store() {
    let store = store();
    let (node, access) = (node(store.clone(), &ring()), access(store.clone()));
    let token = now(access.issue(&access_grant(&node), NOW)).unwrap().token;
    let asked = store.calls();
    let other = token.replace("acme_at_", "acme_rt_");
    for text in [
        "",
        "acme_at_",
        &token[1..],
        &token[..token.len() - 1],
        &other,
        &"x".repeat(1 << 20),
    ] {
        assert_eq!(now(access.verify(text, None, NOW)).unwrap(), None);
        assert!(!now(access.revoke(text, &client("app"))).unwrap());
    }
    assert_eq!(store.calls(), asked);
}

#[test]
fn a_bound_token_asks_for_its_key() {
    let store = store();
    let (node, access) = (node(store.clone(), &ring()), access(store));
    let bound = AccessGrant {
        confirmation: Some(confirmation(1)),
        ..access_grant(&node)
    };
    let token = now(access.issue(&bound, NOW)).unwrap().token;
    for (proved, is_live) in [
        (None, false),
        (Some(confirmation(2)), false),
        (Some(confirmation(1)), true),
    ] {
        assert_eq!(
            now(access.verify(&token, proved, NOW)).unwrap().is_some(),
            is_live
        );
    }
    let free = now(access.issue(&access_grant(&node), NOW)).unwrap().token;
    assert!(
        now(access.verify(&free, Some(confirmation(1)), NOW))
            .unwrap()
            .is_some()
    );
}

#[test]
fn f4_a_token_ends_with_its_family_and_its_subject() {
    let store = store();
    let (node, access) = (node(store.clone(), &ring()), access(store.clone()));
    let issued = now(node.issue(&grant(&node), NOW)).unwrap();
    let with = AccessGrant {
        family: Some(issued.family),
        ..access_grant(&node)
    };
    let (of_family, alone) = (
        now(access.issue(&with, NOW)).unwrap().token,
        now(access.issue(&access_grant(&node), NOW)).unwrap().token,
    );
    let live = |token: &str| now(access.verify(token, None, at(1))).unwrap().is_some();
    assert!(rotate(&node, &issued.token, at(1)).is_ok() && live(&of_family));
    assert!(now(node.revoke(&issued.token, &client("app"))).unwrap());
    assert!(!live(&of_family) && live(&alone));
    assert!(matches!(
        now(access.issue(&with, at(1))),
        Err(AccessError::Refused)
    ));
    assert_eq!(
        now(store.revoke_subject(&node.subject("alice").unwrap(), at(2000), at(1))).unwrap(),
        0
    );
    assert!(!live(&alone));
    assert!(matches!(
        now(access.issue(&access_grant(&node), at(1))),
        Err(AccessError::Refused)
    ));
}

#[test]
fn f15_no_token_lives_longer_than_a_cut_off_is_kept() {
    // Nothing else ends a token without a family.
    let longest = AccessTokens::<Api, Store>::MAX_LIFE;
    let longer = longest + Duration::from_nanos(1);
    assert!(AccessTokens::<Api, _>::new(store(), longest).is_ok());
    assert!(AccessTokens::<Api, _>::new(store(), longer).is_err());
}
