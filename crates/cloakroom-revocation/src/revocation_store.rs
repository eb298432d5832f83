use std::future::Future;
use std::num::NonZeroU32;

use cloakroom_core::UnixTime;

use crate::{Credential, Denial, Fleet, StoreError};

/// Where revocations are written. Each operation is atomic, may be repeated, and one step of the feed at most.
///
/// What is acknowledged here is refused by every node of the fleet within its bound.
///
/// `now` is the caller's clock, and a store has its own, which [`Found::time`] and the feed tell. A cut-off counts by the
/// later of the two, so that of a node whose clock is behind reaches as far as any other's: whatever was issued up to S
/// ahead of the store's clock before, it covers. A purge counts by the earlier of the two, so that a node whose clock is
/// ahead drops nothing too early. Each reads its clock inside the atomic operation.
pub trait RevocationStore: Send + Sync + 'static {
    /// What all who write to it have agreed on.
    fn fleet(&self) -> Fleet;

    /// Denies one credential until [`Denial::keep_until`]. Where its subject has
    /// [too many](crate::Fleet::DENIALS_PER_SUBJECT), or the store holds as many entries as it may, the subject is cut off
    /// instead, as by [`cut_off`](Self::cut_off).
    fn deny(&self, denial: &Denial, now: UnixTime)
    -> impl Future<Output = Result<Denied, StoreError>> + Send;

    /// Refuses whatever `subject` holds of `issuer`: sets its cut-off to the later of `now` and the store's time, and the
    /// fleet's skew, or leaves a later one, and tells the cut-off. What is issued afterwards takes a time of issue after it.
    fn cut_off(
        &self,
        issuer: &str,
        subject: &str,
        now: UnixTime,
    ) -> impl Future<Output = Result<UnixTime, StoreError>> + Send;

    /// Refuses whatever was issued before, by anybody, as `cut_off` does: the first step after a restored backup.
    fn revoke_all(&self, now: UnixTime) -> impl Future<Output = Result<UnixTime, StoreError>> + Send;

    /// What is known of one credential, asked at the store itself. What it lacks is not looked for.
    ///
    /// It waits for no writer. What is being written, and not acknowledged yet, it may lack.
    fn look_up(&self, credential: &Credential<'_>) -> impl Future<Output = Result<Found, StoreError>> + Send;

    /// The same for who mints: asked only once every cut-off is there for which a clock was read already. So each that this
    /// lacks lies the fleet's skew after [`Found::time`], or later.
    ///
    /// Where a cut-off is made by a transaction, its clock is read before it is seen by others, and this waits for those
    /// that are under way: a store whose commits take long answers late, or `Timeout`. Where clock and cut-off are one step,
    /// it is [`look_up`](Self::look_up).
    fn look_up_settled(
        &self,
        credential: &Credential<'_>,
    ) -> impl Future<Output = Result<Found, StoreError>> + Send;

    /// Deletes at most `max` entries whose time is over by more than the fleet's skew, both at `now` and at the store's time,
    /// and old steps of the feed beside the newest, and tells how many entries.
    fn purge(&self, now: UnixTime, max: NonZeroU32) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

/// What became of [`deny`](RevocationStore::deny).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Denied {
    /// The credential is denied.
    Token,
    /// Its subject is cut off, at this time, and the credential with it.
    Subject(UnixTime),
}

/// What a store knows of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// It is denied by its id.
    pub denied: bool,
    /// The later of the subject's cut-off and that of everything.
    pub cutoff: Option<UnixTime>,
    /// The store's own clock.
    pub time: UnixTime,
}
