//! Statements over a table of cut-offs, `{cutoffs}`. That of the whole store is that of the empty subject, which nobody has.

/// No cut-off ends a row by its time: two look-ups by key, whatever the server believes about the table's size, and NULL
/// where there is no cut-off.
pub(crate) fn fresh(row: &str, time: &str) -> String {
    format!(
        "({row}.{time} <= (SELECT c.cutoff FROM {{cutoffs}} c WHERE c.subject = '')) IS NOT TRUE \
         AND ({row}.{time} <= (SELECT c.cutoff FROM {{cutoffs}} c WHERE c.subject = {row}.subject)) IS NOT TRUE"
    )
}

/// The row of the cut-off of `{subject}` is written, if only with what it held: whoever sets the cut-off waits until the
/// row that is made beside this stands, and this waits for them and then reads what they set, though it began before. A
/// row without a cut-off, made for its lock alone, is removed by a purge.
pub(crate) const LOCK: &str = "\
cut AS (
    INSERT INTO {cutoffs} AS c (subject, cutoff) VALUES ({subject}, NULL)
    ON CONFLICT (subject) DO UPDATE SET cutoff = c.cutoff
    RETURNING c.cutoff
)";

/// What a creation answers, of a row `{key}` = $1, `made` if it was `allowed`: 0 done, 1 exists, 2 refused. A row that
/// stands in the way is told first.
pub(crate) const CREATED: &str = "\
SELECT CASE WHEN EXISTS (SELECT FROM made) THEN 0 WHEN EXISTS (SELECT FROM allowed) THEN 1
    WHEN EXISTS (SELECT FROM {rows} WHERE {key} = $1) THEN 1 ELSE 2 END";

/// 1 the cut-off of the whole store.
pub(crate) const REVOKE_ALL: &str = "\
INSERT INTO {cutoffs} AS c (subject, cutoff) VALUES ('', $1)
ON CONFLICT (subject) DO UPDATE SET cutoff = GREATEST(c.cutoff, EXCLUDED.cutoff)";

/// 1 before when, 2 how many at most. The store-wide cut-off stays.
pub(crate) const FORGET: &str = "\
WITH gone AS (
    DELETE FROM {cutoffs} WHERE subject = ANY (ARRAY(
        SELECT subject FROM {cutoffs} WHERE COALESCE(cutoff, '-9223372036854775808'::bigint) < $1 AND subject <> ''
        ORDER BY COALESCE(cutoff, '-9223372036854775808'::bigint) LIMIT $2 FOR UPDATE SKIP LOCKED
    )) RETURNING 1
)
SELECT count(*) FROM gone";

/// 1 how many at most. Rows `{rows}` of the key `{key}` that the store-wide cut-off ended by their time `{time}`; those of a
/// subject's cut-off were deleted with it.
pub(crate) const PURGE: &str = "\
WITH gone AS (
    DELETE FROM {rows} WHERE {key} = ANY (ARRAY(
        SELECT {key} FROM {rows} WHERE {time} <= (SELECT cutoff FROM {cutoffs} WHERE subject = '')
        ORDER BY {time} LIMIT $1 FOR UPDATE SKIP LOCKED
    )) RETURNING 1
)
SELECT count(*) FROM gone";
