-- One row. Entries are counted without that of everything.
CREATE TABLE cloakroom_revocation_feed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    feed BLOB NOT NULL,
    head INTEGER NOT NULL,
    entries INTEGER NOT NULL
) STRICT;

INSERT INTO cloakroom_revocation_feed (id, feed, head, entries) VALUES (1, randomblob(16), 0, 0);

CREATE TABLE cloakroom_revocation_step (
    position INTEGER PRIMARY KEY,
    tag BLOB NOT NULL
) STRICT;

-- Kinds: 1 a token, 2 the cut-off of a subject, 3 that of everything. Times are milliseconds since 1970.
CREATE TABLE cloakroom_revocation (
    kind INTEGER NOT NULL,
    issuer TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT,
    at INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (kind, issuer, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX cloakroom_revocation_position ON cloakroom_revocation (position);

CREATE INDEX cloakroom_revocation_subject ON cloakroom_revocation (issuer, subject, keep_until) WHERE kind = 1;

CREATE INDEX cloakroom_revocation_end ON cloakroom_revocation (keep_until) WHERE kind <> 3;
