use allocation_counter::measure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::{HmacKey, SignErrorKind, Signer, SigningKey, VerifyingKey, jws};
use serde::Serialize;

#[derive(Serialize)]
struct Claims<'c> {
    iss: &'c str,
    sub: &'c str,
    aud: &'c str,
    exp: u64,
    iat: u64,
    jti: &'c str,
    role: &'c str,
}

const CLAIMS: Claims<'_> = Claims {
    iss: "https://issuer.example.com",
    sub: "user-0123456789",
    aud: "https://api.example.com/v1",
    exp: 1_750_000_900,
    iat: 1_750_000_000,
    jti: "0194fdc2-fa2f-4cc0-81d3-ff120747ab",
    role: "admin",
};

fn key() -> HmacKey {
    HmacKey::hs256(&[0x5a; 32]).unwrap()
}

#[test]
fn signing_allocates_the_token_alone() {
    let signer = Signer::new(SigningKey::from(key()).with_kid("2026-11"), "at+jwt").unwrap();
    let mut token = String::new();
    let counted = measure(|| token = signer.sign(&CLAIMS).unwrap());
    assert_eq!(counted.count_total, 1);
    assert!(token.len() > 300);
    assert!(counted.bytes_total <= token.len() as u64 + 160);
    // As much as fits: 1.5 KiB of claims.
    let long = "x".repeat(1400);
    let counted = measure(|| drop(signer.sign(&Claims { sub: &long, ..CLAIMS })));
    assert!(counted.count_total > 1, "1,600 bytes do not fit");
    let counted = measure(|| {
        drop(signer.sign(&Claims {
            sub: &long[..1200],
            ..CLAIMS
        }));
    });
    assert_eq!(counted.count_total, 1);
}

#[test]
fn header_has_typ_alg_kid_in_this_order() {
    let header = |key: SigningKey, typ| {
        let token = Signer::new(key, typ).unwrap().sign(&CLAIMS).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
    };
    assert_eq!(
        header(key().into(), "at+jwt"),
        r#"{"typ":"at+jwt","alg":"HS256"}"#
    );
    let named = SigningKey::from(key()).with_kid("k1");
    assert_eq!(header(named, "JWT"), r#"{"typ":"JWT","alg":"HS256","kid":"k1"}"#);
    // JSON escapes what it must; the token is read back under the same kid.
    let odd = "k\"\\\u{1}\u{1f}/é\u{2028}";
    let named = SigningKey::from(key()).with_kid(odd);
    assert_eq!(
        header(named.clone(), "application/at+jwt"),
        "{\"typ\":\"application/at+jwt\",\"alg\":\"HS256\",\"kid\":\"k\\\"\\\\\\u0001\\u001f/é\u{2028}\"}"
    );
    let token = Signer::new(&named, "JWT").unwrap().sign(&CLAIMS).unwrap();
    let verifying = named.verifying_key();
    assert_eq!(verifying.kid(), Some(odd));
    assert!(jws::verify_bytes(&token, [&verifying]).is_ok());
}

#[test]
fn kid_and_typ_have_their_lengths() {
    let refused = |key: SigningKey, typ: &str, expected| {
        assert_eq!(Signer::new(key, typ).unwrap_err().kind(), expected);
    };
    let named = |kid: &str| SigningKey::from(key()).with_kid(kid);
    refused(named(""), "JWT", SignErrorKind::Kid);
    refused(named(&"k".repeat(257)), "JWT", SignErrorKind::Kid);
    assert!(Signer::new(named(&"k".repeat(256)), "JWT").is_ok());
    for typ in [
        "",
        " ",
        "at jwt",
        "at\"jwt",
        "at\\jwt",
        "at\njwt",
        "atéjwt",
        &"t".repeat(128),
    ] {
        refused(key().into(), typ, SignErrorKind::Typ);
    }
    for typ in ["JWT", "at+jwt", "application/at+jwt", &"t".repeat(127)] {
        assert!(Signer::new(key(), typ).is_ok());
    }
    assert_eq!(
        jws::sign_bytes(b"", &named("")).unwrap_err().kind(),
        SignErrorKind::Kid
    );
}

#[test]
fn signature_is_over_header_and_claims() {
    let signer = Signer::new(key(), "JWT").unwrap();
    let token = signer.sign(&CLAIMS).unwrap();
    let verifying: VerifyingKey = key().into();
    assert_eq!(
        jws::verify_bytes(&token, [&verifying]).unwrap(),
        serde_json::to_vec(&CLAIMS).unwrap()
    );
    assert_eq!(token, signer.sign(&CLAIMS).unwrap());
}
