use std::num::NonZeroU32;

use cloakroom_store::StoreError;
use cloakroom_store::cloakroom_core::UnixTime;

use crate::purge::{ended, forget};
use crate::session::store::Inner;

/// Deletes sessions that are past a deadline, those that the store-wide cut-off ended, and cut-offs too old to end any.
pub(crate) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
    let Inner {
        opened, statements, ..
    } = inner;
    let max = i64::from(max.get());
    let by = [&statements.purge_due, &statements.purge_cut_off];
    let deleted = ended(&opened.connections, by, now, max).await?;
    if deleted < max {
        forget(opened, &statements.purge_cutoffs, now, max).await?;
    }
    Ok(deleted.unsigned_abs())
}
