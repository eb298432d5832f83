//! What each rejection of a token becomes on the wire.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_tower::cloakroom_jwt::{ErrorKind, HmacKey, Signer, SigningKey};
use cloakroom_tower::{BearerVerifier, Event};
use serde_json::json;

use crate::desk::{Desk, T0, claims, good, key, tampered, token, verifier};

fn signed_by(key: SigningKey, typ: &str) -> String {
    Signer::new(key, typ).unwrap().sign(&claims(&json!({}))).unwrap()
}

/// Header and payload as they are, with a signature that is none.
fn unsigned(header: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{}",
        part(header),
        part(&claims(&json!({})).to_string()),
        part("x")
    )
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one row for each kind")]
async fn e19_each_rejection_is_an_invalid_token_with_a_fixed_description() {
    let heard = Arc::new(Mutex::new(None));
    let last = Arc::clone(&heard);
    let verifier = BearerVerifier::from_authorization(verifier())
        .realm("notes")
        .unwrap();
    let desk = Desk::built(verifier, |layer| {
        layer.observer(move |event: &Event<'_>| *last.lock().unwrap() = event.token_error())
    });
    let secret =
        b"\xff\xfe another secret, long enough for every hash of the family, which is sixty-four bytes";
    let other_key = SigningKey::from(HmacKey::hs256(secret).unwrap());
    let other_algorithm = SigningKey::from(HmacKey::hs512(secret).unwrap());
    for (token, kind, description) in [
        (
            "a".repeat(9000),
            ErrorKind::TooLarge,
            "the token is longer than the policy allows",
        ),
        (
            "secret-junk".to_owned(),
            ErrorKind::Malformed,
            "the token is not a well-formed JWS compact serialization",
        ),
        (
            unsigned("{\"alg\":\"none\",\"typ\":\"at+jwt\"}"),
            ErrorKind::Header,
            "the token's header asks for something that is not supported",
        ),
        (
            signed_by(other_algorithm, "at+jwt"),
            ErrorKind::Algorithm,
            "no key has the token's algorithm",
        ),
        (
            signed_by(key().with_kid("../secret-kid"), "at+jwt"),
            ErrorKind::UnknownKey,
            "no key has the token's key id",
        ),
        (
            tampered(),
            ErrorKind::Signature,
            "the token's signature does not verify",
        ),
        (
            signed_by(other_key.with_kid("k1"), "at+jwt"),
            ErrorKind::Signature,
            "the token's signature does not verify",
        ),
        (
            token(&json!({ "exp": "secret-text" })),
            ErrorKind::Claims,
            "the token's claims are not well-formed, or not of the type that was asked for",
        ),
        (
            signed_by(key(), "secret+jwt"),
            ErrorKind::Type,
            "the token is of another type",
        ),
        (
            token(&json!({ "iss": "https://secret.example" })),
            ErrorKind::Issuer,
            "the token is from another issuer",
        ),
        (
            token(&json!({ "sub": "secret-subject" })),
            ErrorKind::Subject,
            "the token is for another subject",
        ),
        (
            token(&json!({ "aud": "https://secret.example" })),
            ErrorKind::Audience,
            "the token is for another audience",
        ),
        (
            token(&json!({ "exp": null })),
            ErrorKind::MissingClaim,
            "the token lacks a required claim",
        ),
        (
            token(&json!({ "exp": T0 })),
            ErrorKind::Expired,
            "the token has expired",
        ),
        (
            token(&json!({ "nbf": T0 + 1 })),
            ErrorKind::NotYetValid,
            "the token is not valid yet",
        ),
        (
            token(&json!({ "iat": T0 - 3600 })),
            ErrorKind::TooOld,
            "the token was issued too long ago",
        ),
    ] {
        let answer = desk.bring(&token).await;
        let challenge =
            format!("Bearer realm=\"notes\", error=\"invalid_token\", error_description=\"{description}\"");
        answer.refuses(401, &challenge, description, &[]);
        assert_eq!(*heard.lock().unwrap(), Some(kind));
        // No part of the token, encoded or decoded, is in the answer.
        let told = format!("{:?} {}", answer.headers, answer.body);
        assert!(!told.contains("secret") && !told.contains("u1"), "{told}");
        for piece in token
            .as_bytes()
            .windows(8)
            .map(|piece| str::from_utf8(piece).unwrap())
        {
            assert!(!told.contains(piece), "{told} holds {piece}");
        }
    }
    let answer = desk.bring(&good()).await;
    assert_eq!((answer.status.as_u16(), *heard.lock().unwrap()), (200, None));
}
