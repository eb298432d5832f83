//! What writes revocations: several statements that travel in one message, which makes them one transaction.
//!
//! 1. It takes the snapshot of each statement at its beginning, whatever the database's default.
//! 2. It locks the feed's row, which whoever writes holds until their commit. So the order of positions is the order of
//!    commits, and nobody is ever shown a step before one of a lower position.
//! 3. It waits until nobody is looking up before they mint, and keeps those out who would, until its commit: see `settled`. A
//!    purge does not. This lock comes behind that of the row, so that of those who write one at a time stands in its line.
//! 4. Each statement of a revocation begins after that, so it sees all that was written before, counts, decides and writes.
//!
//! Values stand in the text, as hex digits and integers alone.

use std::time::Duration;

use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::{Denial, EntryRow, Fleet};

use crate::connections::Again;
use crate::revocation::joint::Lock;
use crate::revocation::settled;
use crate::revocation::statements::NOW;
use crate::sql::{hex, millis, text};

/// What goes before revocations.
pub(super) const LOCK: Lock = Lock {
    statements: |schema| locked(schema) + &settled::alone(schema),
    rows: 2,
    again: Again::Writes,
};

/// What goes before all that writes: the lock of the feed's row. It answers a row.
fn locked(schema: &str) -> String {
    format!("{READ_COMMITTED}SELECT 1 FROM {schema}.revocation_feed FOR UPDATE;\n")
}

/// Gives each statement of a transaction a snapshot of its own.
pub(super) const READ_COMMITTED: &str = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;\n";

/// Denies a credential, or cuts its subject off where there are too many denials.
pub(super) fn deny(schema: &str, fleet: &Fleet, denial: &Denial, tag: [u8; 8], now: UnixTime) -> String {
    let (issuer, subject) = (text(denial.issuer()), text(denial.subject()));
    let token_id = text(denial.token_id());
    let keep_until = millis(denial.keep_until(fleet));
    // What is kept until then or before is not live any more.
    let dead = millis(now.saturating_sub(fleet.max_skew));
    // The same by the server's clock: `Denial::cut_off_from`.
    let at = denial.cut_off_from(fleet, now).saturating_add(fleet.max_skew);
    let least = format!(
        "{}, LEAST({}, clock + {})",
        millis(at),
        millis(denial.issued_at()),
        span(fleet.furthest_ahead())
    );
    let cut_off = cut_off_row(fleet, &issuer, &subject, &least);
    let most = Fleet::DENIALS_PER_SUBJECT;
    let most_entries = i64::try_from(fleet.max_entries).unwrap_or(i64::MAX);
    let wanted = format!(
        "\
    SELECT w.* FROM (SELECT 1::smallint, {issuer}, {token_id}, {subject}, 0::bigint, {keep_until} UNION ALL {cut_off})
        AS w (kind, issuer, name, subject, at, keep_until), {schema}.revocation_feed f
    WHERE w.kind = CASE
        WHEN EXISTS (SELECT FROM {schema}.revocation_entries e
            WHERE e.kind = 1 AND e.issuer = {issuer} AND e.name = {token_id} AND e.keep_until > {dead}) THEN 1
        WHEN (SELECT count(*) FROM (SELECT FROM {schema}.revocation_entries e
            WHERE e.kind = 1 AND e.issuer = {issuer} AND e.subject = {subject} AND e.keep_until > {dead}
            LIMIT {most}) AS denials) >= {most} THEN 2
        WHEN f.entries < {most_entries} THEN 1
        WHEN f.entries - (SELECT count(*) FROM {schema}.revocation_entries e
            WHERE e.kind <> 3 AND e.keep_until <= {dead}) >= {most_entries} THEN 2
        ELSE 1 END"
    );
    step(schema, &wanted, tag)
}

/// Cuts a subject off.
pub(super) fn cut_off(
    schema: &str,
    fleet: &Fleet,
    issuer: &str,
    subject: &str,
    tag: [u8; 8],
    now: UnixTime,
) -> String {
    let least = millis(now.saturating_add(fleet.max_skew));
    let row = cut_off_row(fleet, &text(issuer), &text(subject), &least);
    step(schema, &wanted(&row), tag)
}

/// Cuts everything off.
pub(super) fn revoke_all(schema: &str, fleet: &Fleet, tag: [u8; 8], now: UnixTime) -> String {
    let row = format!(
        "SELECT {}::smallint, '', '', NULL::text, c.at, {} FROM {} c",
        EntryRow::ALL,
        millis(UnixTime::MAX),
        cut_off_at(fleet, &millis(now.saturating_add(fleet.max_skew)))
    );
    step(schema, &wanted(&row), tag)
}

/// Deletes at most `max` entries that are over, and answers how many.
pub(super) fn purge(schema: &str, fleet: &Fleet, now: UnixTime, max: i64) -> String {
    // By the earlier clock: one that is ahead drops nothing too early.
    let dead = format!(
        "LEAST({}, (SELECT {NOW}) - {})",
        millis(now.saturating_sub(fleet.max_skew)),
        span(fleet.max_skew)
    );
    locked(schema)
        + &format!(
            "\
WITH gone AS (
    DELETE FROM {schema}.revocation_entries WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM {schema}.revocation_entries WHERE kind <> 3 AND keep_until < {dead}
        ORDER BY keep_until LIMIT {max}
    )) RETURNING 1
), counted AS (
    UPDATE {schema}.revocation_feed SET entries = entries - (SELECT count(*) FROM gone)
    WHERE EXISTS (SELECT FROM gone)
)
SELECT count(*) FROM gone"
        )
}

/// A row `at` of the time of a cut-off that is made now: the server's clock, which is read once, and the skew, but none of
/// these that is `least` is later.
fn cut_off_at(fleet: &Fleet, least: &str) -> String {
    let skew = span(fleet.max_skew);
    format!(
        "(SELECT GREATEST({least}, clock + {skew}) AS at FROM (SELECT {NOW} AS clock OFFSET 0) s OFFSET 0)"
    )
}

fn cut_off_row(fleet: &Fleet, issuer: &str, subject: &str, least: &str) -> String {
    let kept = fleet.longest_age.saturating_add(fleet.leeway);
    format!(
        "SELECT 2::smallint, {issuer}, {subject}, NULL::text, c.at, LEAST(c.at, {}) + {} FROM {} c",
        millis(UnixTime::MAX.saturating_sub(kept)),
        span(kept),
        cut_off_at(fleet, least)
    )
}

/// A duration as an expression of type `bigint`: at most half of what that holds, so that adding one to a clock is no
/// overflow.
fn span(duration: Duration) -> String {
    let most = UnixTime::from_millis(i64::MAX / 2);
    millis(UnixTime::EPOCH.saturating_add(duration).min(most))
}

fn wanted(row: &str) -> String {
    format!("    SELECT * FROM ({row}) AS w (kind, issuer, name, subject, at, keep_until)")
}

/// Writes the one row that is wanted, as a step of the feed, unless all that it says is known. Nothing is ever moved
/// back, and an entry stays with the subject that it came with. Answers the kind and the time of the entry.
fn step(schema: &str, wanted: &str, tag: [u8; 8]) -> String {
    let tag = hex(&tag);
    let channel = super::listening::CHANNEL;
    format!(
        "\
WITH wanted AS MATERIALIZED (
{wanted}
), next AS MATERIALIZED (
    SELECT w.kind, w.issuer, w.name, w.subject, GREATEST(w.at, e.at) AS at,
        GREATEST(w.keep_until, e.keep_until) AS keep_until, e.kind IS NULL AS is_new,
        e.kind IS NULL OR w.at > e.at OR (w.kind = 1 AND w.keep_until > e.keep_until) AS is_change
    FROM wanted w LEFT JOIN {schema}.revocation_entries e
        ON e.kind = w.kind AND e.issuer = w.issuer AND e.name = w.name
), head AS (
    UPDATE {schema}.revocation_feed f
    SET head = f.head + 1, entries = f.entries + (next.is_new AND next.kind <> 3)::integer
    FROM next WHERE next.is_change
    RETURNING f.head
), step AS (
    INSERT INTO {schema}.revocation_steps (position, tag) SELECT head.head, {tag} FROM head
), stored AS (
    INSERT INTO {schema}.revocation_entries AS e (kind, issuer, name, subject, at, keep_until, position)
    SELECT n.kind, n.issuer, n.name, n.subject, n.at, n.keep_until, head.head FROM next n, head
    ON CONFLICT (kind, issuer, name) DO UPDATE
    SET at = EXCLUDED.at, keep_until = EXCLUDED.keep_until, position = EXCLUDED.position
)
SELECT next.kind, next.at, (SELECT pg_notify('{channel}', {name}) IS NULL FROM head)
FROM next, {schema}.revocation_feed",
        name = text(schema.trim_matches('"')),
    )
}
