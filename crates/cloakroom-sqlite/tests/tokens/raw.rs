//! What somebody reads who reads the file.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_token::cloakroom_id::{IndexSecret, TokenKind};
use cloakroom_token::cloakroom_keyring::KeyRing;
use cloakroom_token::conformance::fixture::{NOW, at, client};
use cloakroom_token::{AccessGrant, AccessTokens, Grant, RefreshSettings, RefreshTokens};

use crate::place::Place;

enum Access {}

impl TokenKind for Access {
    const PREFIX: &'static str = "test_at";
}

#[tokio::test]
async fn f9_the_file_holds_no_token() {
    let place = Place::new();
    let store = place.store().await;
    let (ring, settings) = (KeyRing::generate().unwrap(), RefreshSettings::default());
    let index_secret = IndexSecret::generate().unwrap();
    let refresh = RefreshTokens::new(store.clone(), &ring, settings, index_secret).unwrap();
    let access = AccessTokens::<Access, _>::new(store, Duration::from_hours(1)).unwrap();
    let grant = Grant {
        client: client("app"),
        subject: refresh.subject("ada").unwrap(),
        authenticated_at: NOW,
        confirmation: None,
        data: (*b"scope").into(),
    };
    let first = refresh.issue(&grant, NOW).await.unwrap();
    let next = refresh
        .rotate(&first.token, &grant.client, None, at(1))
        .await
        .unwrap();
    let opaque = AccessGrant {
        client: grant.client,
        subject: grant.subject,
        authenticated_at: NOW,
        family: Some(first.family),
        confirmation: None,
        data: grant.data,
    };
    let opaque = access.issue(&opaque, at(1)).await.unwrap();
    let mut bytes = fs::read(place.path()).unwrap();
    bytes.extend(fs::read(place.path().with_extension("db-wal")).unwrap());
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    // It is the file of this family.
    assert!(holds(first.family.as_bytes()));
    // A refresh token is its key, its family and its generation, and then the secret and the MAC.
    for token in [&first.token, &next.token] {
        let body = token.strip_prefix("cloakroom_rt_").unwrap();
        let parts = URL_SAFE_NO_PAD.decode(body).unwrap();
        assert!(!holds(body.as_bytes()) && !holds(&parts[24..56]) && !holds(&parts[56..88]));
    }
    let body = opaque.token.strip_prefix("test_at_").unwrap();
    assert!(!holds(body.as_bytes()) && !holds(&URL_SAFE_NO_PAD.decode(body).unwrap()[..32]));
}
