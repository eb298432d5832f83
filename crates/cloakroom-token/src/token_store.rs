use std::future::Future;
use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};

use crate::{AccessToken, Client, Created, Family, NewFamily, Presented, Rotated, StoreError};

/// Where families of refresh tokens, and opaque access tokens, are kept. Each operation is atomic.
///
/// A family is *live* while `now` is before both of its deadlines and its authentication lies after the cut-offs of its
/// subject and of the whole store. What is not live answers like what is not there, save that its row still stands in the
/// way of a new one. `now` is the caller's clock.
///
/// Of a secret there is its SHA-256 alone, and a database may compare that with `=`, which takes longer the more of it agrees.
/// What that tells is of a hash: nobody can vary a secret so that its hash comes closer to another, and the MAC of a refresh
/// token is verified before any store is asked.
pub trait TokenStore: Send + Sync + 'static {
    /// Stores a new family, and never writes over a row.
    ///
    /// One that its [`check`](NewFamily::check) refuses is an error of the kind `Other`.
    fn create_family(
        &self,
        family: &NewFamily,
        now: UnixTime,
    ) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// Decides what becomes of a refresh token, and does it, in one step and one round trip.
    fn rotate(
        &self,
        presented: &Presented,
        now: UnixTime,
    ) -> impl Future<Output = Result<Rotated, StoreError>> + Send;

    /// The live family of `id`, if its secret has this hash.
    fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> impl Future<Output = Result<Option<Family>, StoreError>> + Send;

    /// Ends a family if it is this client's and its secret has this hash, live or not; `false` otherwise, whatever the
    /// reason. For who holds one of its tokens.
    fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a family if it is one of the subject's; `false` otherwise, whatever the reason. For lists of devices.
    fn end_one(
        &self,
        subject: &Subject,
        id: &Selector,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// At most `max` of the subject's live families whose ids come after `after`, in the order of their ids.
    fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> impl Future<Output = Result<Vec<Family>, StoreError>> + Send;

    /// Sets the subject's cut-off to `cutoff`, or leaves a later one, and then deletes its families. Tells how many live
    /// ones it ended. It may be repeated.
    fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Sets the cut-off of the whole store to `cutoff`, or leaves a later one: the first step after a restored backup.
    fn revoke_all(&self, cutoff: UnixTime) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stores a new access token, and never writes over a row. One whose family has ended is `Refused`.
    fn create_access(
        &self,
        token: &AccessToken,
        now: UnixTime,
    ) -> impl Future<Output = Result<Created, StoreError>> + Send;

    /// The access token of this hash, while it is before its end, its authentication lies after the cut-offs, and the
    /// family that it came with is live.
    fn load_access(
        &self,
        hash: &TokenHash,
        now: UnixTime,
    ) -> impl Future<Output = Result<Option<AccessToken>, StoreError>> + Send;

    /// Deletes an access token if it is this client's; `false` otherwise, whatever the reason.
    fn end_access(
        &self,
        hash: &TokenHash,
        client: &Client,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes at most `max` rows of what is not live any more, and tells how many: 0 when none is left.
    ///
    /// An access token that a cut-off or the end of its family ended may stay until its own end.
    fn purge_expired(
        &self,
        now: UnixTime,
        max: NonZeroU32,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
