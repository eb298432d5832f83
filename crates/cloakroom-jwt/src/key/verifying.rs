use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use super::HmacKey;
#[cfg(feature = "aws-lc")]
use super::aws_lc;
#[cfg(feature = "es256")]
use super::ecdsa::{Es256VerifyingKey, Es384VerifyingKey};
#[cfg(feature = "eddsa")]
use super::eddsa::Ed25519VerifyingKey;
use super::parts::PublicParts;
use crate::Algorithm;

/// A key that verifies tokens of one algorithm. It was parsed once; a clone shares it.
///
/// The algorithm lives in the key, not in the token: a key is made from one of the types of this crate
/// ([`HmacKey`], `Ed25519VerifyingKey`, ..) or from a [`Jwk`](crate::Jwk).
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<Arc<str>>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Hmac(Arc<HmacKey>),
    #[cfg(feature = "eddsa")]
    Ed25519(Arc<Ed25519VerifyingKey>),
    #[cfg(feature = "es256")]
    Es256(Arc<Es256VerifyingKey>),
    #[cfg(feature = "es256")]
    Es384(Arc<Es384VerifyingKey>),
    #[cfg(feature = "aws-lc")]
    AwsLcEd25519(aws_lc::Ed25519VerifyingKey),
    #[cfg(feature = "aws-lc")]
    AwsLcEs256(aws_lc::Es256VerifyingKey),
    #[cfg(feature = "aws-lc")]
    AwsLcEs384(aws_lc::Es384VerifyingKey),
    #[cfg(feature = "aws-lc")]
    AwsLcRsa(aws_lc::RsaVerifyingKey),
}

impl VerifyingKey {
    /// The only algorithm that it verifies.
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
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcRsa(key) => key.algorithm(),
        }
    }

    /// The key id that a token's header must name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The same key under a key id of 1 to 256 bytes. Another length is an error where the key is put to use.
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into().into());
        self
    }

    /// Whether `signature` is this key's over `message`. One of the wrong length is not.
    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Hmac(key) => key.is_valid(message, signature),
            #[cfg(feature = "eddsa")]
            Kind::Ed25519(key) => key.is_valid(message, signature),
            #[cfg(feature = "es256")]
            Kind::Es256(key) => key.is_valid(message, signature),
            #[cfg(feature = "es256")]
            Kind::Es384(key) => key.is_valid(message, signature),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEd25519(key) => key.is_valid(message, signature),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs256(key) => key.is_valid(message, signature),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs384(key) => key.is_valid(message, signature),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcRsa(key) => key.is_valid(message, signature),
        }
    }

    /// The HMAC key that it is, which signs too.
    #[cfg(feature = "attacks")]
    #[cfg_attr(
        not(any(feature = "aws-lc", feature = "eddsa", feature = "es256")),
        expect(
            clippy::unnecessary_wraps,
            reason = "without these features there is no other key"
        )
    )]
    pub(crate) fn hmac(&self) -> Option<&HmacKey> {
        match &self.kind {
            Kind::Hmac(key) => Some(key),
            #[cfg(any(feature = "aws-lc", feature = "eddsa", feature = "es256"))]
            _ => None,
        }
    }

    /// What may be published of it: nothing of an HMAC key.
    pub(crate) fn public_parts(&self) -> Option<PublicParts> {
        match &self.kind {
            Kind::Hmac(_) => None,
            #[cfg(feature = "eddsa")]
            Kind::Ed25519(key) => Some(key.parts()),
            #[cfg(feature = "es256")]
            Kind::Es256(key) => Some(key.parts()),
            #[cfg(feature = "es256")]
            Kind::Es384(key) => Some(key.parts()),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEd25519(key) => Some(key.parts()),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs256(key) => Some(key.parts()),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcEs384(key) => Some(key.parts()),
            #[cfg(feature = "aws-lc")]
            Kind::AwsLcRsa(key) => Some(key.parts()),
        }
    }
}

impl From<HmacKey> for VerifyingKey {
    fn from(key: HmacKey) -> Self {
        Self::from(Arc::new(key))
    }
}

impl From<&HmacKey> for VerifyingKey {
    fn from(key: &HmacKey) -> Self {
        key.clone().into()
    }
}

impl From<Arc<HmacKey>> for VerifyingKey {
    fn from(key: Arc<HmacKey>) -> Self {
        Self {
            kid: None,
            kind: Kind::Hmac(key),
        }
    }
}

impl From<&VerifyingKey> for VerifyingKey {
    fn from(key: &VerifyingKey) -> Self {
        key.clone()
    }
}

macro_rules! from {
    ($($feature:literal $key:ty => $kind:expr;)+) => {$(
        #[cfg(feature = $feature)]
        impl From<$key> for VerifyingKey {
            fn from(key: $key) -> Self {
                Self { kid: None, kind: $kind(key) }
            }
        }

        #[cfg(feature = $feature)]
        impl From<&$key> for VerifyingKey {
            fn from(key: &$key) -> Self {
                key.clone().into()
            }
        }
    )+};
}

from! {
    "eddsa" Ed25519VerifyingKey => |key| Kind::Ed25519(Arc::new(key));
    "es256" Es256VerifyingKey => |key| Kind::Es256(Arc::new(key));
    "es256" Es384VerifyingKey => |key| Kind::Es384(Arc::new(key));
    "aws-lc" aws_lc::Ed25519VerifyingKey => Kind::AwsLcEd25519;
    "aws-lc" aws_lc::Es256VerifyingKey => Kind::AwsLcEs256;
    "aws-lc" aws_lc::Es384VerifyingKey => Kind::AwsLcEs384;
    "aws-lc" aws_lc::RsaVerifyingKey => Kind::AwsLcRsa;
}

/// Shows the algorithm and how long the key id is.
impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm())
            .field("kid_len", &self.kid().map(str::len))
            .finish_non_exhaustive()
    }
}
