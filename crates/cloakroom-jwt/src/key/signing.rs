use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

#[cfg(feature = "aws-lc")]
use super::aws_lc;
#[cfg(feature = "es256")]
use super::ecdsa::{Es256SigningKey, Es384SigningKey};
#[cfg(feature = "eddsa")]
use super::eddsa::Ed25519SigningKey;
use super::{HmacKey, Signature, VerifyingKey};
use crate::Algorithm;

/// A key that signs with one algorithm. A clone shares it.
#[derive(Clone)]
pub struct SigningKey {
    kid: Option<Arc<str>>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Hmac(Arc<HmacKey>),
    #[cfg(feature = "eddsa")]
    Ed25519(Arc<Ed25519SigningKey>),
    #[cfg(feature = "es256")]
    Es256(Arc<Es256SigningKey>),
    #[cfg(feature = "es256")]
    Es384(Arc<Es384SigningKey>),
    #[cfg(feature = "aws-lc")]
    AwsLcEd25519(aws_lc::Ed25519SigningKey),
    #[cfg(feature = "aws-lc")]
    AwsLcEs256(aws_lc::Es256SigningKey),
    #[cfg(feature = "aws-lc")]
    AwsLcEs384(aws_lc::Es384SigningKey),
}

impl SigningKey {
    /// The only algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match &self.kind {
            Kind::Hmac(key) => key.algorithm(),
            #[cfg(feature = "eddsa")]
            Kind::Ed25519(_) => Algorithm::EdDsa,
            #[cfg(feature = "es256")]
            Kind::Es256(_) => Algorithm::Es256,
            #[cfg(feature = "es256")]
            Kind::Es384(_) => Algorithm::Es384,
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEd25519(_) => Algorithm::EdDsa,
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs256(_) => Algorithm::Es256,
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs384(_) => Algorithm::Es384,
        }
    }

    /// The key id that it writes into headers.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The same key under a key id of 1 to 256 bytes. Another length is an error where the key is put to use.
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into().into());
        self
    }

    /// The key that verifies what this one signs, under the same key id.
    pub fn verifying_key(&self) -> VerifyingKey {
        let key = match &self.kind {
            Kind::Hmac(key) => VerifyingKey::from(Arc::clone(key)),
            #[cfg(feature = "eddsa")]
            Kind::Ed25519(key) => key.verifying_key().into(),
            #[cfg(feature = "es256")]
            Kind::Es256(key) => key.verifying_key().into(),
            #[cfg(feature = "es256")]
            Kind::Es384(key) => key.verifying_key().into(),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEd25519(key) => key.verifying_key().into(),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs256(key) => key.verifying_key().into(),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs384(key) => key.verifying_key().into(),
        };
        match self.kid() {
            Some(kid) => key.with_kid(kid),
            None => key,
        }
    }

    /// The name that it writes as `alg`.
    pub(crate) fn algorithm_name(&self) -> &'static str {
        match &self.kind {
            #[cfg(feature = "eddsa")]
            Kind::Ed25519(key) if key.uses_ed25519_name() => "Ed25519",
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEd25519(key) if key.uses_ed25519_name() => "Ed25519",
            _ => self.algorithm().name(),
        }
    }

    /// The signature over `message`. `None` when the backend fails: for want of memory or randomness.
    #[cfg_attr(
        not(any(feature = "aws-lc", feature = "es256")),
        expect(
            clippy::unnecessary_wraps,
            reason = "HMAC and Ed25519 on RustCrypto do not fail"
        )
    )]
    #[inline]
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
        match &self.kind {
            Kind::Hmac(key) => Some(key.sign(message)),
            #[cfg(feature = "eddsa")]
            Kind::Ed25519(key) => Some(key.sign(message)),
            #[cfg(feature = "es256")]
            Kind::Es256(key) => key.sign(message),
            #[cfg(feature = "es256")]
            Kind::Es384(key) => key.sign(message),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEd25519(key) => key.sign(message),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs256(key) => key.sign(message),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs384(key) => key.sign(message),
        }
    }
}

impl From<HmacKey> for SigningKey {
    fn from(key: HmacKey) -> Self {
        Self {
            kid: None,
            kind: Kind::Hmac(Arc::new(key)),
        }
    }
}

impl From<&HmacKey> for SigningKey {
    fn from(key: &HmacKey) -> Self {
        key.clone().into()
    }
}

impl From<&SigningKey> for SigningKey {
    fn from(key: &SigningKey) -> Self {
        key.clone()
    }
}

macro_rules! from {
    ($($feature:literal $key:ty => $kind:expr;)+) => {$(
        #[cfg(feature = $feature)]
        impl From<$key> for SigningKey {
            fn from(key: $key) -> Self {
                Self { kid: None, kind: $kind(key) }
            }
        }

        #[cfg(feature = $feature)]
        impl From<&$key> for SigningKey {
            fn from(key: &$key) -> Self {
                key.clone().into()
            }
        }
    )+};
}

from! {
    "eddsa" Ed25519SigningKey => |key| Kind::Ed25519(Arc::new(key));
    "es256" Es256SigningKey => |key| Kind::Es256(Arc::new(key));
    "es256" Es384SigningKey => |key| Kind::Es384(Arc::new(key));
    "aws-lc" aws_lc::Ed25519SigningKey => Kind::AwsLcEd25519;
    "aws-lc" aws_lc::Es256SigningKey => Kind::AwsLcEs256;
    "aws-lc" aws_lc::Es384SigningKey => Kind::AwsLcEs384;
}

/// Shows the algorithm and how long the key id is.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid_len", &self.kid().map(str::len))
            .finish_non_exhaustive()
    }
}
