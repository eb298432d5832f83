use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::Secret;
use cloakroom_keyring::RandomError;
use rand_core::TryCryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::Binding;

/// A browser without a login: 32 random bytes in a `__Host-` cookie, so that a form that logs in can have a token with
/// nothing stored on the server. Replace it at each login.
#[derive(Clone)]
pub struct Visitor(Secret<[u8; 32]>);

impl Visitor {
    /// The length of [`to_text`](Self::to_text), in characters.
    pub const TEXT_LEN: usize = 43;

    /// A new visitor, from the operating system's random bytes.
    ///
    /// # Errors
    ///
    /// When the operating system has none to give.
    pub fn generate() -> Result<Self, RandomError> {
        Self::generate_from(&mut getrandom::SysRng).map_err(|error| RandomError::Source(error.into()))
    }

    /// The same from another source of random bytes.
    ///
    /// # Errors
    ///
    /// Those of the source.
    pub fn generate_from<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *bytes)?;
        Ok(Self(Secret::new(*bytes)))
    }

    /// Reads what [`to_text`](Self::to_text) writes, and nothing else.
    ///
    /// # Errors
    ///
    /// When `text` is not 43 characters of base64url whose spare bits are zero.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidVisitor> {
        let mut bytes = Zeroizing::new([0; 32]);
        if text.len() != Self::TEXT_LEN || URL_SAFE_NO_PAD.decode_slice(text, &mut *bytes) != Ok(32) {
            return Err(InvalidVisitor(()));
        }
        Ok(Self(Secret::new(*bytes)))
    }

    /// 43 characters of base64url without padding: the cookie's value.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.expose()))
    }

    /// What the tokens of this visitor are bound to: SHA-256 of the bytes. A session's binding is a hash as well, and one that
    /// a store keeps: whoever has read it there knows no bytes for a cookie that are hashed to it.
    pub fn binding(&self) -> Binding {
        Binding::visitor(Sha256::digest(self.0.expose()).into())
    }
}

/// Prints nothing of it.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visitor(..)")
    }
}

/// The text is not 43 characters of base64url. Tells nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidVisitor(());

impl fmt::Display for InvalidVisitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a visitor is 43 characters of base64url")
    }
}

impl Error for InvalidVisitor {}
