use std::sync::Arc;

use cloakroom_token::{AccessRow, FamilyRow};
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use crate::purge::BUCKET_MS;
use crate::token::row;
use crate::{cutoffs, purge};

/// The text of every statement, built once: a connection finds what it has prepared by it.
///
/// All of them take the version of a row that is newest once its lock is had.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) create_family: SqlStr,
    pub(super) rotate: SqlStr,
    pub(super) load_family: SqlStr,
    pub(super) end_family: SqlStr,
    pub(super) end_one: SqlStr,
    pub(super) list: SqlStr,
    pub(super) revoke_all: SqlStr,
    pub(super) create_access: SqlStr,
    pub(super) load_access: SqlStr,
    pub(super) end_access: SqlStr,
    pub(super) purge_due: SqlStr,
    pub(super) purge_cut_off: SqlStr,
    pub(super) purge_access: SqlStr,
    pub(super) purge_cutoffs: SqlStr,
}

impl Statements {
    /// `schema` is quoted.
    pub(super) fn new(schema: &str) -> Self {
        let build = |text: &str| {
            let text = text
                .replace("{lock}", cutoffs::LOCK)
                .replace("{subject}", "$4")
                .replace("{answer}", cutoffs::CREATED)
                .replace("{fresh}", &cutoffs::fresh("s", "authenticated_at"))
                .replace("{fresh family}", &cutoffs::fresh("f", "authenticated_at"))
                .replace("{rows}", "{families}")
                .replace("{key}", "id")
                .replace("{time}", "authenticated_at")
                .replace("{bucket}", &BUCKET_MS.to_string())
                .replace("{columns}", &columns(&row::FAMILY, ""))
                .replace("{columns of access}", &columns(&row::ACCESS, ""))
                .replace("{columns rotated}", &columns(&row::FAMILY, "d"))
                .replace("{format}", &FamilyRow::FORMAT.to_string())
                .replace("{format of access}", &AccessRow::FORMAT.to_string())
                .replace("{families}", &format!("{schema}.token_families"))
                .replace("{access}", &format!("{schema}.access_tokens"))
                .replace("{cutoffs}", &format!("{schema}.token_cutoffs"));
            AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
        };
        Self {
            create_family: build(CREATE_FAMILY),
            rotate: build(ROTATE),
            load_family: build(LOAD_FAMILY),
            end_family: build(
                "DELETE FROM {families} WHERE id = $1 AND secret_hash = $2 AND client = $3 RETURNING 1",
            ),
            end_one: build("DELETE FROM {families} WHERE id = $1 AND subject = $2 RETURNING 1"),
            list: build(LIST),
            revoke_all: build(cutoffs::REVOKE_ALL),
            create_access: build(&CREATE_ACCESS.replace("{has a family}", HAS_A_FAMILY)),
            load_access: build(&LOAD_ACCESS.replace("{has a family}", HAS_A_FAMILY)),
            end_access: build("DELETE FROM {access} WHERE hash = $1 AND client = $2 RETURNING 1"),
            purge_due: build(purge::DUE),
            purge_cut_off: build(cutoffs::PURGE),
            purge_access: build(PURGE_ACCESS),
            purge_cutoffs: build(cutoffs::FORGET),
        }
    }
}

/// The columns of `s`; those that a rotation changes as `changed` has them, where it has a row.
fn columns(names: &[&str], changed: &str) -> String {
    let column = |name: &&str| match *name {
        "generation" | "key_id" | "rotated_at" | "idle_deadline" if !changed.is_empty() => {
            format!("COALESCE({changed}.{name}, s.{name})")
        }
        name => format!("s.{name}"),
    };
    names.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// 1 id, 2 secret hash, 3 client, 4 subject, 5 time of authentication, 6 confirmation, 7 key, 8 now, 9 idle deadline, 10
/// absolute deadline, 11 bucket, 12 data.
const CREATE_FAMILY: &str = "\
WITH {lock}, allowed AS (
    SELECT FROM cut
    WHERE (cut.cutoff >= $5) IS NOT TRUE AND NOT EXISTS (SELECT FROM {cutoffs} WHERE subject = '' AND cutoff >= $5)
), made AS (
    INSERT INTO {families} (id, format, secret_hash, client, subject, authenticated_at, confirmation, generation, key_id,
        created_at, rotated_at, idle_deadline, absolute_deadline, purge_bucket, data)
    SELECT $1, {format}, $2, $3, $4, $5, $6, 0, $7, $8, $8, $9, $10, $11, $12 FROM allowed
    ON CONFLICT (id) DO NOTHING
    RETURNING 1
)
{answer}";

/// 1 id, 2 secret hash, 3 client, 4 confirmation, 5 generation, 6 next key, 7 idle deadline, 8 now, 9 after when a rotation
/// has to lie for its grace to run still. No row: there is no such live family.
///
/// The row is locked before it is compared, and a subject's cut-off is set before its families are deleted: what holds the
/// lock first is done first, and the other one sees it. No rotation moves what cut-offs are compared with.
///
/// The first column is what became of it: 0 cannot be read, 1 the secret, 2 the client, 3 the confirmation, 4 ahead, 5
/// exhausted, 6 done, 7 retry, 8 late, 9 reused.
const ROTATE: &str = "\
WITH cur AS MATERIALIZED (
    SELECT * FROM {families} WHERE id = $1 FOR UPDATE
), live AS MATERIALIZED (
    SELECT s.*, CASE
        WHEN s.format <> {format} OR s.generation NOT BETWEEN 0 AND 4294967295 THEN 0
        WHEN s.secret_hash <> $2 THEN 1
        WHEN s.client <> $3 THEN 2
        WHEN s.confirmation IS NOT NULL AND s.confirmation IS DISTINCT FROM $4 THEN 3
        WHEN $5 > s.generation THEN 4
        WHEN $5 = s.generation AND s.generation = 4294967295 THEN 5
        WHEN $5 = s.generation THEN 6
        WHEN $5 = s.generation - 1 AND s.rotated_at > $9 THEN 7
        WHEN $5 = s.generation - 2 AND s.rotated_at > $9 THEN 8
        ELSE 9 END AS outcome
    FROM cur s WHERE s.idle_deadline > $8 AND s.absolute_deadline > $8 AND {fresh}
), gone AS (
    DELETE FROM {families} t USING live WHERE t.id = $1 AND live.outcome IN (5, 9)
), done AS (
    UPDATE {families} t SET generation = t.generation + 1, key_id = $6, rotated_at = $8,
        idle_deadline = LEAST(GREATEST(t.idle_deadline, $7), t.absolute_deadline)
    FROM live WHERE t.id = $1 AND live.outcome = 6
    RETURNING t.generation, t.key_id, t.rotated_at, t.idle_deadline
)
SELECT s.outcome, {columns rotated} FROM live s LEFT JOIN done d ON true";

/// 1 id, 2 secret hash, 3 now.
const LOAD_FAMILY: &str = "\
SELECT {columns} FROM {families} s
WHERE s.id = $1 AND s.secret_hash = $2 AND s.idle_deadline > $3 AND s.absolute_deadline > $3 AND {fresh}";

/// 1 subject, 2 last id of the part before, 3 how many, 4 now.
const LIST: &str = "\
SELECT {columns} FROM {families} s
WHERE s.subject = $1 AND s.id > $2 AND s.idle_deadline > $4 AND s.absolute_deadline > $4
    AND (s.authenticated_at <= (SELECT max(c.cutoff) FROM {cutoffs} c WHERE c.subject = ANY (ARRAY['', $1]))) IS NOT TRUE
ORDER BY s.id LIMIT $3";

/// The access token `s` came with no family, or with one that is live at $2.
const HAS_A_FAMILY: &str = "\
(s.family IS NULL OR EXISTS (SELECT FROM {families} f
    WHERE f.id = s.family AND f.idle_deadline > $2 AND f.absolute_deadline > $2 AND {fresh family}))";

/// 1 hash, 2 now, 3 client, 4 subject, 5 its tag, 6 time of authentication, 7 family, 8 confirmation, 9 issued, 10 end, 11
/// data. 0 done, 1 exists, 2 refused. What ends its subject or its family just after this is seen by every load.
const CREATE_ACCESS: &str = "\
WITH allowed AS (
    SELECT FROM (VALUES ($4::text, $6::bigint, $7::bytea)) AS s (subject, authenticated_at, family)
    WHERE {fresh} AND {has a family}
), made AS (
    INSERT INTO {access} (hash, format, client, subject, subject_tag, authenticated_at, family, confirmation, issued_at,
        expires_at, data)
    SELECT $1, {format of access}, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM allowed
    ON CONFLICT (hash) DO NOTHING
    RETURNING 1
)
SELECT CASE WHEN EXISTS (SELECT FROM made) THEN 0 WHEN EXISTS (SELECT FROM allowed) THEN 1 ELSE 2 END";

/// 1 hash, 2 now.
const LOAD_ACCESS: &str = "\
SELECT {columns of access} FROM {access} s
WHERE s.hash = $1 AND s.expires_at > $2 AND {fresh} AND {has a family}";

/// 1 now, 2 how many at most.
const PURGE_ACCESS: &str = "\
WITH gone AS (
    DELETE FROM {access} WHERE hash = ANY (ARRAY(
        SELECT hash FROM {access} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )) RETURNING 1
)
SELECT count(*) FROM gone";
