//! What somebody reads who reads the file.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_token::cloakroom_id::{OpaqueToken, TokenKind};
use cloakroom_token::conformance::fixture::{NOW, access_token_of, family, presented, subject};
use cloakroom_token::{Created, Rotated, TokenStore};

use crate::place::Place;

enum Access {}

impl TokenKind for Access {
    const PREFIX: &'static str = "access";
}

#[tokio::test]
async fn f9_the_file_holds_no_token() {
    let place = Place::new();
    let store = place.store().await;
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
    let mut bytes = fs::read(place.path()).unwrap();
    bytes.extend(fs::read(place.path().with_extension("db-wal")).unwrap());
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for token in [&secret, &opaque] {
        // It is the file of these: the hashes are there.
        assert!(holds(token.hash().as_bytes()));
        let text = token.to_text();
        let (_, body) = text.rsplit_once("access_").unwrap();
        let secret = &URL_SAFE_NO_PAD.decode(body).unwrap()[..32];
        assert!(!holds(body.as_bytes()) && !holds(secret));
    }
}
