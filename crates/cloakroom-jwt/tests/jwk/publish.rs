use cloakroom_jwt::{Algorithm, Backend, HmacKey, InvalidKeyKind, Jwk, JwkSet, VerifyingKey, jwk_set_json};

use super::common::{ED25519, ED25519_PRIVATE, P256, P256_PRIVATE, RSA, with};

fn key(json: &str, backend: Backend) -> VerifyingKey {
    Jwk::parse(json.as_bytes())
        .unwrap()
        .verifying_key(backend, Some(Algorithm::Rs256))
        .unwrap()
}

#[test]
fn published_keys_are_public_and_complete() {
    for backend in [Backend::RustCrypto, Backend::AwsLc] {
        for (private, public, alg) in [(P256_PRIVATE, P256, "ES256"), (ED25519_PRIVATE, ED25519, "EdDSA")] {
            let expected = with(public, &format!(r#""use":"sig","alg":"{alg}""#));
            assert_eq!(key(public, backend).to_jwk().unwrap(), expected);
            let signing = Jwk::parse(private.as_bytes())
                .unwrap()
                .signing_key(backend)
                .unwrap()
                .with_kid("a\"b");
            let published = signing.verifying_key().to_jwk().unwrap();
            assert_eq!(published, with(&expected, r#""kid":"a\"b""#));
            assert!(!published.contains("\"d\""));
        }
    }
    let rsa = key(RSA, Backend::AwsLc);
    assert_eq!(rsa.to_jwk().unwrap(), with(RSA, r#""use":"sig","alg":"RS256""#));
}

#[test]
fn published_set_is_read_back() {
    let keys = [
        key(P256, Backend::RustCrypto).with_kid("1"),
        key(ED25519, Backend::RustCrypto).with_kid("2"),
        key(RSA, Backend::AwsLc).with_kid("3"),
    ];
    let json = jwk_set_json(&keys).unwrap();
    let fetched = JwkSet::fetched(json.as_bytes(), Backend::AwsLc, None).unwrap();
    assert_eq!(fetched.skipped, []);
    let names = |keys: &[VerifyingKey]| -> Vec<_> {
        keys.iter()
            .map(|key| (key.algorithm(), key.kid().map(str::to_owned), key.to_jwk()))
            .collect()
    };
    assert_eq!(names(&fetched.keys), names(&keys));
    assert_eq!(jwk_set_json([]).unwrap(), r#"{"keys":[]}"#);
}

#[test]
fn hmac_keys_are_not_published() {
    let secret: VerifyingKey = HmacKey::hs256(&[0x61; 32]).unwrap().into();
    assert_eq!(secret.to_jwk(), None);
    assert_eq!(secret.thumbprint_text(), None);
    let error = jwk_set_json([&key(P256, Backend::RustCrypto), &secret]).unwrap_err();
    assert_eq!((error.kind(), error.index()), (InvalidKeyKind::Private, Some(1)));
}

#[test]
fn nothing_is_published_that_a_reader_passes_over() {
    let key = |kid: Option<&str>| {
        let key = key(P256, Backend::RustCrypto);
        kid.map(|kid| key.clone().with_kid(kid)).unwrap_or(key)
    };
    let other = self::key(ED25519, Backend::RustCrypto);
    let refused = |keys: &[VerifyingKey]| {
        let error = jwk_set_json(keys).unwrap_err();
        (error.kind(), error.member(), error.index())
    };
    for kid in [String::new(), "x".repeat(257)] {
        let keys = [other.clone(), key(Some(&kid))];
        assert_eq!(refused(&keys), (InvalidKeyKind::Kid, Some("kid"), Some(1)));
    }
    let twice = [key(Some("a")), other.clone(), key(Some("a"))];
    assert_eq!(refused(&twice), (InvalidKeyKind::Duplicate, Some("kid"), Some(2)));
    for (keys, index) in [
        ([key(None), key(None)], 0),
        ([key(None), key(Some("a"))], 0),
        ([key(Some("a")), key(None)], 1),
    ] {
        assert_eq!(
            refused(&keys),
            (InvalidKeyKind::Missing, Some("kid"), Some(index))
        );
    }
    // Each has what tells it from the others: an algorithm of its own, or a kid.
    let keys = [
        key(Some("a")),
        key(Some(&"x".repeat(256))),
        other.clone(),
        key(Some("b")),
    ];
    jwk_set_json(&keys).unwrap();
    jwk_set_json(&[key(None), other]).unwrap();
}
