use cloakroom_revocation::{Reader, RevocationCheck};

/// One server of the fleet.
pub(crate) struct Node {
    pub(crate) reader: Reader,
    pub(crate) check: RevocationCheck,
    /// How far its wall clock is off, in milliseconds.
    pub(crate) offset: i64,
    /// Counts its starts, so that nothing reaches it that an earlier one asked for.
    pub(crate) start: u32,
    /// No message passes before this time.
    pub(crate) cut_until: u64,
    /// When a fault last met it.
    pub(crate) fault_at: Option<u64>,
    /// How many revocations of the log it knows.
    pub(crate) known: usize,
}
