//! Deletions in small statements with rests between them. Rows that somebody else has locked are left to the next purge.

use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_error::StoreError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, Row as _, SqlStr};
use tokio::time::{Instant, sleep};

use crate::connections::{Again, Statement};
use crate::error::{no_row, store_error};
use crate::opened::Opened;
use crate::sql::query;

/// How many rows a short statement looks at. On a server whose cores are all busy, others wait for as long as it takes: a
/// third of a millisecond, where 250 rows take three.
const FEW: i64 = 25;

/// How many rows any other looks at, at most. Its locks are held until it has done with all of them.
const MANY: i64 = 250;

/// How long a rest is at most. It is as long as the short statement before it, so that others get half of the server's time.
/// A statement that takes longer than this waits, for the network or for its turn, and so leaves the server to others.
const LONGEST_REST: Duration = Duration::from_millis(5);

/// How long a purge goes by short statements and rests, for its caller waits: that of sessions for two seconds, by default.
/// At a third of a millisecond a statement it is time for thousands of rows.
const GENTLE: Duration = Duration::from_millis(300);

/// How fast a purge goes, over all that it deletes.
struct Pace {
    began: Instant,
    /// How long the last statement took.
    last: Duration,
    hurries: bool,
}

/// What comes next: a rest, and a statement that looks at this many rows at most.
#[derive(Debug, PartialEq, Eq)]
struct Turn {
    rest: Duration,
    rows: i64,
}

impl Pace {
    const fn new(began: Instant) -> Self {
        Self {
            began,
            last: Duration::ZERO,
            hurries: false,
        }
    }

    fn turn(&self, now: Instant) -> Turn {
        if self.hurries || now.duration_since(self.began) >= GENTLE {
            return Turn {
                rest: Duration::ZERO,
                rows: MANY,
            };
        }
        Turn {
            rest: self.last.min(LONGEST_REST),
            rows: FEW,
        }
    }

    /// Where two statements in a row take long, the time of each is that of its round trip or of other work, whatever its
    /// rows: from now on there are few of them. One alone may have met a checkpoint.
    fn took(&mut self, time: Duration) {
        self.hurries |= self.last > LONGEST_REST && time > LONGEST_REST;
        self.last = time;
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

/// One call of a purge.
pub(crate) struct Purge<'a> {
    opened: &'a Opened,
    now: UnixTime,
    pace: Pace,
}

impl<'a> Purge<'a> {
    pub(crate) fn begin(opened: &'a Opened, now: UnixTime) -> Self {
        Self {
            opened,
            now,
            pace: Pace::new(Instant::now()),
        }
    }

    /// Deletes what is past a deadline by [`DUE`], then what the cut-off of the whole store ended by a statement that is
    /// given how many. Tells how many it deleted, `max` at most.
    pub(crate) async fn ended(&mut self, [due, cut_off]: [&SqlStr; 2], max: i64) -> Result<i64, StoreError> {
        let deleted = self.due(due, max).await?;
        let cut_off = self
            .batches(max - deleted, |many| query(cut_off).bind(many))
            .await?;
        Ok(deleted + cut_off)
    }

    /// Runs [`DUE`] until nothing is due any more, and tells how many it deleted, `max` at most.
    async fn due(&mut self, statement: &SqlStr, max: i64) -> Result<i64, StoreError> {
        let now = self.now.as_millis();
        let mut deleted = 0;
        while deleted < max {
            let left = max - deleted;
            // More than may be deleted: most of what is due may be there to be filed.
            let look_at = self.turn().await.min(left.max(4 * FEW));
            let began = Instant::now();
            let row = self
                .opened
                .connections
                .row(Again::Writes, || {
                    query(statement)
                        .bind(now)
                        .bind(bucket(now))
                        .bind(look_at)
                        .bind(left)
                })
                .await?
                .ok_or_else(no_row)?;
            self.pace.took(began.elapsed());
            let seen: i64 = row.try_get(0).map_err(store_error)?;
            let gone: i64 = row.try_get(1).map_err(store_error)?;
            deleted += gone;
            if seen < look_at {
                break;
            }
        }
        Ok(deleted)
    }

    /// Deletes cut-offs that are too old to end anything by [`FORGET`](crate::cutoffs::FORGET), `max` at most.
    pub(crate) async fn forget(&mut self, statement: &SqlStr, max: i64) -> Result<(), StoreError> {
        let retention = self.opened.settings.retention();
        let before = self.now.saturating_sub(retention).as_millis();
        let statement = |many| query(statement).bind(before).bind(many);
        self.batches(max, statement).await.map(drop)
    }

    /// Runs a statement, which is given how many rows it may delete and answers how many it did, until it finds fewer.
    pub(crate) async fn batches<'q>(
        &mut self,
        max: i64,
        statement: impl Fn(i64) -> Query<'q, Postgres, PgArguments>,
    ) -> Result<i64, StoreError> {
        let mut deleted = 0;
        while deleted < max {
            let look_at = self.turn().await.min(max - deleted);
            let began = Instant::now();
            let one = || Statement::One(statement(look_at));
            let gone: i64 = self.opened.connections.number(one).await?;
            self.pace.took(began.elapsed());
            deleted += gone;
            if gone < look_at {
                break;
            }
        }
        Ok(deleted)
    }

    /// How many rows the next statement may look at, when its turn has come.
    async fn turn(&self) -> i64 {
        let Turn { rest, rows } = self.pace.turn(Instant::now());
        if !rest.is_zero() {
            sleep(rest).await;
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Pace, Turn};

    const SHORT: Duration = Duration::from_micros(300);
    const LONG: Duration = Duration::from_micros(5001);

    const fn turn(rest: Duration, rows: i64) -> Turn {
        Turn { rest, rows }
    }

    /// The turns of a purge whose statements take this long.
    fn turns(statements: impl IntoIterator<Item = Duration>) -> Vec<Turn> {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut turns = Vec::new();
        for took in statements {
            let turn = pace.turn(now);
            now += turn.rest + took;
            pace.took(took);
            turns.push(turn);
        }
        turns
    }

    #[test]
    fn a_thousand_rows_go_by_few_with_a_rest_as_long_as_each_statement() {
        let turns = turns([SHORT; 40]);
        assert_eq!(turns[0], turn(Duration::ZERO, 25));
        assert_eq!(turns[1..], [const { turn(SHORT, 25) }; 39]);
    }

    #[test]
    fn where_statements_take_long_there_are_few_of_them() {
        let ms = Duration::from_millis;
        let expected = [
            turn(Duration::ZERO, 25),
            turn(ms(5), 25),
            turn(Duration::ZERO, 250),
            turn(Duration::ZERO, 250),
        ];
        assert_eq!(turns([LONG; 4]), expected);
        // Also when the next ones do not.
        assert_eq!(turns([LONG, LONG, SHORT, SHORT]), expected);
        assert_eq!(
            turns([SHORT, LONG, SHORT, LONG]),
            [
                turn(Duration::ZERO, 25),
                turn(SHORT, 25),
                turn(ms(5), 25),
                turn(SHORT, 25)
            ],
            "one alone"
        );
    }

    #[test]
    fn a_purge_is_gentle_for_its_time_and_then_hurries() {
        let ms = Duration::from_millis;
        assert_eq!(
            turns([ms(299), ms(1), SHORT]),
            [
                turn(Duration::ZERO, 25),
                turn(ms(5), 25),
                turn(Duration::ZERO, 250)
            ]
        );
        // Each with its rest: 10 ms.
        let turns = turns([ms(5); 40]);
        let gentle = turns.iter().take_while(|turn| turn.rows == 25).count();
        assert_eq!(gentle, 31);
        assert_eq!(turns[31..], [const { turn(Duration::ZERO, 250) }; 9]);
    }
}
