use std::future::{Future, Ready};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use crate::{Change, Created, NewRecord, Rotated, Rotation, StoreError, Stored, Touched, Updated, Version};

/// Where sessions are kept. Each operation is atomic and one round trip. The [crate's page](crate) has a table of what each
/// answers and does, and the laws that all stores keep.
///
/// A session is *live* while `now` is before both of its deadlines and it stands on a proof given after the cut-offs of
/// its subject and of the whole store. What is not live answers like what is not there, save that its row still
/// stands in the way of [`create`](Self::create). `now` is the caller's clock. Nothing here compares verifiers but
/// `rotate`: who loads a session has to.
pub trait SessionStore: Send + Sync + 'static {
    /// Stores a new session, and never writes over a row. A visitor's session ignores cut-offs of subjects.
    fn create(
        &self,
        record: &NewRecord,
        now: UnixTime,
    ) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// The live session of `selector`.
    fn load(
        &self,
        selector: &Selector,
        now: UnixTime,
    ) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send;

    /// What [`load`](Self::load) would answer, from a store that has nothing to wait for, as one in memory: it spares
    /// the caller a future and a copy, for most requests only load. What is changed later does not change what was given
    /// away. `Pending`, as it is by default: ask `load`.
    fn load_now(&self, selector: &Selector, now: UnixTime) -> Poll<Option<Arc<Stored>>> {
        let _ = (selector, now);
        Poll::Pending
    }

    /// What [`load`](Self::load) would answer, or `Timeout` when that takes longer than `limit`, from a store that looks
    /// at a clock for many loads at once. `None`, as it is by default, from one that has no clock: ask `load`, and look at
    /// your own.
    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        limit: Duration,
    ) -> Option<impl Future<Output = Result<Option<Stored>, StoreError>> + Send> {
        let _ = (selector, now, limit);
        None::<Ready<_>>
    }

    /// Replaces the data of a live session if it has the version `expect`, and touches it.
    fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> impl Future<Output = Result<Updated, StoreError>> + Send;

    /// Moves the idle deadline of a live session to `idle_deadline`: never back, never beyond the absolute one. The
    /// version stays, so a touch disturbs no change.
    fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> impl Future<Output = Result<Touched, StoreError>> + Send;

    /// Replaces the verifier of a live session if it has the one of `old`, and touches it.
    fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> impl Future<Output = Result<Rotated, StoreError>> + Send;

    /// Deletes a session, live or not; `false` when there was none. No later operation brings it back.
    fn delete(&self, selector: &Selector) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes at most `max` rows of sessions that are not live any more, and tells how many.
    fn purge_expired(
        &self,
        now: UnixTime,
        max: NonZeroU32,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
