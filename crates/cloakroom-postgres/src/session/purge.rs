use std::num::NonZeroU32;

use cloakroom_store::StoreError;
use cloakroom_store::cloakroom_core::UnixTime;
use sqlx::Row as _;

use crate::connections::Again;
use crate::error::{no_row, store_error};
use crate::session::statements::bucket;
use crate::session::store::{Inner, query};

/// How many rows one statement looks at, at least and at most. Its locks are held until it has done with all of them.
const LOOK_AT: std::ops::RangeInclusive<i64> = 100..=250;

/// Deletes what is not live any more, in statements of moderate size. Rows that somebody else has locked are left to
/// the next purge.
pub(crate) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
    let Inner { opened, statements } = inner;
    let connections = &opened.connections;
    let now = now.as_millis();
    let max = i64::from(max.get());
    let mut deleted = 0;
    while deleted < max {
        let left = max - deleted;
        let look_at = left.clamp(*LOOK_AT.start(), *LOOK_AT.end());
        let row = connections
            .row(Again::Writes, || {
                query(&statements.purge_due)
                    .bind(now)
                    .bind(bucket(now))
                    .bind(look_at)
                    .bind(left)
            })
            .await?
            .ok_or_else(no_row)?;
        let seen: i64 = row.try_get(0).map_err(store_error)?;
        let gone: i64 = row.try_get(1).map_err(store_error)?;
        deleted += gone;
        if seen < look_at {
            break;
        }
    }
    while deleted < max {
        let look_at = (max - deleted).min(*LOOK_AT.end());
        let row = connections
            .row(Again::Writes, || query(&statements.purge_cut_off).bind(look_at))
            .await?
            .ok_or_else(no_row)?;
        let gone: i64 = row.try_get(0).map_err(store_error)?;
        deleted += gone;
        if gone < look_at {
            break;
        }
    }
    let before = UnixTime::from_millis(now).saturating_sub(opened.settings.retention());
    let mut forgotten = 0;
    while deleted < max && forgotten < max {
        let look_at = (max - forgotten).min(*LOOK_AT.end());
        let row = connections
            .row(Again::Writes, || {
                query(&statements.purge_cutoffs)
                    .bind(before.as_millis())
                    .bind(look_at)
            })
            .await?
            .ok_or_else(no_row)?;
        let gone: i64 = row.try_get(0).map_err(store_error)?;
        forgotten += gone;
        if gone < look_at {
            break;
        }
    }
    Ok(deleted.unsigned_abs())
}
