use crate::migrate::Component;

pub(super) const SESSION: Component = Component {
    name: "session",
    steps: &STEPS,
};

const STEPS: [&str; 2] = [
    // Rows are not packed to the brim: a touch writes its new version of a row into the same page, which spares the
    // indexes (HOT). What touches change is therefore in no index: purge_bucket is left behind by them.
    r#"
CREATE TABLE {schema}.sessions (
    selector bytea PRIMARY KEY,
    format smallint NOT NULL,
    verifier_hash bytea NOT NULL,
    previous_hash bytea,
    rotated_at bigint,
    rotation_reason smallint,
    subject text COLLATE "C",
    authenticated_at bigint,
    created_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    idle_deadline bigint NOT NULL,
    absolute_deadline bigint NOT NULL,
    purge_bucket bigint NOT NULL,
    version bigint NOT NULL,
    payload bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX sessions_by_subject ON {schema}.sessions (subject, selector) WHERE subject IS NOT NULL;
CREATE INDEX sessions_by_purge_bucket ON {schema}.sessions (purge_bucket);
CREATE TABLE {schema}.session_cutoffs (
    subject text COLLATE "C" PRIMARY KEY,
    cutoff bigint NOT NULL
) WITH (fillfactor = 70);
"#,
    // What cut-offs are compared with becomes a column of its own, so that a session can be spared by one; it and the
    // cut-offs get an index each, for the purge. A row of cut-offs may be there for its lock alone.
    r"
ALTER TABLE {schema}.sessions ADD COLUMN lineage_at bigint;
UPDATE {schema}.sessions SET lineage_at = COALESCE(authenticated_at, created_at);
ALTER TABLE {schema}.sessions ALTER COLUMN lineage_at SET NOT NULL;
CREATE INDEX sessions_by_lineage ON {schema}.sessions (lineage_at);
ALTER TABLE {schema}.session_cutoffs ALTER COLUMN cutoff DROP NOT NULL;
CREATE INDEX session_cutoffs_by_time ON {schema}.session_cutoffs (COALESCE(cutoff, '-9223372036854775808'::bigint));
",
];
