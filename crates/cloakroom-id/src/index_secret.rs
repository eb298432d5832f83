use core::{error, fmt};

use cloakroom_core::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The secret from which the [tag](SubjectTag) of a subject is made: 32 bytes, the same on every server of one store.
///
/// It places data, so it stands apart from the key ring and is **never rotated**: with another one a store looks for
/// a subject's sessions where they are not.
#[derive(Clone)]
pub struct IndexSecret(Secret<[u8; 32]>);

impl IndexSecret {
    /// The secret of these bytes.
    ///
    /// # Errors
    ///
    /// When they are no 32 bytes, or have fewer than 8 distinct values: a placeholder.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidIndexSecret> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| InvalidIndexSecret(()))?;
        let mut seen = [false; 256];
        for byte in bytes {
            seen[usize::from(byte)] = true;
        }
        if seen.iter().filter(|&&seen| seen).count() < 8 {
            return Err(InvalidIndexSecret(()));
        }
        Ok(Self(Secret::new(bytes)))
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

/// Bytes are no [`IndexSecret`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidIndexSecret(());

impl fmt::Display for InvalidIndexSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index secret is 32 random bytes")
    }
}

impl error::Error for InvalidIndexSecret {}
