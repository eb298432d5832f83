//! JWKs and JWK sets.

use cloakroom_jwt::{
    Algorithm, Backend, Fetched, InvalidKey, InvalidKeyKind, Jwk, JwkSet, Policy, Typ, Verifier,
    VerifyingKey, jwk_set_json, jws,
};
use serde_json::Value;

use crate::strict_json::{Read, read};

const BACKENDS: [Backend; 2] = [Backend::RustCrypto, Backend::AwsLc];

/// What a policy may name for RSA keys that name nothing, and what no policy can.
const RSA: [Option<Algorithm>; 4] = [
    None,
    Some(Algorithm::Rs256),
    Some(Algorithm::Ps512),
    Some(Algorithm::Hs256),
];

/// What a public JWK may consist of.
const PUBLIC: [&str; 9] = ["kty", "crv", "x", "y", "n", "e", "use", "alg", "kid"];

/// A run of this many letters, digits, `-` and `_` is taken for key material; no word of an error is as long.
const TELLING: usize = 24;

/// How deep `serde_json` reads.
const DEEPEST: u32 = 127;

/// Laws, for any text as a JWK, and as a set:
///
/// 1. What is read is a JSON object without equal names at any depth, and what its key is published as reads as the same
///    public key: same algorithm, key id and thumbprint, and the same text when it is published again.
/// 2. Nothing but public members is published, and nothing at all of a symmetric key.
/// 3. Both backends make the same key of it, or neither a key; RSA is for one of them alone, and so is an Ed25519 key that is
///    no point of the curve, with which nothing verifies.
/// 4. What the private half signs, the public half verifies, and its thumbprint is the JWK's.
/// 5. A fetched set gives or reports each of its JWKs, never gives a symmetric or private one, nor two of one name:
///    a verifier can be made of what it gives.
/// 6. No error, and no `Debug`, repeats key material.
///
/// # Panics
///
/// When a law is broken.
pub fn jwk(data: &[u8]) {
    one(data);
    set(data);
}

fn one(data: &[u8]) {
    let jwk = match Jwk::parse(data) {
        Ok(jwk) => jwk,
        Err(error) => return tells_nothing(data, &error),
    };
    assert!(
        !matches!(read(data, DEEPEST), Read::Refused),
        "what was read is no strict object"
    );
    silent(data, &format!("{jwk:?} {jwk:#?}"));
    let members: Value = serde_json::from_slice(data).expect("it was read before");
    assert_eq!(jwk.kid(), members["kid"].as_str());
    let private: &[&str] = match members["kty"].as_str() {
        Some("RSA") => &["d", "p", "q", "dp", "dq", "qi", "oth"],
        Some("oct") => &["k"],
        _ => &["d"],
    };
    let is_private = private.iter().any(|name| members.get(name).is_some());
    assert_eq!(jwk.is_private(), is_private);

    for rsa in RSA {
        let [rust, aws] = BACKENDS.map(|backend| jwk.verifying_key(backend, rsa));
        if members["kty"] == "RSA" {
            assert!(rust.is_err(), "RSA on RustCrypto");
        } else {
            let text = |key: &Result<VerifyingKey, InvalidKey>| key.as_ref().ok().map(VerifyingKey::to_jwk);
            // AWS-LC looks whether an Ed25519 key is a point of the curve when a signature is verified: then none is.
            let is_late = members["kty"] == "OKP" && rust.is_err();
            assert!(
                is_late || text(&rust) == text(&aws),
                "the backends make two keys of one JWK"
            );
        }
        for key in [rust, aws] {
            match key {
                Ok(key) => published(&jwk, &key, rsa, data),
                Err(error) => tells_nothing(data, &error),
            }
        }
    }
    for backend in BACKENDS {
        match jwk.signing_key(backend) {
            Ok(key) => {
                assert!(jwk.is_private(), "a public key signs");
                let token = jws::sign_bytes(b"any", &key).expect("the key id has a length that is carried");
                let half = key.verifying_key();
                assert_eq!(jws::verify_bytes(&token, [&half]).as_deref(), Ok(&b"any"[..]));
                assert!(
                    half.thumbprint_text()
                        .is_none_or(|text| text == jwk.thumbprint_text())
                );
                silent(data, &format!("{key:?} {half:?}"));
                // `key_ops` may forbid it to verify.
                if let Ok(whole) = jwk.verifying_key(backend, None) {
                    assert_eq!(jws::verify_bytes(&token, [&whole]).as_deref(), Ok(&b"any"[..]));
                }
            }
            Err(error) => tells_nothing(data, &error),
        }
    }
    in_a_set(&jwk, data);
}

fn published(jwk: &Jwk, key: &VerifyingKey, rsa: Option<Algorithm>, data: &[u8]) {
    assert_eq!(Some(key.algorithm()), jwk.algorithm().or(rsa));
    assert_eq!(key.kid(), jwk.kid());
    silent(data, &format!("{key:?} {key:#?}"));
    let Some(text) = key.to_jwk() else {
        assert!(key.algorithm().name().starts_with("HS"));
        assert_eq!(
            jwk_set_json([key]).map_err(|error| error.kind()),
            Err(InvalidKeyKind::Private)
        );
        return;
    };
    let Value::Object(members) = serde_json::from_str(&text).expect("what is published is JSON") else {
        panic!("what is published is no object");
    };
    assert!(
        members.keys().all(|name| PUBLIC.contains(&name.as_str())),
        "{members:?}"
    );
    let again = Jwk::parse(text.as_bytes()).expect("what is published is a JWK");
    assert!(!again.is_private());
    assert_eq!(again.kid(), jwk.kid());
    assert_eq!(again.algorithm(), Some(key.algorithm()));
    assert_eq!(again.thumbprint(), jwk.thumbprint());
    assert_eq!(key.thumbprint_text(), Some(jwk.thumbprint_text()));
    // The one that has every kind of key.
    let same = again.verifying_key(Backend::AwsLc, None);
    let same = same.expect("what is published is a key");
    assert_eq!(same.to_jwk(), Some(text));
}

/// A set of this JWK alone, and of it twice.
fn in_a_set(jwk: &Jwk, data: &[u8]) {
    let set = [&br#"{"keys":["#[..], data, b",", data, b"]}"].concat();
    // Without a key id neither is taken, because a verifier would not know which one to ask.
    let alone = jwk
        .verifying_key(Backend::AwsLc, None)
        .ok()
        .filter(|_| !jwk.is_private() && jwk.kid().is_some());
    match JwkSet::fetched(&set, Backend::AwsLc, None) {
        Ok(Fetched { keys, skipped, .. }) => {
            assert_eq!(keys.len(), usize::from(alone.is_some()));
            assert_eq!(keys.len() + skipped.len(), 2);
            assert_eq!(
                keys.first().map(VerifyingKey::to_jwk),
                alone.map(|key| key.to_jwk())
            );
        }
        Err(error) => assert_eq!(error.kind(), InvalidKeyKind::TooLarge),
    }
}

fn set(data: &[u8]) {
    let set = match JwkSet::parse(data) {
        Ok(set) => set,
        Err(error) => return tells_nothing(data, &error),
    };
    silent(data, &format!("{set:?}"));
    let all = set.iter().count();
    for backend in BACKENDS {
        let Fetched { keys, skipped, .. } =
            JwkSet::fetched(data, backend, Some(Algorithm::Rs256)).expect("it was read before");
        assert_eq!(keys.len() + skipped.len(), all);
        assert!(all <= 100 && data.len() <= 256 * 1024);
        for (at, key) in keys.iter().enumerate() {
            assert!(key.to_jwk().is_some(), "a symmetric key was fetched");
            let is_same =
                |other: &VerifyingKey| (other.algorithm(), other.kid()) == (key.algorithm(), key.kid());
            assert!(!keys[..at].iter().any(is_same), "two keys of one name");
        }
        if !keys.is_empty() {
            let policy = Policy::new("i", "a", Typ::exact("at+jwt"));
            Verifier::one(policy, keys.clone()).expect("fetched keys go together");
        }
        for skipped in &skipped {
            silent(data, &format!("{skipped} {skipped:?}"));
        }
        let text = jwk_set_json(&keys).expect("they are public");
        let again = JwkSet::parse(text.as_bytes()).and_then(|set| set.keys(backend, None));
        let again = again.expect("what is published is a set of keys");
        assert_eq!(jwk_set_json(&again).as_ref(), Ok(&text));
        if let Err(error) = set.keys(backend, None) {
            tells_nothing(data, &error);
        }
    }
}

fn tells_nothing(data: &[u8], error: &InvalidKey) {
    let told = format!("{error} {error:?} {error:#?}");
    assert!(!error.to_string().contains('\n'), "a refused key has one line");
    silent(data, &told);
}

fn silent(data: &[u8], told: &str) {
    let material = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/');
    for run in data
        .split(|byte| !material(byte))
        .filter(|run| run.len() >= TELLING)
    {
        for part in run.windows(TELLING) {
            let part = std::str::from_utf8(part).expect("it is ASCII");
            assert!(!told.contains(part), "key material of the text is repeated");
        }
    }
}
