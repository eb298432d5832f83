//! What somebody reads who reads the database.

use std::process::Command;
use std::time::Duration;

use cloakroom_id::{IndexSecret, TokenKind};
use cloakroom_servers::{Postgres, shared};
use cloakroom_token::cloakroom_keyring::KeyRing;
use cloakroom_token::conformance::fixture::{NOW, at, client};
use cloakroom_token::{AccessGrant, AccessTokens, Grant, RefreshSettings, RefreshTokens};

use crate::dump::{decoded, hex};
use crate::place::Place;

enum Access {}

impl TokenKind for Access {
    const PREFIX: &'static str = "test_at";
}

#[tokio::test]
async fn f9_a_dump_holds_no_token() {
    let place = Place::on(&shared::postgres_database());
    let store = place.tokens().await;
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
    let dump = Command::new(Postgres::programs().unwrap().join("pg_dump"))
        .arg(&place.url)
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    // It is the dump of this family.
    assert!(dump.contains(&hex(first.family.as_bytes())));
    // A refresh token is its key, its family and its generation, and then the secret and the MAC.
    for token in [&first.token, &next.token] {
        let body = token.strip_prefix("cloakroom_rt_").unwrap();
        let bytes = decoded(body);
        assert!(!dump.contains(body));
        assert!(!dump.contains(&hex(&bytes[24..56])) && !dump.contains(&hex(&bytes[56..88])));
    }
    let body = opaque.token.strip_prefix("test_at_").unwrap();
    assert!(!dump.contains(body) && !dump.contains(&hex(&decoded(body)[..32])));
}
