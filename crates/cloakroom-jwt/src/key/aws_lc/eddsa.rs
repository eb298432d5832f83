use alloc::sync::Arc;
use core::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};

use crate::key::parts::{PrivateParts, PublicParts};
use crate::key::{InvalidKey, InvalidKeyKind, Signature, der, ed25519, pem};

/// An Ed25519 public key (RFC 8037), which verifies `EdDSA` and `Ed25519` tokens.
///
/// Verification is strict: signatures and keys have one encoding each, and points of small order are refused.
#[derive(Clone)]
pub struct Ed25519VerifyingKey(Arc<ParsedPublicKey>);

impl Ed25519VerifyingKey {
    /// The key of 32 bytes, as RFC 8032 section 5.1.2 encodes it.
    ///
    /// # Errors
    ///
    /// When the bytes are no canonical encoding, or a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, InvalidKey> {
        if !ed25519::is_sound(bytes) {
            return Err(InvalidKeyKind::Value.into());
        }
        ParsedPublicKey::new(&ED25519, bytes)
            .map(|key| Self(Arc::new(key)))
            .map_err(|_| InvalidKeyKind::Value.into())
    }

    /// The key in a PEM block `PUBLIC KEY`.
    ///
    /// # Errors
    ///
    /// When it is no such block or no such key.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        Self::from_der(pem::decode(pem, pem::PUBLIC_KEY)?.expose())
    }

    /// The key in a `SubjectPublicKeyInfo` (RFC 8410 section 4).
    ///
    /// # Errors
    ///
    /// When it is no such structure or no such key.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidKey> {
        ed25519::public_bytes(der::public_key(der)?).and_then(|bytes| Self::from_bytes(&bytes))
    }

    pub(crate) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        // AWS-LC leaves small orders to its caller.
        ed25519::is_sound_signature(signature) && self.0.verify_sig(message, signature).is_ok()
    }

    pub(crate) fn parts(&self) -> PublicParts {
        PublicParts::Ed25519(self.0.as_ref().as_ref().to_vec())
    }
}

impl fmt::Debug for Ed25519VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("aws_lc::Ed25519VerifyingKey(..)")
    }
}

/// An Ed25519 private key (RFC 8037).
#[derive(Clone)]
pub struct Ed25519SigningKey {
    key: Arc<Ed25519KeyPair>,
    public: Ed25519VerifyingKey,
    ed25519_name: bool,
}

impl Ed25519SigningKey {
    /// The key of a seed of 32 random bytes.
    ///
    /// # Errors
    ///
    /// When AWS-LC refuses it: for want of memory.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, InvalidKey> {
        let key = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| InvalidKeyKind::Value)?;
        let public = key
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_| InvalidKeyKind::Value)?;
        Ok(Self {
            public: Ed25519VerifyingKey::from_bytes(public)?,
            key: Arc::new(key),
            ed25519_name: false,
        })
    }

    /// The key in a PEM block `PRIVATE KEY`.
    ///
    /// # Errors
    ///
    /// When it is no such block or no such key.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, InvalidKey> {
        Self::from_pkcs8_der(pem::decode(pem, pem::PRIVATE_KEY)?.expose())
    }

    /// The key in a PKCS#8 structure (RFC 8410 section 7).
    ///
    /// # Errors
    ///
    /// When it is no such structure or no such key, or the public key beside it is another one's.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, InvalidKey> {
        Self::from_parts(&der::private_key(der)?)
    }

    /// Writes `Ed25519` (RFC 9864 section 2.2) into the header instead of `EdDSA`.
    pub fn ed25519_name(self) -> Self {
        Self {
            ed25519_name: true,
            ..self
        }
    }

    /// The public key.
    pub fn verifying_key(&self) -> Ed25519VerifyingKey {
        self.public.clone()
    }

    pub(crate) fn from_parts(parts: &PrivateParts) -> Result<Self, InvalidKey> {
        let seed = ed25519::seed(parts)?;
        let key = Self::from_seed(seed.expose())?;
        match &parts.public {
            Some(public) if public != key.key.public_key().as_ref() => Err(InvalidKeyKind::Conflict.into()),
            _ => Ok(key),
        }
    }

    pub(crate) fn uses_ed25519_name(&self) -> bool {
        self.ed25519_name
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
        let signature = self.key.try_sign(message).ok()?;
        Some(Signature::new(signature.as_ref()))
    }
}

impl fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("aws_lc::Ed25519SigningKey(..)")
    }
}
