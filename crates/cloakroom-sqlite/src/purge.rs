//! Deletions in steps, between which the writer is given back: each may be the last that runs.

use cloakroom_core::UnixTime;
use sqlx::Error;
use sqlx::sqlite::SqliteConnection;

use crate::database::Database;

/// The most rows that one statement looks at: how long another writer may have to wait for it.
pub(crate) const BATCH: u32 = 500;

/// The statements that deal with the first rows of the index of deadlines: `?1` is now, `?2` how many they look at.
pub(crate) struct Due {
    /// Deletes the dead, `?3` at most.
    pub(crate) purge: &'static str,
    /// Moves the others to where they belong.
    pub(crate) reschedule: &'static str,
}

impl Due {
    /// Deletes what is past a deadline, `left` at most. Tells how many may be deleted then.
    pub(crate) async fn run(&self, database: &Database, now: UnixTime, mut left: u32) -> Result<u32, Error> {
        while left > 0 {
            let mut writer = database.writer().await?;
            let result = self.step(&mut writer, now, left).await;
            let (purged, moved) = writer.settle(result)?;
            left -= purged;
            if purged + moved == 0 {
                break;
            }
        }
        Ok(left)
    }

    /// Tells how many were deleted, and how many moved.
    async fn step(
        &self,
        writer: &mut SqliteConnection,
        now: UnixTime,
        left: u32,
    ) -> Result<(u32, u32), Error> {
        let purged = sqlx::query(self.purge)
            .bind(now.as_millis())
            .bind(i64::from(BATCH))
            .bind(i64::from(left))
            .execute(&mut *writer)
            .await?;
        let moved = sqlx::query(self.reschedule)
            .bind(now.as_millis())
            .bind(i64::from(BATCH))
            .execute(&mut *writer)
            .await?;
        Ok((count(purged.rows_affected()), count(moved.rows_affected())))
    }
}

/// Deletes cut-offs of before `oldest`, by a statement that is given that time and how many.
pub(crate) async fn forget(
    database: &Database,
    statement: &'static str,
    oldest: UnixTime,
) -> Result<(), Error> {
    let query = sqlx::query(statement)
        .bind(oldest.as_millis())
        .bind(i64::from(BATCH));
    database.execute(query).await.map(drop)
}

/// No statement deletes more than a batch.
pub(crate) fn count(rows: u64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
