use cloakroom_store::Subject;
use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;

use crate::sql::{hex, millis, text};

/// Nothing is after it, so nothing can be spared by it.
const MAX: i64 = i64::MAX;

/// Sets the cut-off, then deletes: two statements that travel in one message, which makes them one transaction.
///
/// They cannot be one statement. The first one waits for whoever is creating a session of this subject, and only a
/// statement that begins after that sees the session. Values stand in the text, as hex digits and integers alone.
pub(crate) fn script(schema: &str, subject: &Subject, except: Option<&Selector>, now: UnixTime) -> String {
    let subject = text(subject.as_str());
    let except = except.map_or_else(|| "NULL::bytea".to_owned(), |except| hex(except.as_bytes()));
    let now = millis(now);
    format!(
        "\
INSERT INTO {schema}.session_cutoffs AS c (subject, cutoff) VALUES ({subject}, {now})
ON CONFLICT (subject) DO UPDATE SET cutoff = GREATEST(c.cutoff, EXCLUDED.cutoff);
WITH cut AS MATERIALIZED (
    SELECT c.cutoff, (SELECT w.cutoff FROM {schema}.session_cutoffs w WHERE w.subject = '') AS wide
    FROM {schema}.session_cutoffs c WHERE c.subject = {subject}
), mine AS MATERIALIZED (
    SELECT selector, lineage_at, idle_deadline > {now} AND absolute_deadline > {now} AS live
    FROM {schema}.sessions WHERE subject = {subject} ORDER BY selector FOR UPDATE
), judged AS MATERIALIZED (
    SELECT mine.selector, live AND (lineage_at <= wide) IS NOT TRUE AS live,
        live AND (lineage_at <= wide) IS NOT TRUE AND selector = {except} AND cutoff < {MAX} AS spared
    FROM mine, cut
), gone AS (
    DELETE FROM {schema}.sessions s USING judged WHERE s.selector = judged.selector AND spared IS NOT TRUE
    RETURNING live
), spared AS (
    UPDATE {schema}.sessions s SET lineage_at = GREATEST(s.lineage_at, cut.cutoff + 1) FROM judged, cut
    WHERE s.selector = judged.selector AND spared
)
SELECT count(*) FROM gone WHERE live"
    )
}
