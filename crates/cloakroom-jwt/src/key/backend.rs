#[cfg(feature = "aws-lc")]
use super::aws_lc;
#[cfg(any(feature = "aws-lc", feature = "es256"))]
use super::parts::Curve;
#[cfg(any(feature = "aws-lc", feature = "eddsa", feature = "es256"))]
use super::parts::PrivateKind;
use super::parts::{PrivateParts, PublicParts};
use super::{InvalidKey, InvalidKeyKind, SigningKey, VerifyingKey};
use crate::Algorithm;

/// Which library's types a JWK becomes. A choice for each value: nothing about it is global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Backend {
    /// The pure Rust implementations. Elliptic curves need the features `eddsa` and `es256`; RSA is not there.
    RustCrypto,
    /// AWS-LC. HMAC keys are RustCrypto's all the same: HS256 over 300 bytes takes 285 ns with their two hash states at hand,
    /// and 398 ns with a key of AWS-LC's (x86-64 with SHA instructions).
    #[cfg(feature = "aws-lc")]
    AwsLc,
}

impl Backend {
    /// The key of these parts. The algorithm is one that they can have.
    pub(crate) fn verifying_key(
        self,
        algorithm: Algorithm,
        parts: &PublicParts,
    ) -> Result<VerifyingKey, InvalidKey> {
        match self {
            Self::RustCrypto => rust_crypto_verifying(algorithm, parts),
            #[cfg(feature = "aws-lc")]
            Self::AwsLc => aws_lc_verifying(algorithm, parts),
        }
    }

    pub(crate) fn signing_key(self, parts: &PrivateParts) -> Result<SigningKey, InvalidKey> {
        match self {
            Self::RustCrypto => rust_crypto_signing(parts),
            #[cfg(feature = "aws-lc")]
            Self::AwsLc => aws_lc_signing(parts),
        }
    }
}

fn rust_crypto_verifying(algorithm: Algorithm, parts: &PublicParts) -> Result<VerifyingKey, InvalidKey> {
    match parts {
        _ if algorithm.is_rsa() => Err(InvalidKeyKind::Unsupported.into()),
        #[cfg(feature = "eddsa")]
        PublicParts::Ed25519(bytes) => {
            let bytes = bytes.as_slice().try_into().map_err(|_| InvalidKeyKind::Value)?;
            super::Ed25519VerifyingKey::from_bytes(bytes).map(VerifyingKey::from)
        }
        #[cfg(feature = "es256")]
        PublicParts::Ec(Curve::P256, point) => {
            super::Es256VerifyingKey::from_sec1(point).map(VerifyingKey::from)
        }
        #[cfg(feature = "es256")]
        PublicParts::Ec(Curve::P384, point) => {
            super::Es384VerifyingKey::from_sec1(point).map(VerifyingKey::from)
        }
        _ => Err(InvalidKeyKind::Unsupported.into()),
    }
}

fn rust_crypto_signing(parts: &PrivateParts) -> Result<SigningKey, InvalidKey> {
    match parts.kind {
        #[cfg(feature = "eddsa")]
        PrivateKind::Ed25519 => super::Ed25519SigningKey::from_parts(parts).map(SigningKey::from),
        #[cfg(feature = "es256")]
        PrivateKind::Ec(Curve::P256) => super::Es256SigningKey::from_parts(parts).map(SigningKey::from),
        #[cfg(feature = "es256")]
        PrivateKind::Ec(Curve::P384) => super::Es384SigningKey::from_parts(parts).map(SigningKey::from),
        #[cfg(not(all(feature = "eddsa", feature = "es256")))]
        _ => Err(InvalidKeyKind::Unsupported.into()),
    }
}

#[cfg(feature = "aws-lc")]
fn aws_lc_verifying(algorithm: Algorithm, parts: &PublicParts) -> Result<VerifyingKey, InvalidKey> {
    match parts {
        PublicParts::Ed25519(bytes) => {
            let bytes = bytes.as_slice().try_into().map_err(|_| InvalidKeyKind::Value)?;
            aws_lc::Ed25519VerifyingKey::from_bytes(bytes).map(VerifyingKey::from)
        }
        PublicParts::Ec(Curve::P256, point) => {
            aws_lc::Es256VerifyingKey::from_sec1(point).map(VerifyingKey::from)
        }
        PublicParts::Ec(Curve::P384, point) => {
            aws_lc::Es384VerifyingKey::from_sec1(point).map(VerifyingKey::from)
        }
        PublicParts::Rsa { n, e } => {
            aws_lc::RsaVerifyingKey::from_components(algorithm, n, e).map(VerifyingKey::from)
        }
    }
}

#[cfg(feature = "aws-lc")]
fn aws_lc_signing(parts: &PrivateParts) -> Result<SigningKey, InvalidKey> {
    match parts.kind {
        PrivateKind::Ed25519 => aws_lc::Ed25519SigningKey::from_parts(parts).map(SigningKey::from),
        PrivateKind::Ec(Curve::P256) => aws_lc::Es256SigningKey::from_parts(parts).map(SigningKey::from),
        PrivateKind::Ec(Curve::P384) => aws_lc::Es384SigningKey::from_parts(parts).map(SigningKey::from),
    }
}
