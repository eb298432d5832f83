use alloc::string::String;
use core::marker::PhantomData;
use core::{error, fmt};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_core::Secret;
use rand_core::TryCryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::TokenHash;

/// What a token is for, and how one sees that: an implementation is a type without values.
///
/// ```
/// use cloakroom_id::{OpaqueToken, TokenKind};
///
/// enum ApiKey {}
///
/// impl TokenKind for ApiKey {
///     const PREFIX: &'static str = "acme_key";
/// }
///
/// let key = OpaqueToken::<ApiKey>::generate()?;
/// assert!(key.to_text().starts_with("acme_key_"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait TokenKind {
    /// What its tokens begin with, before an underscore: 2 to 16 lower-case letters, digits and underscores, a letter
    /// first and no underscore last. Name your product, so that a finder knows whom to tell.
    ///
    /// Anything else does not compile where a token of this kind is made or read:
    ///
    /// ```compile_fail
    /// # use cloakroom_id::{OpaqueToken, TokenKind};
    /// enum Shouted {}
    /// impl TokenKind for Shouted {
    ///     const PREFIX: &'static str = "ACME";
    /// }
    /// let token = OpaqueToken::<Shouted>::generate();
    /// ```
    const PREFIX: &'static str;
}

/// A random secret that shows what it is for: `PREFIX _ base64url(secret 32 | CRC-32 4)`, of one [kind](TokenKind).
///
/// For API keys, refresh tokens and the like. The prefix and the checksum let a secret scanner find a token that leaked into a
/// repository or a log, and tell it from a look-alike, without asking anyone. A store keeps the [hash](Self::hash).
///
/// It prints nothing of itself, and two tokens do not compare.
pub struct OpaqueToken<K> {
    secret: Secret<[u8; 32]>,
    kind: PhantomData<fn() -> K>,
}

/// The characters after the prefix and its underscore.
const BODY: usize = 48;

impl<K: TokenKind> OpaqueToken<K> {
    /// The length of [`to_text`](Self::to_text), in characters.
    pub const TEXT_LEN: usize = K::PREFIX.len() + 1 + BODY;

    const PREFIX_IS_VALID: () = assert!(
        is_prefix(K::PREFIX.as_bytes()),
        "a prefix is 2 to 16 lower-case letters, digits and underscores, a letter first and no underscore last"
    );

    /// A new token from the operating system's random bytes.
    ///
    /// # Errors
    ///
    /// When the operating system has none to give.
    #[cfg(feature = "std")]
    pub fn generate() -> Result<Self, std::io::Error> {
        Self::generate_from(&mut getrandom::SysRng).map_err(std::io::Error::from)
    }

    /// The same from another source of random bytes.
    ///
    /// # Errors
    ///
    /// Those of the source.
    pub fn generate_from<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *secret)?;
        Ok(Self::new(*secret))
    }

    /// Reads what [`to_text`](Self::to_text) writes, and nothing else.
    ///
    /// # Errors
    ///
    /// When `text` has another prefix, another length, a character outside base64url or a wrong checksum.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidOpaqueToken> {
        let () = Self::PREFIX_IS_VALID;
        let body = text
            .strip_prefix(K::PREFIX.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"_"))
            .filter(|body| body.len() == BODY)
            .ok_or(InvalidOpaqueToken(()))?;
        let mut bytes = Zeroizing::new([0; 36]);
        if URL_SAFE_NO_PAD.decode_slice(body, &mut *bytes) != Ok(36) {
            return Err(InvalidOpaqueToken(()));
        }
        let (secret, checksum) = bytes.split_first_chunk::<32>().ok_or(InvalidOpaqueToken(()))?;
        if checksum != checksum_of(secret) {
            return Err(InvalidOpaqueToken(()));
        }
        Ok(Self::new(*secret))
    }

    /// SHA-256 of its secret, which a store keeps and looks up.
    pub fn hash(&self) -> TokenHash {
        TokenHash::from_bytes(Sha256::digest(self.secret.expose()).into())
    }

    /// The token itself, for its holder alone. Wiped when dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 36]);
        let secret = self.secret.expose();
        bytes[..32].copy_from_slice(secret);
        bytes[32..].copy_from_slice(&checksum_of(secret));
        // All the room at once, so that no copy is left behind by growing.
        let mut text = Zeroizing::new(String::with_capacity(Self::TEXT_LEN));
        text.push_str(K::PREFIX);
        text.push('_');
        URL_SAFE_NO_PAD.encode_string(&bytes[..], &mut text);
        text
    }

    fn new(secret: [u8; 32]) -> Self {
        let () = Self::PREFIX_IS_VALID;
        Self {
            secret: Secret::new(secret),
            kind: PhantomData,
        }
    }
}

fn checksum_of(secret: &[u8; 32]) -> [u8; 4] {
    crc32fast::hash(secret).to_be_bytes()
}

const fn is_prefix(prefix: &[u8]) -> bool {
    if prefix.len() < 2 || prefix.len() > 16 {
        return false;
    }
    let mut at = 0;
    while at < prefix.len() {
        if !matches!(prefix[at], b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        at += 1;
    }
    prefix[0].is_ascii_lowercase() && prefix[prefix.len() - 1] != b'_'
}

impl<K> Clone for OpaqueToken<K> {
    fn clone(&self) -> Self {
        Self {
            secret: self.secret.clone(),
            kind: PhantomData,
        }
    }
}

/// Prints `OpaqueToken(acme_key)`: the prefix, which is public, and nothing else.
impl<K: TokenKind> fmt::Debug for OpaqueToken<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpaqueToken({})", K::PREFIX)
    }
}

/// A text is no [`OpaqueToken`] of the kind that was asked for. It holds nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidOpaqueToken(());

impl fmt::Display for InvalidOpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a token is its prefix, an underscore and 48 characters of base64url with a right checksum",
        )
    }
}

impl error::Error for InvalidOpaqueToken {}

#[cfg(test)]
mod tests {
    use super::is_prefix;

    #[test]
    fn a_prefix_is_lower_case_and_short() {
        for (prefix, is_valid) in [
            ("acme", true),
            ("ac", true),
            ("a1_b2", true),
            ("a__b", true),
            ("sixteen_letters_", false),
            ("sixteen_letters1", true),
            ("seventeen_letters", false),
            ("", false),
            ("a", false),
            ("_a", false),
            ("1a", false),
            ("a_", false),
            ("Acme", false),
            ("ac-me", false),
            ("ac me", false),
            ("acm\u{e9}", false),
        ] {
            assert_eq!(is_prefix(prefix.as_bytes()), is_valid, "{prefix:?}");
        }
    }
}
