use crate::migrate::Component;

pub(super) const REVOCATION: Component = Component {
    name: "revocation",
    steps: &STEPS,
};

const STEPS: [&str; 1] = [
    // The one row of the feed is locked by whoever writes, until their commit. In `entries` that of everything does not
    // count: it is one row, and nothing makes room for it.
    r#"
CREATE TABLE {schema}.revocation_feed (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id bytea NOT NULL,
    head bigint NOT NULL,
    entries bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO {schema}.revocation_feed (id, head, entries)
SELECT substring(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FOR 16), 0, 0;
CREATE TABLE {schema}.revocation_steps (
    position bigint PRIMARY KEY,
    tag bytea NOT NULL
);
CREATE TABLE {schema}.revocation_entries (
    kind smallint NOT NULL,
    issuer text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    subject text COLLATE "C",
    at bigint NOT NULL,
    keep_until bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (kind, issuer, name)
);
CREATE INDEX revocation_entries_by_position ON {schema}.revocation_entries (position);
CREATE INDEX revocation_entries_by_subject ON {schema}.revocation_entries (issuer, subject, keep_until) WHERE kind = 1;
CREATE INDEX revocation_entries_by_end ON {schema}.revocation_entries (keep_until) WHERE kind <> 3;
"#,
];
