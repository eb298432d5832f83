//! What somebody reads who reads the database.

use std::process::Command;

use cloakroom_id::{OpaqueToken, TokenKind};
use cloakroom_servers::{Postgres, shared};
use cloakroom_token::conformance::fixture::{NOW, access_token_of, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore};

use crate::dump::{decoded, hex};
use crate::place::Place;

enum Access {}

impl TokenKind for Access {
    const PREFIX: &'static str = "access";
}

#[tokio::test]
async fn f9_a_dump_holds_no_token() {
    let place = Place::on(&shared::postgres_database());
    let store = place.tokens().await;
    // The secret of a family is 32 random bytes, as that of an opaque token is, and both are stored as their hash.
    let [secret, opaque] = [(); 2].map(|()| OpaqueToken::<Access>::generate().unwrap());
    let mut new = family(&subject("alice"));
    new.secret_hash = secret.hash();
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let rotated = store.rotate(&presented(&new, 0), NOW).await.unwrap();
    assert!(matches!(rotated, Rotated::Done(_)));
    let mut token = access_token_of(&new);
    token.hash = opaque.hash();
    assert_eq!(store.create_access(&token, NOW).await.unwrap(), Created::Done);
    let dump = Command::new(Postgres::programs().unwrap().join("pg_dump"))
        .arg(&place.url)
        .output()
        .unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8(dump.stdout).unwrap();
    for token in [&secret, &opaque] {
        // It is the dump of these: the hashes are there.
        assert!(dump.contains(&hex(token.hash().as_bytes())));
        let text = token.to_text();
        let (_, body) = text.rsplit_once("access_").unwrap();
        let secret = &decoded(body)[..32];
        assert!(!dump.contains(text.as_str()) && !dump.contains(body));
        assert!(!dump.contains(&hex(secret)));
    }
}
