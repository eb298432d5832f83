use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Error};

use crate::connections::begins_again;
use crate::revocation::sql;
use crate::revocation::store::Inner;

/// The most entries that one transaction deletes: how long another writer may have to wait for it.
const BATCH: u32 = 500;
/// How many of the newest steps a purge leaves: a minute of 1,000 revocations a second.
const STEPS: i64 = 65_536;
/// How many steps one statement deletes at most.
const STEPS_AT_ONCE: u32 = 5_000;

/// Deletes entries that are over and old steps. The writer is given back between the steps.
pub(super) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, Error> {
    // By the earlier clock: one that is ahead drops nothing too early.
    let dead = now.min(UnixTime::now()).saturating_sub(inner.fleet.max_skew);
    let mut purged = 0;
    let mut is_first = true;
    while purged < max.get() {
        let many = (max.get() - purged).min(BATCH);
        let mut writer = inner.database.writer().await?;
        let result = purge_some(&mut writer, dead, many).await;
        let result = writer.settle(result);
        if begins_again(&result, &mut is_first) {
            continue;
        }
        let gone = result?;
        purged += gone;
        if gone < many {
            break;
        }
    }
    loop {
        let mut writer = inner.database.writer().await?;
        let result = sqlx::query(sql::TRIM)
            .bind(STEPS)
            .bind(i64::from(STEPS_AT_ONCE))
            .execute(&mut *writer)
            .await;
        if writer.settle(result)?.rows_affected() < u64::from(STEPS_AT_ONCE) {
            return Ok(purged.into());
        }
    }
}

/// One transaction. sqlx rolls it back when this future is dropped, before the connection's next statement.
async fn purge_some(writer: &mut SqliteConnection, dead: UnixTime, many: u32) -> Result<u32, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let gone = sqlx::query(sql::PURGE)
        .bind(dead.as_millis())
        .bind(i64::from(many))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    // No statement deletes more than a batch.
    let gone = u32::try_from(gone).unwrap_or(u32::MAX);
    if gone > 0 {
        sqlx::query(sql::PURGED)
            .bind(i64::from(gone))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(gone)
}
