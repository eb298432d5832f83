/// The most bytes that a signature made here has: ES384.
const MAX_LEN: usize = 96;

/// The raw bytes of a signature, as a JWS carries them (RFC 7518 section 3).
pub(crate) struct Signature {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Signature {
    /// # Panics
    ///
    /// Never: every signature made here has at most 96 bytes.
    pub(super) fn new(raw: &[u8]) -> Self {
        let mut bytes = [0; MAX_LEN];
        bytes[..raw.len()].copy_from_slice(raw);
        Self {
            bytes,
            len: raw.len(),
        }
    }
}

impl AsRef<[u8]> for Signature {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
