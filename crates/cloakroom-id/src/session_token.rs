use alloc::string::String;
use core::{error, fmt};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::Secret;
use rand_core::TryCryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{Selector, SubjectTag, VerifierHash, token_text};

/// What the holder of a session shows: `selector (16) | verifier (32)`, 64 characters of base64url.
///
/// The verifier is 256 bits from the operating system. It prints nothing of itself, and there is no way to compare two:
/// a store keeps the [hash](Self::verifier_hash), which compares in constant time.
#[derive(Clone)]
pub struct SessionToken {
    selector: Selector,
    verifier: Secret<[u8; 32]>,
}

impl SessionToken {
    /// The length of [`to_text`](Self::to_text), in characters.
    pub const TEXT_LEN: usize = 64;

    /// A new token for `subject`, or for an anonymous visitor, from the operating system's random bytes.
    ///
    /// # Errors
    ///
    /// When the operating system has none to give.
    #[cfg(feature = "std")]
    pub fn generate(subject: Option<SubjectTag>) -> Result<Self, std::io::Error> {
        Self::generate_from(subject, &mut getrandom::SysRng).map_err(std::io::Error::from)
    }

    /// The same from another source of random bytes.
    ///
    /// # Errors
    ///
    /// Those of the source.
    pub fn generate_from<R: TryCryptoRng + ?Sized>(
        subject: Option<SubjectTag>,
        rng: &mut R,
    ) -> Result<Self, R::Error> {
        let mut selector = [0; 16];
        rng.try_fill_bytes(&mut selector)?;
        if let Some(tag) = subject {
            selector[..2].copy_from_slice(tag.as_bytes());
        }
        Self::with_verifier_from(Selector::from_bytes(selector), rng)
    }

    /// A token for the same row with a new verifier: a renewal.
    ///
    /// # Errors
    ///
    /// When the operating system has no random bytes to give.
    #[cfg(feature = "std")]
    pub fn renewed(selector: Selector) -> Result<Self, std::io::Error> {
        Self::with_verifier_from(selector, &mut getrandom::SysRng).map_err(std::io::Error::from)
    }

    /// The same from another source of random bytes.
    ///
    /// # Errors
    ///
    /// Those of the source.
    pub fn renewed_from<R: TryCryptoRng + ?Sized>(selector: Selector, rng: &mut R) -> Result<Self, R::Error> {
        Self::with_verifier_from(selector, rng)
    }

    fn with_verifier_from<R: TryCryptoRng + ?Sized>(
        selector: Selector,
        rng: &mut R,
    ) -> Result<Self, R::Error> {
        let mut verifier = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *verifier)?;
        Ok(Self {
            selector,
            verifier: Secret::new(*verifier),
        })
    }

    /// Reads what [`to_text`](Self::to_text) writes, and nothing else.
    ///
    /// # Errors
    ///
    /// When `text` is not 64 characters of base64url.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidToken> {
        let text = text.try_into().map_err(|_| InvalidToken(()))?;
        let bytes = token_text::read(text).ok_or(InvalidToken(()))?;
        let (selector, verifier) = bytes.split_first_chunk::<16>().ok_or(InvalidToken(()))?;
        Ok(Self {
            selector: Selector::from_bytes(*selector),
            verifier: Secret::new(verifier.try_into().map_err(|_| InvalidToken(()))?),
        })
    }

    /// The key of its row.
    pub const fn selector(&self) -> Selector {
        self.selector
    }

    /// SHA-256 of its verifier, which a store keeps and compares.
    pub fn verifier_hash(&self) -> VerifierHash {
        VerifierHash::from_bytes(Sha256::digest(self.verifier.expose()).into())
    }

    /// 64 characters of base64url: the token itself, for its holder alone. Wiped when dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 48]);
        bytes[..16].copy_from_slice(self.selector.as_bytes());
        bytes[16..].copy_from_slice(self.verifier.expose());
        Zeroizing::new(URL_SAFE_NO_PAD.encode(&bytes[..]))
    }
}

/// Prints nothing of its verifier.
impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// A text is no session token. It holds nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidToken(());

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session token is 64 characters of base64url")
    }
}

impl error::Error for InvalidToken {}
