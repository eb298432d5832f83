use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use sqlx::Error;

use crate::purge::{BATCH, count, forget};
use crate::token::sql;
use crate::token::store::Inner;

/// Deletes families that are past a deadline, those that the cut-off of the whole store ended, access tokens that have
/// ended, and cut-offs that are too old to end anything. The writer is given back between the steps.
pub(super) async fn purge(inner: &Inner, now: UnixTime, max: NonZeroU32) -> Result<u64, Error> {
    let database = &inner.database;
    let mut left = sql::DUE.run(database, now, max.get()).await?;
    for (statement, takes_now) in [(sql::PURGE_CUT_OFF, false), (sql::PURGE_ACCESS, true)] {
        while left > 0 {
            let mut query = sqlx::query(statement);
            if takes_now {
                query = query.bind(now.as_millis());
            }
            let purged = count(database.execute(query.bind(i64::from(left.min(BATCH)))).await?);
            left -= purged;
            if purged == 0 {
                break;
            }
        }
    }
    let oldest = now.saturating_sub(inner.cutoff_retention);
    forget(database, sql::FORGET_CUTOFFS, oldest).await?;
    Ok(u64::from(max.get() - left))
}
