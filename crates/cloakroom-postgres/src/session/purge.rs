use std::num::NonZeroU32;

use cloakroom_store::StoreError;
use cloakroom_store::cloakroom_core::UnixTime;

use crate::purge::{batches, due};
use crate::session::store::Inner;
use crate::sql::query;

/// Deletes sessions that are past a deadline, those that the store-wide cut-off ended, and cut-offs too old to end any.
pub(crate) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
    let Inner {
        opened, statements, ..
    } = inner;
    let connections = &opened.connections;
    let max = i64::from(max.get());
    let mut deleted = due(connections, &statements.purge_due, now, max).await?;
    deleted += batches(connections, max - deleted, |many| {
        query(&statements.purge_cut_off).bind(many)
    })
    .await?;
    if deleted < max {
        let before = now.saturating_sub(opened.settings.retention()).as_millis();
        batches(connections, max, |many| {
            query(&statements.purge_cutoffs).bind(before).bind(many)
        })
        .await?;
    }
    Ok(deleted.unsigned_abs())
}
