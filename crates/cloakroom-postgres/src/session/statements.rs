use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::purge::BUCKET_MS;
use crate::session::row::{FORMAT, NAMES};
use crate::{cutoffs, purge};

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
                .replace("{lock}", cutoffs::LOCK)
                .replace("{subject}", "$8")
                .replace("{answer}", cutoffs::CREATED)
                .replace("{fresh}", &cutoffs::fresh("s", "lineage_at"))
                .replace("{rows}", "{sessions}")
                .replace("{key}", "selector")
                .replace("{time}", "lineage_at")
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
            revoke_all: build(cutoffs::REVOKE_ALL),
            purge_due: build(purge::DUE),
            purge_cut_off: build(cutoffs::PURGE),
            purge_cutoffs: build(cutoffs::FORGET),
        }
    }
}

fn columns() -> String {
    NAMES.map(|name| format!("s.{name}")).join(", ")
}

const INSERT: &str = "INSERT INTO {sessions} (selector, format, verifier_hash, subject, authenticated_at, lineage_at, \
    created_at, last_seen_at, idle_deadline, absolute_deadline, purge_bucket, version, payload)";

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
const CREATE_OF_SUBJECT: &str = "\
WITH {lock}, allowed AS (
    SELECT FROM cut
    WHERE (cut.cutoff >= $9) IS NOT TRUE AND NOT EXISTS (SELECT FROM {cutoffs} WHERE subject = '' AND cutoff >= $9)
), made AS (
    {insert}
    SELECT $1, {format}, $2, $8, $9, $9, $3, $3, $4, $5, $6, 1, $7 FROM allowed
    ON CONFLICT (selector) DO NOTHING
    RETURNING 1
)
{answer}";

/// 1 selectors. Each is one probe of the primary key: the limit keeps the planner from joining anything else.
const LOAD: &str = "\
SELECT s.* FROM unnest($1::bytea[]) AS wanted (selector) CROSS JOIN LATERAL (
    SELECT {columns} FROM {sessions} s WHERE s.selector = wanted.selector AND {fresh} LIMIT 1
) AS s";

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
