use cloakroom_token::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_id::Subject;

use crate::sql::{millis, text};

/// Sets the cut-off, then deletes: two statements that travel in one message, which makes them one transaction.
///
/// They cannot be one statement. The first one waits for whoever is creating a family of this subject, and only a
/// statement that begins after that sees the family. Values stand in the text, as hex digits and integers alone.
pub(super) fn script(schema: &str, subject: &Subject, cutoff: UnixTime, now: UnixTime) -> String {
    let subject = text(subject.as_str());
    let (cutoff, now) = (millis(cutoff), millis(now));
    format!(
        "\
INSERT INTO {schema}.token_cutoffs AS c (subject, cutoff) VALUES ({subject}, {cutoff})
ON CONFLICT (subject) DO UPDATE SET cutoff = GREATEST(c.cutoff, EXCLUDED.cutoff);
WITH wide AS MATERIALIZED (
    SELECT cutoff FROM {schema}.token_cutoffs WHERE subject = ''
), gone AS (
    DELETE FROM {schema}.token_families WHERE subject = {subject}
    RETURNING idle_deadline > {now} AND absolute_deadline > {now}
        AND (authenticated_at <= (SELECT cutoff FROM wide)) IS NOT TRUE AS live
)
SELECT count(*) FROM gone WHERE live"
    )
}
