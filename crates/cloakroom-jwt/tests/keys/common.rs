use aws_lc_rs::signature;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cloakroom_jwt::{
    Algorithm, Ed25519SigningKey, Error, ErrorKind, Es256SigningKey, Es384SigningKey, HmacKey, SigningInput,
    SigningKey, VerifyingKey, aws_lc, jws,
};
use serde::Serialize;

pub(crate) const ED25519_PKCS8: &str = include_str!("pem/ed25519.pkcs8.pem");
pub(crate) const ED25519_SPKI: &str = include_str!("pem/ed25519.spki.pem");
pub(crate) const P256_PKCS8: &str = include_str!("pem/p256.pkcs8.pem");
pub(crate) const P256_SPKI: &str = include_str!("pem/p256.spki.pem");
pub(crate) const P384_PKCS8: &str = include_str!("pem/p384.pkcs8.pem");
pub(crate) const P384_SPKI: &str = include_str!("pem/p384.spki.pem");
pub(crate) const RSA_PKCS8: &str = include_str!("pem/rsa2048.pkcs8.pem");
pub(crate) const RSA_SPKI: &str = include_str!("pem/rsa2048.spki.pem");

#[derive(Serialize)]
pub(crate) struct Claims {
    pub(crate) sub: &'static str,
}

pub(crate) const CLAIMS: Claims = Claims { sub: "alice" };

/// The bytes of a PEM block.
pub(crate) fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

/// A token with this header and signature; the payload is `{}`.
pub(crate) fn token(header: &str, signature: &[u8]) -> String {
    let (header, signature) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(signature));
    format!("{header}.e30.{signature}")
}

/// What is signed in [`token`].
pub(crate) fn input(header: &str) -> String {
    format!("{}.e30", URL_SAFE_NO_PAD.encode(header))
}

/// The raw signature of a token.
pub(crate) fn signature_of(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.rsplit('.').next().unwrap()).unwrap()
}

pub(crate) fn header_of(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()
}

pub(crate) fn verify(token: &str, key: &VerifyingKey) -> Result<Vec<u8>, ErrorKind> {
    jws::verify_bytes(token, [key]).map_err(Error::kind)
}

/// One signing key of each algorithm and backend, with the name of its backend. Keys of one algorithm are the same key.
pub(crate) fn signing_keys() -> Vec<(&'static str, SigningKey)> {
    vec![
        ("hmac", HmacKey::hs256(&[1; 32]).unwrap().into()),
        ("hmac", HmacKey::hs384(&[1; 48]).unwrap().into()),
        ("hmac", HmacKey::hs512(&[1; 64]).unwrap().into()),
        (
            "rust",
            Ed25519SigningKey::from_pkcs8_pem(ED25519_PKCS8).unwrap().into(),
        ),
        (
            "rust",
            Es256SigningKey::from_pkcs8_pem(P256_PKCS8).unwrap().into(),
        ),
        (
            "rust",
            Es384SigningKey::from_pkcs8_pem(P384_PKCS8).unwrap().into(),
        ),
        (
            "aws-lc",
            aws_lc::Ed25519SigningKey::from_pkcs8_pem(ED25519_PKCS8)
                .unwrap()
                .into(),
        ),
        (
            "aws-lc",
            aws_lc::Es256SigningKey::from_pkcs8_pem(P256_PKCS8)
                .unwrap()
                .into(),
        ),
        (
            "aws-lc",
            aws_lc::Es384SigningKey::from_pkcs8_pem(P384_PKCS8)
                .unwrap()
                .into(),
        ),
    ]
}

pub(crate) const RSA: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

/// A token that the RSA key has signed, as a service elsewhere would.
pub(crate) fn rsa_token(algorithm: Algorithm) -> String {
    let input = SigningInput::new(algorithm, None, "JWT", &CLAIMS).unwrap();
    let signature = rsa_signature(algorithm, input.as_bytes());
    input.attach(&signature).unwrap()
}

pub(crate) fn rsa_signature(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let encoding = match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
        other => panic!("{other} is not of RSA"),
    };
    let key = signature::RsaKeyPair::from_pkcs8(&der(RSA_PKCS8)).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        encoding,
        &aws_lc_rs::rand::SystemRandom::new(),
        message,
        &mut signature,
    )
    .unwrap();
    signature
}
