//! Deletions in small statements with rests between them. Rows that somebody else has locked are left to the next purge.

use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_error::StoreError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Row as _, SqlStr};
use tokio::time::{Instant, sleep};

use crate::connections::{Again, Connections, Statement};
use crate::error::{no_row, store_error};
use crate::opened::Opened;
use crate::sql::query;

/// How many statements of a purge are short, with a rest between them: enough for a thousand rows, and 200 ms of rests at
/// most. More of them has a purge that must file far more rows than it may delete, and its caller waits.
const SHORT: u32 = 40;

/// How many rows a short statement looks at. On a server whose cores are all busy, others wait for as long as it takes: a
/// third of a millisecond, where 250 rows take three.
const FEW: i64 = 25;

/// How many rows any other looks at, at most. Its locks are held until it has done with all of them.
const MANY: i64 = 250;

/// How long a rest is at most. It is as long as the statement before it, so that others get half of the server's time.
const LONGEST_REST: Duration = Duration::from_millis(5);

/// How fast a purge goes.
#[derive(Default)]
struct Pace {
    statements: u32,
    last: Duration,
}

impl Pace {
    /// How many rows the next statement may look at, when its turn has come.
    async fn next(&mut self) -> i64 {
        if self.statements >= SHORT {
            return MANY;
        }
        self.statements += 1;
        if !self.last.is_zero() {
            sleep(self.last.min(LONGEST_REST)).await;
        }
        FEW
    }
}

/// The length of a `purge_bucket`: one minute. With an hour, each purge would read again every live row whose deadline
/// lies in this hour: at an idle timeout of half an hour that is nearly all of them.
pub(crate) const BUCKET_MS: i64 = 60_000;

/// The bucket of a time. Rounds as the server's division does.
pub(crate) const fn bucket(millis: i64) -> i64 {
    millis / BUCKET_MS
}

/// 1 now, 2 its bucket, 3 how many to look at, 4 how many to delete at most.
///
/// A row's use leaves the bucket where it is, so that it needs no new entry in an index. Rows whose bucket has come are
/// deleted when they are dead, and otherwise filed under the bucket that their deadline has by now: each row that is
/// looked at leaves the buckets of the past.
pub(crate) const DUE: &str = "\
WITH due AS MATERIALIZED (
    SELECT {key} AS key, idle_deadline <= $1 OR absolute_deadline <= $1 AS dead FROM {rows}
    WHERE purge_bucket <= $2
        AND (idle_deadline <= $1 OR absolute_deadline <= $1 OR purge_bucket < idle_deadline / {bucket})
    ORDER BY purge_bucket LIMIT $3 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM {rows} WHERE {key} = ANY (ARRAY(SELECT key FROM due WHERE dead LIMIT $4)) RETURNING 1
), filed AS (
    UPDATE {rows} SET purge_bucket = idle_deadline / {bucket}
    WHERE {key} = ANY (ARRAY(SELECT key FROM due WHERE NOT dead)) RETURNING 1
)
SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM gone)";

/// Runs [`DUE`] until nothing is due any more, and tells how many it deleted, `max` at most.
async fn due(
    connections: &Connections,
    statement: &SqlStr,
    now: UnixTime,
    max: i64,
) -> Result<i64, StoreError> {
    let now = now.as_millis();
    let (mut deleted, mut pace) = (0, Pace::default());
    while deleted < max {
        let left = max - deleted;
        // More than may be deleted: most of what is due may be there to be filed.
        let look_at = pace.next().await.min(left.max(4 * FEW));
        let began = Instant::now();
        let row = connections
            .row(Again::Writes, || {
                query(statement)
                    .bind(now)
                    .bind(bucket(now))
                    .bind(look_at)
                    .bind(left)
            })
            .await?
            .ok_or_else(no_row)?;
        pace.last = began.elapsed();
        let seen: i64 = row.try_get(0).map_err(store_error)?;
        let gone: i64 = row.try_get(1).map_err(store_error)?;
        deleted += gone;
        if seen < look_at {
            break;
        }
    }
    Ok(deleted)
}

/// Deletes what is past a deadline by [`DUE`], then what the cut-off of the whole store ended by a statement that is given
/// how many. Tells how many it deleted, `max` at most.
pub(crate) async fn ended(
    connections: &Connections,
    [due_statement, cut_off]: [&SqlStr; 2],
    now: UnixTime,
    max: i64,
) -> Result<i64, StoreError> {
    let deleted = due(connections, due_statement, now, max).await?;
    let cut_off = batches(connections, max - deleted, |many| query(cut_off).bind(many)).await?;
    Ok(deleted + cut_off)
}

/// Deletes cut-offs that are too old to end anything by [`FORGET`](crate::cutoffs::FORGET), `max` at most.
pub(crate) async fn forget(
    opened: &Opened,
    statement: &SqlStr,
    now: UnixTime,
    max: i64,
) -> Result<(), StoreError> {
    let before = now.saturating_sub(opened.settings.retention()).as_millis();
    let statement = |many| query(statement).bind(before).bind(many);
    batches(&opened.connections, max, statement).await.map(drop)
}

/// Runs a statement, which is given how many rows it may delete and answers how many it did, until it finds fewer.
pub(crate) async fn batches<'q>(
    connections: &Connections,
    max: i64,
    statement: impl Fn(i64) -> Query<'q, Postgres, PgArguments>,
) -> Result<i64, StoreError> {
    let (mut deleted, mut pace) = (0, Pace::default());
    while deleted < max {
        let look_at = pace.next().await.min(max - deleted);
        let began = Instant::now();
        let gone: i64 = connections.number(|| Statement::One(statement(look_at))).await?;
        pace.last = began.elapsed();
        deleted += gone;
        if gone < look_at {
            break;
        }
    }
    Ok(deleted)
}
