use cloakroom_core::UnixTime;

/// What [`Lineages::end_all`](crate::Lineages::end_all) has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// Whatever was issued at this time or before is refused from now on.
    pub cutoff: UnixTime,
    /// How many live sessions and families of refresh tokens were deleted; tickets and access tokens are counted nowhere.
    pub deleted: u64,
}
