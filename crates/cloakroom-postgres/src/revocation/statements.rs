use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::revocation::row::ENTRY;

/// The text of every statement that is prepared, built once.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) look_up: SqlStr,
    pub(super) head: SqlStr,
    pub(super) page: SqlStr,
    pub(super) poll: SqlStr,
    pub(super) trim: SqlStr,
}

impl Statements {
    /// `schema` is quoted.
    pub(super) fn new(schema: &str) -> Self {
        let build = |text: &str| {
            let text = text
                .replace("{behind}", BEHIND)
                .replace("{now}", NOW)
                .replace("{entry}", ENTRY)
                .replace("{feed}", &format!("{schema}.revocation_feed"))
                .replace("{steps}", &format!("{schema}.revocation_steps"))
                .replace("{entries}", &format!("{schema}.revocation_entries"));
            AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
        };
        Self {
            look_up: build(LOOK_UP),
            head: build(HEAD),
            page: build(PAGE),
            poll: build(POLL),
            trim: build(TRIM),
        }
    }
}

/// The server's own clock, not the time at which its transaction began.
pub(super) const NOW: &str = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

// A standby lags behind its primary and does not say by how much, so on one of them nothing is answered.

/// 1 issuer, 2 token id, 3 subject. Nothing is found by NULL.
const LOOK_UP: &str = "\
SELECT EXISTS (SELECT FROM {entries} WHERE kind = 1 AND issuer = $1 AND name = $2),
    GREATEST((SELECT at FROM {entries} WHERE kind = 2 AND issuer = $1 AND name = $3),
        (SELECT at FROM {entries} WHERE kind = 3 AND issuer = '' AND name = '')),
    {now}
WHERE NOT pg_is_in_recovery()";

const HEAD: &str = "\
SELECT {now}, f.id, f.head, (SELECT s.tag FROM {steps} s WHERE s.position = f.head) FROM {feed} f
WHERE NOT pg_is_in_recovery()";

/// 1 behind which position, 2 how many. Steps are whole.
const BEHIND: &str = "\
LEFT JOIN LATERAL (
    SELECT * FROM {entries} WHERE position > $1 ORDER BY position FETCH FIRST $2 ROWS WITH TIES
) e ON true
ORDER BY e.position";

/// The newest position of any entry follows the time, NULL when there is no entry.
const PAGE: &str = "\
SELECT {now}, (SELECT max(position) FROM {entries}), e.position, {entry}
FROM (SELECT FROM {feed} WHERE NOT pg_is_in_recovery()) f {behind}";

/// The same, and the tag of each step; 3 the feed, 4 the tag of the cursor. No row: the cursor is not of this feed.
const POLL: &str = "\
SELECT {now}, (SELECT max(position) FROM {entries}), e.position, {entry},
    (SELECT s.tag FROM {steps} s WHERE s.position = e.position)
FROM (
    SELECT FROM {feed} WHERE NOT pg_is_in_recovery() AND id = $3 AND CASE WHEN $1 = 0 THEN $4 = decode('0000000000000000', 'hex')
        ELSE EXISTS (SELECT FROM {steps} WHERE position = $1 AND tag = $4) END
) f {behind}";

/// 1 how many of the newest are kept, 2 how many to look at.
const TRIM: &str = "\
WITH gone AS (
    DELETE FROM {steps} WHERE position <= LEAST((SELECT head FROM {feed}) - $1,
        (SELECT min(position) FROM {steps}) + $2 - 1) RETURNING 1
)
SELECT count(*) FROM gone";
