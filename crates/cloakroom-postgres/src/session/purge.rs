use std::num::NonZeroU32;

use cloakroom_store::StoreError;
use cloakroom_store::cloakroom_core::UnixTime;

use crate::purge::Purge;
use crate::session::store::Inner;

/// Deletes sessions that are past a deadline, those that the store-wide cut-off ended, and cut-offs too old to end any.
pub(crate) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
    let Inner {
        opened, statements, ..
    } = inner;
    let max = i64::from(max.get());
    let mut purge = Purge::begin(opened, now);
    let by = [&statements.purge_due, &statements.purge_cut_off];
    let deleted = purge.ended(by, max).await?;
    if deleted < max {
        purge.forget(&statements.purge_cutoffs, max).await?;
    }
    Ok(deleted.unsigned_abs())
}
