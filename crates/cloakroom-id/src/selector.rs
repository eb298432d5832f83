use alloc::string::String;
use core::{error, fmt};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::SubjectTag;

/// The public half of a session token: the key of its row, 16 bytes, `tag 2 | random 14`.
///
/// It is no secret: it opens nothing, and lists of devices name a session by it. It tells nothing about the person but
/// its [tag](crate::SubjectTag), 16 bits that equal those of the same person's other sessions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector([u8; 16]);

impl Selector {
    /// The length of [`to_text`](Self::to_text), in characters.
    pub const TEXT_LEN: usize = 22;

    /// The selector of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Its first two bytes, by which stores place it.
    pub const fn tag(&self) -> SubjectTag {
        SubjectTag::from_bytes([self.0[0], self.0[1]])
    }

    /// 22 characters of base64url without padding.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what [`to_text`](Self::to_text) writes, and nothing else.
    ///
    /// # Errors
    ///
    /// When `text` is not 22 characters of base64url whose spare bits are zero.
    pub fn parse(text: &str) -> Result<Self, InvalidSelector> {
        let mut bytes = [0; 16];
        if text.len() != Self::TEXT_LEN {
            return Err(InvalidSelector(()));
        }
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(16) => Ok(Self(bytes)),
            _ => Err(InvalidSelector(())),
        }
    }
}

/// Shows three of its random bytes: enough to tell two apart in a log.
impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Selector({:02x}{:02x}{:02x}..)",
            self.0[2], self.0[3], self.0[4]
        )
    }
}

/// A text is no selector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSelector(());

impl fmt::Display for InvalidSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a selector is 22 characters of base64url")
    }
}

impl error::Error for InvalidSelector {}
