//! The examples of the RFCs, each under the number of its section.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod rfc7515;
mod rfc7520;
mod rfc7638;
mod rfc8037;

use cloakroom_jwt::{Algorithm, Backend, Error, Jwk, VerifyingKey, jws};

/// The key of a JWK on every backend that has it.
#[track_caller]
fn keys(jwk: &str, rsa: Option<Algorithm>) -> Vec<VerifyingKey> {
    let jwk = Jwk::parse(jwk.as_bytes()).unwrap();
    let keys: Vec<_> = [Backend::RustCrypto, Backend::AwsLc]
        .into_iter()
        .filter_map(|backend| jwk.verifying_key(backend, rsa).ok())
        .collect();
    assert!(!keys.is_empty());
    keys
}

fn verify(token: &str, key: &VerifyingKey) -> Result<Vec<u8>, Error> {
    jws::verify_bytes(token, [key])
}
