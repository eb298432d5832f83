use std::collections::HashSet;

use cloakroom_jwt::{ErrorKind, HmacKey, Scratch, Verifier, VerifyingKey};

use crate::common::{HEADER, SECRET, at, claims, good, policy, sign, verifier};

const KINDS: [(ErrorKind, &str); 15] = [
    (ErrorKind::TooLarge, "too_large"),
    (ErrorKind::Malformed, "malformed"),
    (ErrorKind::Header, "header"),
    (ErrorKind::Algorithm, "algorithm"),
    (ErrorKind::UnknownKey, "unknown_key"),
    (ErrorKind::Signature, "signature"),
    (ErrorKind::Claims, "claims"),
    (ErrorKind::Type, "type"),
    (ErrorKind::Issuer, "issuer"),
    (ErrorKind::Subject, "subject"),
    (ErrorKind::Audience, "audience"),
    (ErrorKind::MissingClaim, "missing_claim"),
    (ErrorKind::Expired, "expired"),
    (ErrorKind::NotYetValid, "not_yet_valid"),
    (ErrorKind::TooOld, "too_old"),
];

#[test]
fn e19_no_octet_of_a_token_is_in_an_error() {
    // An error is its kind, and a kind holds nothing: the text of each is fixed.
    assert_eq!(size_of::<cloakroom_jwt::Error>(), 1);
    let verifier = verifier(policy());
    for token in [
        "qqqq",
        &sign(r#"{"alg":"qqqq"}"#, claims("")),
        &sign(HEADER, "qqqq"),
        &sign(HEADER, claims(r#""iat":"qqqq""#)),
        &sign(r#"{"alg":"HS256","kid":"qqqq"}"#, claims("")),
        &good().replace('.', ".qqqq"),
    ] {
        let error = verifier.verify(token, at(0), &mut Scratch::new()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("qqqq"), "{error}");
    }
}

#[test]
fn e19_each_kind_has_a_name_and_a_text() {
    let mut texts = HashSet::new();
    for (kind, name) in KINDS {
        assert_eq!(kind.name(), name);
        let error = cloakroom_jwt::Error::from(kind);
        assert_eq!(error.kind(), kind);
        assert_eq!(error.to_string(), kind.text());
        assert!(texts.insert(kind.text()), "{name}");
    }
}

#[test]
fn e19_each_kind_is_invalid_token_for_www_authenticate() {
    for (kind, _) in KINDS {
        assert_eq!(kind.bearer_error(), "invalid_token");
        // RFC 6750 section 3: what may stand in error_description.
        let may_stand = |c: u8| matches!(c, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(kind.text().bytes().all(may_stand), "{kind:?}");
    }
}

#[test]
fn e19_debug_shows_no_claims_and_no_secrets() {
    let verifier = verifier(policy());
    let mut scratch = Scratch::new();
    let token = sign(HEADER, claims(r#""name":"qqqq""#));
    let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
    let shown = format!("{verified:?}");
    assert!(!shown.contains("qqqq") && !shown.contains("anna"), "{shown}");
    let owned = verifier.verify_owned::<serde_json::Value>(&token, at(0)).unwrap();
    let shown = format!("{owned:?}");
    assert!(!shown.contains("qqqq") && !shown.contains("anna"), "{shown}");
    // Nor the key id, which an issuer chose: its length is enough to tell keys apart by.
    let key = VerifyingKey::from(HmacKey::hs256(SECRET).unwrap()).with_kid("qqqq");
    let verifier_of_named = Verifier::one(policy(), [&key]).unwrap();
    let named = sign(r#"{"alg":"HS256","typ":"at+jwt","kid":"qqqq"}"#, claims(""));
    let verified = verifier_of_named.verify(&named, at(0), &mut scratch).unwrap();
    let owned = (verifier_of_named.verify_owned::<serde_json::Value>(&named, at(0))).unwrap();
    let route = verifier_of_named.unverified_route(&named).unwrap();
    assert_eq!(
        format!("{verified:?}"),
        "Verified { policy: 0, kid_len: Some(4), .. }"
    );
    assert_eq!(
        format!("{owned:?}"),
        "VerifiedOwned { policy: 0, kid_len: Some(4), .. }"
    );
    assert_eq!(format!("{route:?}"), "Route { policy: 0, kid_len: Some(4) }");
    let shown = format!("{key:?} {verifier_of_named:?}");
    assert!(!shown.contains("qqqq"), "{shown}");
    let shown = format!("{scratch:?}");
    assert!(!shown.contains("qqqq"), "{shown}");
    let shown = format!("{verifier:?}");
    assert!(
        !shown.contains("secret of thirty") && shown.contains("HS256") | shown.contains("Hs256"),
        "{shown}"
    );
}
