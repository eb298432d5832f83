use std::sync::Arc;
use std::{error, fmt};

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_keyring::KeyId;

use crate::{Client, Confirmation};

/// A family of refresh tokens to be stored: one row for as many rotations as there will be.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFamily {
    /// Its row's key; it begins with its subject's tag.
    pub id: Selector,
    /// SHA-256 of the family's secret.
    pub secret_hash: TokenHash,
    /// Who was given the token.
    pub client: Client,
    /// Whose it is.
    pub subject: Subject,
    /// When the subject proved who it is: OpenID Connect's `auth_time`. Cut-offs are compared with it, and no rotation
    /// moves it.
    pub authenticated_at: UnixTime,
    /// The key that its holder has to prove, if it is bound to one.
    pub confirmation: Option<Confirmation>,
    /// The key under which the first token was made.
    pub key_id: KeyId,
    /// When it ends unless it is rotated before.
    pub idle_deadline: UnixTime,
    /// When it ends in any case.
    pub absolute_deadline: UnixTime,
    /// What the program keeps with it, such as scopes, up to [`MAX_DATA`](crate::MAX_DATA) bytes.
    pub data: Arc<[u8]>,
}

impl NewFamily {
    /// Whether a store may take it: its id begins with its subject's tag. An idle deadline after the absolute one is
    /// stored as that one.
    ///
    /// # Errors
    ///
    /// When it does not, because a store would lose it from its lists.
    pub fn check(&self) -> Result<(), InvalidFamily> {
        if self.id.tag() == self.subject.tag() {
            Ok(())
        } else {
            Err(InvalidFamily(()))
        }
    }

    /// What a store holds once it has stored this at `now`: the first generation, and no idle deadline after the absolute
    /// one.
    pub fn stored(&self, now: UnixTime) -> Family {
        Family {
            id: self.id,
            client: self.client.clone(),
            subject: self.subject.clone(),
            authenticated_at: self.authenticated_at,
            confirmation: self.confirmation,
            generation: 0,
            key_id: self.key_id,
            created_at: now,
            rotated_at: now,
            idle_deadline: self.idle_deadline.min(self.absolute_deadline),
            absolute_deadline: self.absolute_deadline,
            data: self.data.clone(),
        }
    }
}

impl fmt::Debug for NewFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFamily")
            .field("id", &self.id)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// A live family, as a store knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Family {
    /// Its row's key.
    pub id: Selector,
    /// Who was given the token.
    pub client: Client,
    /// Whose it is.
    pub subject: Subject,
    /// When the subject proved who it is.
    pub authenticated_at: UnixTime,
    /// The key that its holder has to prove, if it is bound to one.
    pub confirmation: Option<Confirmation>,
    /// The generation of its newest token; the first one is 0.
    pub generation: u64,
    /// The key under which its newest token was made, and is made again for a retry.
    pub key_id: KeyId,
    /// When it was created.
    pub created_at: UnixTime,
    /// When its newest token was made.
    pub rotated_at: UnixTime,
    /// When it ends unless it is rotated before.
    pub idle_deadline: UnixTime,
    /// When it ends in any case.
    pub absolute_deadline: UnixTime,
    /// What the program keeps with it.
    pub data: Arc<[u8]>,
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("id", &self.id)
            .field("client", &self.client)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// A family's id does not begin with its subject's tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidFamily(());

impl fmt::Display for InvalidFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a family begins with its subject's tag")
    }
}

impl error::Error for InvalidFamily {}
