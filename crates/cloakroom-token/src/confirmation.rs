use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The key that a sender has to prove to hold: the SHA-256 thumbprint of a JWK (RFC 7638), `cnf.jkt` (RFC 9449).
///
/// The program verifies the proof; a store compares the thumbprints.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Confirmation([u8; 32]);

impl Confirmation {
    /// The key of this thumbprint.
    pub const fn from_bytes(thumbprint: [u8; 32]) -> Self {
        Self(thumbprint)
    }

    /// The thumbprint.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The thumbprint as `jkt` writes it: 43 characters of base64url without padding.
    pub fn to_jkt(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confirmation(..)")
    }
}
