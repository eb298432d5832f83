use cloakroom_keyring::{InvalidLabel, Label};

/// How a value is sealed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// HMAC-SHA256 (RFC 2104): the browser can read the payload and cannot change it.
    Signed,
    /// AES-256-GCM-SIV (RFC 8452): the browser can neither read nor change it.
    Encrypted,
}

impl Mode {
    /// The first byte of a sealed value.
    pub(crate) const fn version(self) -> u8 {
        match self {
            Self::Signed => 1,
            Self::Encrypted => 2,
        }
    }

    /// Bytes that a sealed value has beside its payload, the one byte of padding included.
    pub(crate) const fn overhead(self) -> usize {
        match self {
            Self::Signed => crate::signed::OVERHEAD,
            Self::Encrypted => crate::encrypted::OVERHEAD,
        }
    }

    pub(crate) const fn label<'a>(
        self,
        purpose: &'a [u8],
        name: &'a [u8],
    ) -> Result<Label<'a>, InvalidLabel> {
        match self {
            Self::Signed => Label::seal_signed(purpose, name),
            Self::Encrypted => Label::seal_encrypted(purpose, name),
        }
    }
}

/// How many characters a payload of `payload_len` bytes has once it is sealed without a bucket.
///
/// [`Sealer::sealed_len`](crate::Sealer::sealed_len) counts the bucket too. Past the range of `usize` the answer is
/// `usize::MAX`.
///
/// ```
/// use cloakroom_seal::{Mode, sealed_len};
///
/// assert_eq!(sealed_len(Mode::Signed, 64), 148);
/// assert_eq!(sealed_len(Mode::Encrypted, 64), 144);
/// ```
pub const fn sealed_len(mode: Mode, payload_len: usize) -> usize {
    crate::text::encoded_len(payload_len.saturating_add(mode.overhead()))
}

#[cfg(test)]
mod tests {
    use super::{Mode, sealed_len};

    #[test]
    fn lengths_saturate() {
        const CONST: usize = sealed_len(Mode::Signed, 0);
        assert_eq!(CONST, 63);
        assert_eq!(sealed_len(Mode::Encrypted, 0), 59);
        assert_eq!(sealed_len(Mode::Signed, usize::MAX), usize::MAX);
        assert_eq!(sealed_len(Mode::Encrypted, usize::MAX / 4 * 3), usize::MAX);
    }
}
