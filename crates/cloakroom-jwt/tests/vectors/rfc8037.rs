use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::{Backend, Jwk, VerifyingKey, jws};

use super::{keys, verify};

/// Appendix A.1.
const PRIVATE: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// Appendix A.2.
const PUBLIC: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// The key of appendix A.2 on both backends.
pub(crate) fn verifying() -> Vec<VerifyingKey> {
    let keys = keys(PUBLIC, None);
    assert_eq!(keys.len(), 2);
    keys
}

/// A message under any header, signed with the key of appendix A.1.
pub(crate) fn sign(header: &str, payload: &[u8]) -> String {
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let seed = URL_SAFE_NO_PAD
        .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
        .unwrap();
    let signature = Ed25519KeyPair::from_seed_unchecked(&seed)
        .unwrap()
        .sign(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn e18_rfc8037_a_1_private_key_and_a_2_public_key() {
    for backend in [Backend::RustCrypto, Backend::AwsLc] {
        let private = Jwk::parse(PRIVATE.as_bytes())
            .unwrap()
            .signing_key(backend)
            .unwrap();
        let public = Jwk::parse(PUBLIC.as_bytes())
            .unwrap()
            .verifying_key(backend, None)
            .unwrap();
        assert_eq!(private.verifying_key().to_jwk(), public.to_jwk());
    }
}

#[test]
fn e18_rfc8037_a_3_thumbprint() {
    for jwk in [PRIVATE, PUBLIC] {
        let jwk = Jwk::parse(jwk.as_bytes()).unwrap();
        assert_eq!(
            jwk.thumbprint_text(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }
}

#[test]
fn e18_rfc8037_a_4_signing() {
    for backend in [Backend::RustCrypto, Backend::AwsLc] {
        let key = Jwk::parse(PRIVATE.as_bytes())
            .unwrap()
            .signing_key(backend)
            .unwrap();
        assert_eq!(
            jws::sign_bytes(b"Example of Ed25519 signing", &key).unwrap(),
            TOKEN
        );
    }
}

#[test]
fn e18_rfc8037_a_5_validation() {
    for key in verifying() {
        assert_eq!(verify(TOKEN, &key).unwrap(), b"Example of Ed25519 signing");
    }
}
