//! The `jsonwebtoken` and `jwt-simple` crates on the same keys and tokens, in process.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod jsonwebtoken_peer;
mod jwt_simple_peer;
mod keys;

use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{
    Algorithm, Backend, ErrorKind, Jwk, Policy, Scratch, SigningKey, Typ, Untyped, Verifier, VerifyingKey,
};
use serde_json::{Value, json};

const ISS: &str = "https://issuer.example";
const AUD: &str = "https://api.example";
const ALGORITHMS: [Algorithm; 12] = [
    Algorithm::Hs256,
    Algorithm::Hs384,
    Algorithm::Hs512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

/// What another crate does with a key of one algorithm.
trait Peer {
    fn sign(&self, algorithm: Algorithm, claims: &Value) -> String;
    /// The claims of a token for [`ISS`] and [`AUD`]; `None` when it is refused.
    fn verify(&self, algorithm: Algorithm, token: &str) -> Option<Value>;
}

/// The claims that everybody reads, as of the clock: some of these crates have no other time.
fn claims(now: UnixTime) -> [Value; 3] {
    let now = now.as_secs();
    [
        json!({"iss": ISS, "aud": AUD, "exp": now + 3600}),
        json!({"iss": ISS, "sub": "u1", "aud": [AUD, "other"], "exp": now + 3600, "iat": now - 10, "nbf": now - 10, "jti": "7"}),
        json!({"iss": ISS, "aud": [AUD], "exp": now + 3600, "name": "Zo\u{eb} \"\u{1f600}\"\u{0}", "deep": {"a": [1, null, {}]}}),
    ]
}

fn ours(algorithm: Algorithm, backend: Backend) -> (Verifier, Option<SigningKey>) {
    let jwk = Jwk::parse(keys::jwk(algorithm).to_string().as_bytes()).unwrap();
    let policy = Policy::new(ISS, AUD, Typ::untyped(Untyped::OwnKeys));
    let key: VerifyingKey = jwk.verifying_key(backend, None).unwrap();
    (
        Verifier::one(policy, [key]).unwrap(),
        jwk.signing_key(backend).ok(),
    )
}

fn backends(algorithm: Algorithm) -> &'static [Backend] {
    if keys::is_rsa(algorithm) {
        &[Backend::AwsLc]
    } else {
        &[Backend::RustCrypto, Backend::AwsLc]
    }
}

/// Both directions, with each backend; then every bit of a token of theirs flipped, which nobody may take.
fn cross_verify(peer: &dyn Peer) {
    let (now, mut scratch) = (UnixTime::now(), Scratch::new());
    let mut compared = 0;
    for algorithm in ALGORITHMS {
        for &backend in backends(algorithm) {
            let (verifier, signing_key) = ours(algorithm, backend);
            assert_eq!(signing_key.is_none(), keys::is_rsa(algorithm), "{algorithm}");
            for claims in claims(now) {
                let token = peer.sign(algorithm, &claims);
                let read = verifier.verify(&token, now, &mut scratch).unwrap();
                assert_eq!(
                    alike(read.claims().unwrap()),
                    alike(claims.clone()),
                    "{algorithm}"
                );
                compared += 1;
                let Some(key) = &signing_key else { continue };
                let signer = cloakroom_jwt::Signer::new(key.clone(), "JWT").unwrap();
                let token = signer.sign(&claims).unwrap();
                let read = peer.verify(algorithm, &token);
                assert_eq!(read.map(alike), Some(alike(claims)), "{algorithm}");
                compared += 1;
            }
            let token = peer.sign(algorithm, &claims(now)[0]);
            compared += flips(peer, algorithm, &verifier, &token, now);
        }
    }
    assert!(compared > 4000, "{compared}");
}

/// `aud` is a set for these crates: a string and a list of one are the same, and the order is any.
fn alike(mut claims: Value) -> Value {
    if let Some(text) = claims["aud"].as_str() {
        claims["aud"] = json!([text]);
    }
    if let Some(list) = claims["aud"].as_array_mut() {
        list.sort_by_key(ToString::to_string);
    }
    claims
}

fn flips(peer: &dyn Peer, algorithm: Algorithm, verifier: &Verifier, token: &str, now: UnixTime) -> usize {
    let mut scratch = Scratch::new();
    let mut compared = 0;
    for index in 0..token.len() {
        // Seven bits: a token is ASCII, and stays text.
        for bit in 0..7 {
            // Bits of the slow algorithms are sampled.
            if keys::is_slow(algorithm) && (7 * index + bit) % 23 != 0 {
                continue;
            }
            let mut bytes = token.as_bytes().to_vec();
            bytes[index] ^= 1 << bit;
            let mutant = String::from_utf8(bytes).unwrap();
            let error = verifier.verify(&mutant, now, &mut scratch).unwrap_err().kind();
            assert!(
                matches!(
                    error,
                    ErrorKind::Malformed
                        | ErrorKind::Header
                        | ErrorKind::Algorithm
                        | ErrorKind::UnknownKey
                        | ErrorKind::Type
                        | ErrorKind::Signature
                ),
                "{algorithm} {error:?} {mutant}"
            );
            // A spelling of the same octets is all that others may take.
            if peer.verify(algorithm, &mutant).is_some() {
                assert_eq!(error, ErrorKind::Malformed, "{algorithm} {mutant}");
            }
            compared += 1;
        }
    }
    compared
}

#[test]
fn jsonwebtoken_11_signs_and_verifies_with_us() {
    cross_verify(&jsonwebtoken_peer::JsonWebToken);
}

#[test]
fn jwt_simple_0_14_signs_and_verifies_with_us() {
    cross_verify(&jwt_simple_peer::JwtSimple);
}
