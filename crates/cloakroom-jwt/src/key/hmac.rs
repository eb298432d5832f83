use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use super::InvalidKey;
use crate::Algorithm;

/// An HMAC key for HS256, HS384 or HS512 (RFC 7518 section 3.2), which signs and verifies.
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
    /// When the secret is shorter than the hash.
    pub fn hs256(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 32).map(Midstates::Sha256).map(Self)
    }

    /// A key for HS384 of at least 48 bytes.
    ///
    /// # Errors
    ///
    /// When the secret is shorter than the hash.
    pub fn hs384(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 48).map(Midstates::Sha384).map(Self)
    }

    /// A key for HS512 of at least 64 bytes.
    ///
    /// # Errors
    ///
    /// When the secret is shorter than the hash.
    pub fn hs512(secret: &[u8]) -> Result<Self, InvalidKey> {
        keyed(secret, 64).map(Midstates::Sha512).map(Self)
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self.0 {
            Midstates::Sha256(_) => Algorithm::Hs256,
            Midstates::Sha384(_) => Algorithm::Hs384,
            Midstates::Sha512(_) => Algorithm::Hs512,
        }
    }

    pub(super) fn is_valid(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Midstates::Sha256(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
            Midstates::Sha384(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
            Midstates::Sha512(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
        }
    }
}

fn keyed<M: KeyInit>(secret: &[u8], shortest: usize) -> Result<M, InvalidKey> {
    if secret.len() < shortest {
        return Err(InvalidKey("HMAC secret is shorter than the hash"));
    }
    M::new_from_slice(secret).map_err(|_| InvalidKey("HMAC secret is refused"))
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({})", self.algorithm())
    }
}
