use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, TokenHash};
use cloakroom_keyring::KeyId;

use crate::{Client, Confirmation};

/// What a refresh token whose MAC is right says, and what becomes of its family if it is the newest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presented {
    /// The family.
    pub id: Selector,
    /// SHA-256 of the family's secret, as the token has it.
    pub secret_hash: TokenHash,
    /// The token's generation.
    pub generation: u32,
    /// Who presents it.
    pub client: Client,
    /// The key that the presenter has proved to hold, if any.
    pub confirmation: Option<Confirmation>,
    /// The key under which a successor is made now.
    pub next_key: KeyId,
    /// Where a rotation moves the idle deadline, never back and never beyond the absolute one.
    pub idle_deadline: UnixTime,
    /// For how long after a rotation the token before is taken for a retry. 0: never.
    pub grace: Duration,
}
