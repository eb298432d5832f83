use alloc::string::String;
use core::{error, fmt};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloakroom_core::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The secret from which the [tag](SubjectTag) of a subject is made: 32 bytes, the same on every server of one store.
///
/// It places data, so it stands apart from the key ring and is **never rotated**: with another one a store looks for
/// a subject's sessions where they are not. It opens nothing: who learns it can tell which selectors may belong to a
/// subject whose name they know, with an error of one in 65,536.
#[derive(Clone)]
pub struct IndexSecret(Secret<[u8; 32]>);

const LEN: usize = 32;
const MIN_DISTINCT: usize = 8;
/// Standard base64 of `LEN` bytes.
const BASE64_LEN: usize = LEN.div_ceil(3) * 4;

impl IndexSecret {
    /// A new one from the operating system's random bytes: once for a store, on an operator's machine.
    ///
    /// # Errors
    ///
    /// When the operating system has none to give, or repeats itself so plainly that they are no secret.
    #[cfg(feature = "std")]
    pub fn generate() -> Result<Self, std::io::Error> {
        let mut bytes = Zeroizing::new([0; LEN]);
        getrandom::fill(&mut bytes[..]).map_err(std::io::Error::from)?;
        Self::from_bytes(&bytes[..]).map_err(std::io::Error::other)
    }

    /// The secret of these bytes.
    ///
    /// What looks like a placeholder or like text is refused: that is a guard against mistakes in a configuration, and
    /// no measure of entropy.
    ///
    /// # Errors
    ///
    /// When they are no 32 bytes, have fewer than 8 distinct values, or are printable ASCII and line breaks alone.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidIndexSecret> {
        let bytes: &[u8; LEN] = bytes.try_into().map_err(|_| InvalidIndexSecret(Kind::Length))?;
        let mut seen = [false; 256];
        for &byte in bytes {
            seen[usize::from(byte)] = true;
        }
        if seen.iter().filter(|&&seen| seen).count() < MIN_DISTINCT {
            return Err(InvalidIndexSecret(Kind::FewDistinct));
        }
        if bytes
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
        {
            return Err(InvalidIndexSecret(Kind::Text));
        }
        Ok(Self(Secret::new(*bytes)))
    }

    /// The secret written in standard base64 (RFC 4648 section 4), with padding and in canonical form, as
    /// [`export`](Self::export) writes it.
    ///
    /// # Errors
    ///
    /// When the text is anything else, white space around it included, or when [`from_bytes`](Self::from_bytes) refuses
    /// what it stands for.
    pub fn from_base64(text: &str) -> Result<Self, InvalidIndexSecret> {
        if text.len() != BASE64_LEN {
            return Err(InvalidIndexSecret(Kind::Base64));
        }
        // The engine wants room for what it estimates, which is one byte more than there are.
        let mut bytes = Zeroizing::new([0; BASE64_LEN / 4 * 3]);
        match STANDARD.decode_slice(text, &mut *bytes) {
            Ok(LEN) => Self::from_bytes(&bytes[..LEN]),
            _ => Err(InvalidIndexSecret(Kind::Base64)),
        }
    }

    /// The secret in standard base64, to be put where secrets live. The only way out; wiped when dropped.
    pub fn export(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.expose()))
    }

    /// The tag of `subject`.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes a key of any length")]
    pub fn tag(&self, subject: &[u8]) -> SubjectTag {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("HMAC takes a key of any length");
        mac.update(subject);
        let tag = mac.finalize().into_bytes();
        SubjectTag([tag[0], tag[1]])
    }
}

impl fmt::Debug for IndexSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexSecret(..)")
    }
}

/// The first two bytes of HMAC-SHA256([index secret](IndexSecret), subject), with which the selectors of that subject's
/// sessions begin.
///
/// All sessions of one subject share it, so a store can keep them in one place: one shard, one slot of a cluster.
/// Whoever sees two selectors learns from it, with an error of one in 65,536, whether they belong to the same subject.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SubjectTag([u8; 2]);

impl SubjectTag {
    /// The tag of these bytes.
    pub const fn from_bytes(bytes: [u8; 2]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 2] {
        &self.0
    }
}

/// Why bytes or text are no [`IndexSecret`]. It tells nothing of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidIndexSecret(Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Length,
    FewDistinct,
    Text,
    Base64,
}

impl fmt::Display for InvalidIndexSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Length => "an index secret has 32 bytes",
            Kind::FewDistinct => {
                "an index secret has at least 8 distinct byte values: this looks like a placeholder"
            }
            Kind::Text => {
                "an index secret is not text: a password, or hexadecimal or base64 that was not decoded"
            }
            Kind::Base64 => "an index secret is 44 characters of standard base64, padded and canonical",
        })
    }
}

impl error::Error for InvalidIndexSecret {}
