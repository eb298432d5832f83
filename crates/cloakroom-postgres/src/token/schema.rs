use crate::migrate::Component;

pub(super) const TOKEN: Component = Component {
    name: "token",
    steps: &STEPS,
};

const STEPS: [&str; 1] = [
    // A rotation writes its new version of a row into the same page, which spares the indexes (HOT). What rotations
    // change is therefore in no index: purge_bucket is left behind by them.
    r#"
CREATE TABLE {schema}.token_families (
    id bytea PRIMARY KEY,
    format smallint NOT NULL,
    secret_hash bytea NOT NULL,
    client text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    authenticated_at bigint NOT NULL,
    confirmation bytea,
    generation bigint NOT NULL,
    key_id bytea NOT NULL,
    created_at bigint NOT NULL,
    rotated_at bigint NOT NULL,
    idle_deadline bigint NOT NULL,
    absolute_deadline bigint NOT NULL,
    purge_bucket bigint NOT NULL,
    data bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX token_families_by_subject ON {schema}.token_families (subject, id);
CREATE INDEX token_families_by_purge_bucket ON {schema}.token_families (purge_bucket);
CREATE INDEX token_families_by_authentication ON {schema}.token_families (authenticated_at);
CREATE TABLE {schema}.access_tokens (
    hash bytea PRIMARY KEY,
    format smallint NOT NULL,
    client text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    subject_tag bytea NOT NULL,
    authenticated_at bigint NOT NULL,
    family bytea,
    confirmation bytea,
    issued_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    data bytea NOT NULL
);
CREATE INDEX access_tokens_by_end ON {schema}.access_tokens (expires_at);
CREATE TABLE {schema}.token_cutoffs (
    subject text COLLATE "C" PRIMARY KEY,
    cutoff bigint
) WITH (fillfactor = 70);
CREATE INDEX token_cutoffs_by_time ON {schema}.token_cutoffs (COALESCE(cutoff, '-9223372036854775808'::bigint));
"#,
];
