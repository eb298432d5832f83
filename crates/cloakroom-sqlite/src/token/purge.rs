use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use crate::token::sql;
use crate::token::store::Inner;

/// The most rows that one statement looks at: how long another writer may have to wait for it.
const BATCH: u32 = 500;

/// Deletes families that are past a deadline, those that the cut-off of the whole store ended, access tokens that have
/// ended, and cut-offs that are too old to end anything. The writer is given back between the steps.
pub(super) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, Error> {
    let mut left = max.get();
    while left > 0 {
        let mut writer = inner.database.writer().await?;
        let result = purge_due(&mut writer, now, left).await;
        let (purged, moved) = writer.settle(result)?;
        left -= purged;
        if purged + moved == 0 {
            break;
        }
    }
    for (statement, takes_now) in [(sql::PURGE_CUT_OFF, false), (sql::PURGE_ACCESS, true)] {
        while left > 0 {
            let mut writer = inner.database.writer().await?;
            let mut query = sqlx::query(statement);
            if takes_now {
                query = query.bind(now.as_millis());
            }
            let result = query.bind(i64::from(left.min(BATCH))).execute(&mut *writer).await;
            let purged = count(writer.settle(result)?.rows_affected());
            left -= purged;
            if purged == 0 {
                break;
            }
        }
    }
    let oldest = now.saturating_sub(inner.cutoff_retention);
    let mut writer = inner.database.writer().await?;
    let result = sqlx::query(sql::FORGET_CUTOFFS)
        .bind(oldest.as_millis())
        .bind(i64::from(BATCH))
        .execute(&mut *writer)
        .await;
    writer.settle(result)?;
    Ok(u64::from(max.get() - left))
}

/// Deals with the first rows of the index: deletes the dead, moves the others to where they belong. Tells how many each.
async fn purge_due(writer: &mut SqliteConnection, now: UnixTime, left: u32) -> Result<(u32, u32), Error> {
    let purged = sqlx::query(sql::PURGE)
        .bind(now.as_millis())
        .bind(i64::from(BATCH))
        .bind(i64::from(left))
        .execute(&mut *writer)
        .await?;
    let moved = sqlx::query(sql::RESCHEDULE)
        .bind(now.as_millis())
        .bind(i64::from(BATCH))
        .execute(&mut *writer)
        .await?;
    Ok((count(purged.rows_affected()), count(moved.rows_affected())))
}

/// No statement deletes more than a batch.
fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
