mod hmac;
mod invalid;

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

pub use hmac::HmacKey;
pub use invalid::InvalidKey;

use crate::Algorithm;

/// A key that verifies tokens of one algorithm. It was parsed once; a clone shares it.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<Arc<str>>,
    kind: VerifyingKind,
}

#[derive(Clone)]
enum VerifyingKind {
    Hmac(Arc<HmacKey>),
}

impl VerifyingKey {
    /// The only algorithm that it verifies.
    pub fn algorithm(&self) -> Algorithm {
        match &self.kind {
            VerifyingKind::Hmac(key) => key.algorithm(),
        }
    }

    /// The key id that a token's header must name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The same key under a key id.
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into().into());
        self
    }

    /// Whether `signature` is this key's over `message`. One of the wrong length is not.
    #[allow(dead_code)]
    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            VerifyingKind::Hmac(key) => key.is_valid(message, signature),
        }
    }
}

impl From<HmacKey> for VerifyingKey {
    fn from(key: HmacKey) -> Self {
        Self {
            kid: None,
            kind: VerifyingKind::Hmac(Arc::new(key)),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

/// A key that signs with one algorithm.
#[derive(Clone)]
pub struct SigningKey {
    kind: SigningKind,
}

#[derive(Clone)]
enum SigningKind {
    Hmac(Arc<HmacKey>),
}

impl SigningKey {
    /// The only algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match &self.kind {
            SigningKind::Hmac(key) => key.algorithm(),
        }
    }
}

impl From<HmacKey> for SigningKey {
    fn from(key: HmacKey) -> Self {
        Self {
            kind: SigningKind::Hmac(Arc::new(key)),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}
