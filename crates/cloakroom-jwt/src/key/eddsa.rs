use core::fmt;

use ed25519_dalek as dalek;
use ed25519_dalek::{Signer as _, Verifier as _};

use super::parts::{PrivateParts, PublicParts};
use super::{InvalidKey, InvalidKeyKind, Signature, der, ed25519, pem};

/// An Ed25519 public key (RFC 8037), which verifies `EdDSA` and `Ed25519` tokens.
///
/// Verification is strict: signatures and keys have one encoding each, and points of small order are refused.
#[derive(Clone)]
pub struct Ed25519VerifyingKey(dalek::VerifyingKey);

impl Ed25519VerifyingKey {
    /// The key of 32 bytes, as RFC 8032 section 5.1.2 encodes it.
    ///
    /// # Errors
    ///
    /// When the bytes are no point, not its canonical encoding, or a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, InvalidKey> {
        if !ed25519::is_sound(bytes) {
            return Err(InvalidKeyKind::Value.into());
        }
        match dalek::VerifyingKey::from_bytes(bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(key)),
            _ => Err(InvalidKeyKind::Value.into()),
        }
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

    pub(super) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        // What `verify_strict` does, without decoding R first, which would cost a seventh more: A was looked at when the
        // key was made, small orders of R are told by their encodings, and the comparison leaves R no other encoding.
        ed25519::is_sound_signature(signature)
            && dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }

    pub(super) fn parts(&self) -> PublicParts {
        PublicParts::Ed25519(self.0.as_bytes().to_vec())
    }
}

impl fmt::Debug for Ed25519VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519VerifyingKey(..)")
    }
}

/// An Ed25519 private key (RFC 8037). It is wiped when it is dropped.
#[derive(Clone)]
pub struct Ed25519SigningKey {
    key: dalek::SigningKey,
    ed25519_name: bool,
}

impl Ed25519SigningKey {
    /// The key of a seed of 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self {
            key: dalek::SigningKey::from_bytes(seed),
            ed25519_name: false,
        }
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
        Ed25519VerifyingKey(self.key.verifying_key())
    }

    pub(crate) fn from_parts(parts: &PrivateParts) -> Result<Self, InvalidKey> {
        let seed = ed25519::seed(parts)?;
        let key = Self::from_seed(seed.expose());
        match &parts.public {
            Some(public) if public != key.key.verifying_key().as_bytes() => {
                Err(InvalidKeyKind::Conflict.into())
            }
            _ => Ok(key),
        }
    }

    pub(super) fn uses_ed25519_name(&self) -> bool {
        self.ed25519_name
    }

    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        Signature::new(&self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for Ed25519SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519SigningKey(..)")
    }
}
