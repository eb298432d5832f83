use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::confusion::is_encoded_key;
use super::{InvalidKey, InvalidKeyKind, Signature};
use crate::Algorithm;

/// An HMAC key for HS256, HS384 or HS512 (RFC 7518 section 3.2), which signs and verifies.
///
/// It keeps the two hash states that the secret leads to, not the secret, and wipes them when it is dropped.
///
/// ```
/// # use cloakroom_jwt::HmacKey;
/// let key = HmacKey::hs256(&[0x5a; 32])?;
/// assert!(HmacKey::hs256(b"correct horse").is_err());
/// assert!(HmacKey::hs256(b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA").is_err());
/// # Ok::<(), cloakroom_jwt::InvalidKey>(())
/// ```
#[derive(Clone)]
pub struct HmacKey(Midstates);

#[derive(Clone)]
enum Midstates {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl HmacKey {
    /// A key for HS256 of at least 32 bytes.
    ///
    /// # Errors
    ///
    /// When the secret is shorter than the hash, or is the encoding of another key: PEM, DER or JWK.
    pub fn hs256(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 32).map(Midstates::Sha256).map(Self)
    }

    /// A key for HS384 of at least 48 bytes.
    ///
    /// # Errors
    ///
    /// When the secret is shorter than the hash, or is the encoding of another key: PEM, DER or JWK.
    pub fn hs384(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 48).map(Midstates::Sha384).map(Self)
    }

    /// A key for HS512 of at least 64 bytes.
    ///
    /// # Errors
    ///
    /// When the secret is shorter than the hash, or is the encoding of another key: PEM, DER or JWK.
    pub fn hs512(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 64).map(Midstates::Sha512).map(Self)
    }

    /// For [`danger`](crate::danger): a key for HS256 of any length but 0.
    pub(crate) fn hs256_of_any_length(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 1).map(Midstates::Sha256).map(Self)
    }

    /// The only algorithm that it signs with and verifies.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Midstates::Sha256(_) => Algorithm::Hs256,
            Midstates::Sha384(_) => Algorithm::Hs384,
            Midstates::Sha512(_) => Algorithm::Hs512,
        }
    }

    #[inline]
    pub(super) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        // `verify_slice` takes the whole tag only, and compares in constant time.
        match &self.0 {
            Midstates::Sha256(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
            Midstates::Sha384(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
            Midstates::Sha512(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
        }
    }

    #[inline]
    pub(super) fn sign(&self, message: &[u8]) -> Signature {
        match &self.0 {
            Midstates::Sha256(mac) => {
                Signature::new(&mac.clone().chain_update(message).finalize().into_bytes())
            }
            Midstates::Sha384(mac) => {
                Signature::new(&mac.clone().chain_update(message).finalize().into_bytes())
            }
            Midstates::Sha512(mac) => {
                Signature::new(&mac.clone().chain_update(message).finalize().into_bytes())
            }
        }
    }
}

fn keyed<M: KeyInit>(secret: &[u8], shortest: usize) -> Result<M, InvalidKey> {
    if secret.len() < shortest {
        return Err(InvalidKeyKind::TooShort.into());
    }
    if is_encoded_key(secret) {
        return Err(InvalidKeyKind::EncodedKey.into());
    }
    M::new_from_slice(secret).map_err(|_| InvalidKeyKind::Value.into())
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({})", self.algorithm())
    }
}
