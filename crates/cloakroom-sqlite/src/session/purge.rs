use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Error, Row as _};

use crate::purge::{BATCH, count, forget};
use crate::session::sql;
use crate::session::store::Inner;

/// Deletes what is past a deadline, then what the cut-off of the whole store ended, then cut-offs that are too old to
/// end anything. The writer is given back between the steps, each of which may be the last that runs.
pub(super) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, Error> {
    let database = &inner.database;
    let mut left = sql::DUE.run(database, now, max.get()).await?;
    while left > 0 {
        let mut writer = database.writer().await?;
        let result = sweep(&mut writer, left).await;
        let Some(swept) = writer.settle(result)? else {
            break;
        };
        left -= swept;
    }
    let oldest = now.saturating_sub(inner.cutoff_retention);
    forget(database, sql::FORGET_CUTOFFS, oldest).await?;
    Ok(u64::from(max.get() - left))
}

/// Deletes what the cut-off ended among the next rows; `None` when all have been looked at.
async fn sweep(writer: &mut SqliteConnection, left: u32) -> Result<Option<u32>, Error> {
    let step = sqlx::query(sql::SWEEP_STEP)
        .bind(i64::from(BATCH))
        .fetch_optional(&mut *writer)
        .await?;
    let Some(step) = step else {
        return Ok(None);
    };
    let from: i64 = step.try_get(0)?;
    let cutoff: i64 = step.try_get(1)?;
    let to: Option<i64> = step.try_get(2)?;
    let mut swept = 0;
    if let Some(to) = to {
        let done = sqlx::query(sql::SWEEP)
            .bind(from)
            .bind(to)
            .bind(cutoff)
            .bind(i64::from(left))
            .execute(&mut *writer)
            .await?;
        swept = count(done.rows_affected());
        if swept == left {
            // There may be more among these.
            return Ok(Some(swept));
        }
    }
    sqlx::query(sql::SWEPT)
        .bind(from)
        .bind(to)
        .bind(cutoff)
        .execute(&mut *writer)
        .await?;
    Ok(Some(swept))
}
