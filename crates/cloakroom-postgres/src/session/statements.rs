use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::session::row::{FORMAT, NAMES};

/// The length of a `purge_bucket`: one minute. With an hour, each purge would read again every live row whose deadline
/// lies in this hour: at an idle timeout of half an hour that is nearly all of them.
pub(crate) const BUCKET_MS: i64 = 60_000;

/// The bucket of a time. Rounds as the server's division does.
pub(crate) const fn bucket(millis: i64) -> i64 {
    millis / BUCKET_MS
}

/// The text of every statement, built once: a connection finds what it has prepared by it.
///
/// All of them take the version of a row that is newest once its lock is had. A plain `UPDATE` joined with a `SELECT`
/// would see, under READ COMMITTED, the row as it was when the statement began.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) create_of_visitor: SqlStr,
    pub(crate) create_of_subject: SqlStr,
    pub(crate) load: SqlStr,
    pub(crate) update: SqlStr,
    pub(crate) touch: SqlStr,
    pub(crate) rotate: SqlStr,
    pub(crate) rotate_authenticated: SqlStr,
    pub(crate) delete: SqlStr,
    pub(crate) delete_one: SqlStr,
    pub(crate) list: SqlStr,
    pub(crate) revoke_all: SqlStr,
    pub(crate) purge_due: SqlStr,
    pub(crate) purge_cut_off: SqlStr,
    pub(crate) purge_cutoffs: SqlStr,
}

impl Statements {
    /// `schema` is quoted.
    pub(crate) fn new(schema: &str) -> Self {
        let build = |text: &str| {
            let text = text
                .replace("{insert}", INSERT)
                .replace("{answer}", CREATED)
                .replace("{fresh}", FRESH)
                .replace("{sessions}", &format!("{schema}.sessions"))
                .replace("{cutoffs}", &format!("{schema}.session_cutoffs"))
                .replace("{columns}", &columns())
                .replace("{format}", &FORMAT.to_string())
                .replace("{bucket}", &BUCKET_MS.to_string());
            AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
        };
        Self {
            create_of_visitor: build(CREATE_OF_VISITOR),
            create_of_subject: build(CREATE_OF_SUBJECT),
            load: build(LOAD),
            update: build(UPDATE),
            touch: build(TOUCH),
            rotate: build(&ROTATE.replace("{before}", "").replace("{cut}", "NULL::bigint")),
            rotate_authenticated: build(
                &ROTATE
                    .replace("{before}", LOCK_CUTOFF_OF_ROW)
                    .replace("{cut}", "(SELECT max(cut.cutoff) FROM cut)"),
            ),
            delete: build("DELETE FROM {sessions} WHERE selector = $1 RETURNING 1"),
            delete_one: build("DELETE FROM {sessions} WHERE selector = $1 AND subject = $2 RETURNING 1"),
            list: build(LIST),
            revoke_all: build(REVOKE_ALL),
            purge_due: build(PURGE_DUE),
            purge_cut_off: build(PURGE_CUT_OFF),
            purge_cutoffs: build(PURGE_CUTOFFS),
        }
    }
}

fn columns() -> String {
    NAMES.map(|name| format!("s.{name}")).join(", ")
}

/// No cut-off ends the row `s`. The store-wide cut-off is that of the empty subject, which nobody has.
///
/// Two look-ups by key, whatever the server believes about the table's size, and NULL where there is no cut-off.
const FRESH: &str = "\
    (s.lineage_at <= (SELECT c.cutoff FROM {cutoffs} c WHERE c.subject = '')) IS NOT TRUE \
    AND (s.lineage_at <= (SELECT c.cutoff FROM {cutoffs} c WHERE c.subject = s.subject)) IS NOT TRUE";

const INSERT: &str = "INSERT INTO {sessions} (selector, format, verifier_hash, subject, authenticated_at, lineage_at, \
    created_at, last_seen_at, idle_deadline, absolute_deadline, purge_bucket, version, payload)";

/// 0 done, 1 exists, 2 refused: a row that stands in the way is told first.
const CREATED: &str = "\
SELECT CASE WHEN EXISTS (SELECT FROM made) THEN 0 WHEN EXISTS (SELECT FROM allowed) THEN 1
    WHEN EXISTS (SELECT FROM {sessions} WHERE selector = $1) THEN 1 ELSE 2 END";

/// 1 selector, 2 verifier hash, 3 now, 4 idle deadline, 5 absolute deadline, 6 bucket, 7 payload.
const CREATE_OF_VISITOR: &str = "\
WITH allowed AS (
    SELECT WHERE NOT EXISTS (SELECT FROM {cutoffs} WHERE subject = '' AND cutoff >= $3)
), made AS (
    {insert}
    SELECT $1, {format}, $2, NULL, NULL, $3, $3, $3, $4, $5, $6, 1, $7 FROM allowed
    ON CONFLICT (selector) DO NOTHING
    RETURNING 1
)
{answer}";

/// The same, and 8 subject, 9 time of authentication.
///
/// The row of the subject's cut-off is written, if only with what it held: whoever sets the cut-off waits until this
/// session stands, and this waits for them and then reads what they set, though it began before. A row without a
/// cut-off, made for its lock alone, is removed by a purge.
const CREATE_OF_SUBJECT: &str = "\
WITH cut AS (
    INSERT INTO {cutoffs} AS c (subject, cutoff) VALUES ($8, NULL)
    ON CONFLICT (subject) DO UPDATE SET cutoff = c.cutoff
    RETURNING c.cutoff
), allowed AS (
    SELECT FROM cut
    WHERE (cut.cutoff >= $9) IS NOT TRUE AND NOT EXISTS (SELECT FROM {cutoffs} WHERE subject = '' AND cutoff >= $9)
), made AS (
    {insert}
    SELECT $1, {format}, $2, $8, $9, $9, $3, $3, $4, $5, $6, 1, $7 FROM allowed
    ON CONFLICT (selector) DO NOTHING
    RETURNING 1
)
{answer}";

/// 1 selector, 2 now.
const LOAD: &str = "\
SELECT {columns} FROM {sessions} s
WHERE s.selector = $1 AND s.idle_deadline > $2 AND s.absolute_deadline > $2 AND {fresh}";

/// 1 selector, 2 expected version, 3 payload, 4 idle deadline, 5 now. The first column is the new version, NULL for a
/// conflict, whose row follows.
const UPDATE: &str = "\
WITH cur AS MATERIALIZED (
    SELECT * FROM {sessions} WHERE selector = $1 FOR UPDATE
), live AS MATERIALIZED (
    SELECT * FROM cur s WHERE s.idle_deadline > $5 AND s.absolute_deadline > $5 AND {fresh}
), done AS (
    UPDATE {sessions} t SET payload = $3, format = {format}, version = t.version + 1,
        idle_deadline = LEAST(GREATEST(t.idle_deadline, $4), t.absolute_deadline),
        last_seen_at = GREATEST(t.last_seen_at, $5)
    FROM live
    WHERE t.selector = $1 AND live.version = $2 AND live.format = {format}
    RETURNING t.version
)
SELECT d.version, {columns} FROM live s LEFT JOIN done d ON true";

/// 1 selector, 2 idle deadline, 3 now. A plain `UPDATE` is enough here: it looks again at a row it had to wait for.
const TOUCH: &str = "\
UPDATE {sessions} s SET
    idle_deadline = CASE WHEN s.format = {format} THEN LEAST(GREATEST(s.idle_deadline, $2), s.absolute_deadline)
        ELSE s.idle_deadline END,
    last_seen_at = CASE WHEN s.format = {format} THEN GREATEST(s.last_seen_at, $3) ELSE s.last_seen_at END
WHERE s.selector = $1 AND s.idle_deadline > $3 AND s.absolute_deadline > $3 AND {fresh}
RETURNING s.format";

/// Locks the cut-off of the row's subject before the row itself, as everyone does, and takes it as it is then. The
/// subject of a row never changes, so that it may be read before the row is locked.
const LOCK_CUTOFF_OF_ROW: &str = "\
cut AS (
    INSERT INTO {cutoffs} AS c (subject, cutoff)
    SELECT s.subject, NULL::bigint FROM {sessions} s WHERE s.selector = $1 AND s.subject IS NOT NULL
    ON CONFLICT (subject) DO UPDATE SET cutoff = c.cutoff
    RETURNING c.cutoff
), ";

/// 1 selector, 2 old hash, 3 new hash, 4 reason, 5 time of authentication or NULL, 6 idle deadline, 7 absolute deadline
/// or NULL, 8 expected version or NULL, 9 payload or NULL, 10 now.
///
/// The first column is the new version; the second tells whether the authentication is refused.
const ROTATE: &str = "\
WITH {before}fence AS MATERIALIZED (
    SELECT {cut} AS cutoff
), cur AS MATERIALIZED (
    SELECT t.*, fence.cutoff AS subject_cutoff FROM fence, {sessions} t WHERE t.selector = $1 FOR UPDATE OF t
), live AS MATERIALIZED (
    SELECT *, ($5::bigint IS NOT NULL AND (s.subject IS NULL OR $5 <= s.subject_cutoff OR EXISTS (
        SELECT FROM {cutoffs} c WHERE c.subject = ANY (ARRAY['', s.subject]) AND c.cutoff >= $5
    ))) IS TRUE AS refused
    FROM cur s
    WHERE s.idle_deadline > $10 AND s.absolute_deadline > $10 AND {fresh}
        AND (s.lineage_at <= s.subject_cutoff) IS NOT TRUE
), done AS (
    UPDATE {sessions} t SET verifier_hash = $3, previous_hash = t.verifier_hash, rotated_at = $10,
        rotation_reason = $4, authenticated_at = COALESCE($5, t.authenticated_at),
        lineage_at = GREATEST(t.lineage_at, $5),
        absolute_deadline = CASE WHEN $5::bigint IS NULL THEN t.absolute_deadline
            ELSE GREATEST(t.absolute_deadline, $7) END,
        idle_deadline = LEAST(GREATEST(t.idle_deadline, $6), CASE WHEN $5::bigint IS NULL THEN t.absolute_deadline
            ELSE GREATEST(t.absolute_deadline, $7) END),
        last_seen_at = GREATEST(t.last_seen_at, $10),
        version = t.version + 1, payload = COALESCE($9, t.payload)
    FROM live
    WHERE t.selector = $1 AND NOT live.refused AND live.format = {format} AND live.verifier_hash = $2
        AND ($8::bigint IS NULL OR live.version = $8)
    RETURNING t.version
)
SELECT d.version, s.refused, s.format FROM live s LEFT JOIN done d ON true";

/// 1 subject, 2 last selector of the part before, 3 how many, 4 now.
const LIST: &str = "\
SELECT {columns} FROM {sessions} s
WHERE s.subject = $1 AND s.selector > $2 AND s.idle_deadline > $4 AND s.absolute_deadline > $4
    AND (s.lineage_at <= (SELECT max(c.cutoff) FROM {cutoffs} c WHERE c.subject = ANY (ARRAY['', $1]))) IS NOT TRUE
ORDER BY s.selector LIMIT $3";

/// 1 now.
const REVOKE_ALL: &str = "\
INSERT INTO {cutoffs} AS c (subject, cutoff) VALUES ('', $1)
ON CONFLICT (subject) DO UPDATE SET cutoff = GREATEST(c.cutoff, EXCLUDED.cutoff)";

/// 1 now, 2 its bucket, 3 how many to look at, 4 how many to delete at most.
///
/// A touch leaves the bucket where it is, so that it needs no new entry in an index. Rows whose bucket has come are
/// deleted when they are dead, and otherwise filed under the bucket that their deadline has by now: each row that is
/// looked at leaves the buckets of the past.
const PURGE_DUE: &str = "\
WITH due AS MATERIALIZED (
    SELECT selector, idle_deadline <= $1 OR absolute_deadline <= $1 AS dead FROM {sessions}
    WHERE purge_bucket <= $2
        AND (idle_deadline <= $1 OR absolute_deadline <= $1 OR purge_bucket < idle_deadline / {bucket})
    ORDER BY purge_bucket LIMIT $3 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM {sessions} WHERE selector = ANY (ARRAY(SELECT selector FROM due WHERE dead LIMIT $4)) RETURNING 1
), filed AS (
    UPDATE {sessions} SET purge_bucket = idle_deadline / {bucket}
    WHERE selector = ANY (ARRAY(SELECT selector FROM due WHERE NOT dead)) RETURNING 1
)
SELECT (SELECT count(*) FROM due), (SELECT count(*) FROM gone)";

/// 1 how many at most. Rows that the store-wide cut-off ended; those of a subject's cut-off were deleted with it.
const PURGE_CUT_OFF: &str = "\
WITH gone AS (
    DELETE FROM {sessions} WHERE selector = ANY (ARRAY(
        SELECT selector FROM {sessions} WHERE lineage_at <= (SELECT cutoff FROM {cutoffs} WHERE subject = '')
        ORDER BY lineage_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )) RETURNING 1
)
SELECT count(*) FROM gone";

/// 1 before when, 2 how many at most. The store-wide cut-off stays.
const PURGE_CUTOFFS: &str = "\
WITH gone AS (
    DELETE FROM {cutoffs} WHERE subject = ANY (ARRAY(
        SELECT subject FROM {cutoffs} WHERE COALESCE(cutoff, '-9223372036854775808'::bigint) < $1 AND subject <> ''
        ORDER BY COALESCE(cutoff, '-9223372036854775808'::bigint) LIMIT $2 FOR UPDATE SKIP LOCKED
    )) RETURNING 1
)
SELECT count(*) FROM gone";
