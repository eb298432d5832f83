use std::fmt;

use cloakroom_core::Secret;

/// What a token is bound to: one login of one browser, or one visitor. A token for one binding is good for no other.
#[derive(Clone)]
pub struct Binding(Bytes);

#[derive(Clone)]
enum Bytes {
    Short(Secret<[u8; 16]>),
    Long(Secret<[u8; 32]>),
}

impl Binding {
    /// A session of the server: SHA-256 of its token's verifier. A renewal changes it, and so ends the tokens on pages
    /// that were made before.
    pub const fn session(verifier_hash: [u8; 32]) -> Self {
        Self(Bytes::Long(Secret::new(verifier_hash)))
    }

    /// A login in a sealed cookie: the id of its ticket.
    pub const fn ticket(ticket_id: [u8; 16]) -> Self {
        Self(Bytes::Short(Secret::new(ticket_id)))
    }

    /// A login by refresh tokens: the id of their family.
    pub const fn family(family_id: [u8; 16]) -> Self {
        Self(Bytes::Short(Secret::new(family_id)))
    }

    pub(crate) const fn visitor(hash: [u8; 32]) -> Self {
        Self(Bytes::Long(Secret::new(hash)))
    }

    /// The bytes behind their length.
    pub(crate) fn length_and_bytes(&self) -> ([u8; 2], &[u8]) {
        match &self.0 {
            Bytes::Short(bytes) => ([0, 16], bytes.expose()),
            Bytes::Long(bytes) => ([0, 32], bytes.expose()),
        }
    }
}

/// Prints nothing of it.
impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Binding(..)")
    }
}
