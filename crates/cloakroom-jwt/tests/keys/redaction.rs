use cloakroom_jwt::{HmacKey, InvalidKeyKind, Jwk, JwkSet, Signer, SigningInput, SigningKey};

use super::common::{self, CLAIMS, signing_keys};

#[test]
fn debug_shows_no_key_and_no_kid() {
    for (_, key) in signing_keys() {
        let key = key.with_kid("secret-kid");
        let text = format!(
            "{key:?} {:#?} {:?}",
            key.verifying_key(),
            Signer::new(&key, "JWT").unwrap()
        );
        assert!(!text.contains("secret-kid"), "{text}");
        assert!(
            text.contains("kid_len: Some(10)") || text.contains("Some(\n"),
            "{text}"
        );
    }
    let key = SigningKey::from(HmacKey::hs256(&[0x61; 32]).unwrap());
    assert_eq!(
        format!("{key:?}"),
        "SigningKey { algorithm: Hs256, kid_len: None, .. }"
    );
    assert_eq!(
        format!("{:?}", key.verifying_key()),
        "VerifyingKey { algorithm: Hs256, kid_len: None, .. }"
    );
    let jwk = br#"{"kty":"oct","alg":"HS256","kid":"secret-kid","k":"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"}"#;
    let text = format!("{:?}", Jwk::parse(jwk).unwrap());
    assert_eq!(text, "Jwk { algorithm: Some(Hs256), kid_len: Some(10), .. }");
    let input = SigningInput::new(cloakroom_jwt::Algorithm::Es256, None, "JWT", &CLAIMS).unwrap();
    assert_eq!(format!("{input:?}"), "SigningInput { algorithm: Es256, .. }");
}

#[test]
fn errors_name_the_member_and_echo_nothing() {
    let error = Jwk::parse(br#"{"kty":"EC","crv":"P-256","x":"hunter2","y":"hunter2"}"#).unwrap_err();
    assert_eq!(
        (error.kind(), error.member(), error.index()),
        (InvalidKeyKind::Malformed, Some("x"), None)
    );
    assert_eq!(
        error.to_string(),
        "member `x`: of the wrong type, encoding or length"
    );
    let set = JwkSet::parse(br#"{"keys":[{"kty":"hunter2"}]}"#).unwrap();
    let error = set.iter().next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "key 0 of the set: member `kty`: not supported by this backend with the features of this build"
    );
    let error = HmacKey::hs256(b"hunter2").unwrap_err();
    assert_eq!(error.to_string(), "the HMAC secret is shorter than the hash");
    let error = HmacKey::hs256(common::RSA_SPKI.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the HMAC secret is the encoding of another key"
    );
}
