use std::fmt;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};

use crate::{Client, Confirmation};

/// An opaque access token, as a store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// SHA-256 of its secret, by which it is found.
    pub hash: TokenHash,
    /// Who was given it.
    pub client: Client,
    /// Whose it is.
    pub subject: Subject,
    /// When the subject proved who it is. Cut-offs are compared with it.
    pub authenticated_at: UnixTime,
    /// The family that it came with: it ends with the family.
    pub family: Option<Selector>,
    /// The key that its holder has to prove, if it is bound to one.
    pub confirmation: Option<Confirmation>,
    /// When it was issued.
    pub issued_at: UnixTime,
    /// When it ends.
    pub expires_at: UnixTime,
    /// What the program keeps with it, such as scopes, up to [`MAX_DATA`](crate::MAX_DATA) bytes.
    pub data: Arc<[u8]>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
