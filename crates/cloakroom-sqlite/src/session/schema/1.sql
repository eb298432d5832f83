-- Times are milliseconds since 1970. A previous verifier is its hash, the time of its rotation and the reason.
CREATE TABLE cloakroom_session (
    id INTEGER PRIMARY KEY,
    selector BLOB NOT NULL UNIQUE,
    subject TEXT,
    authenticated_at INTEGER,
    lineage_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    idle_deadline INTEGER NOT NULL,
    absolute_deadline INTEGER NOT NULL,
    version INTEGER NOT NULL,
    verifier BLOB NOT NULL,
    previous BLOB,
    format INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;

CREATE INDEX cloakroom_session_subject ON cloakroom_session (subject, selector) WHERE subject IS NOT NULL;

CREATE INDEX cloakroom_session_idle ON cloakroom_session (idle_deadline);

CREATE TABLE cloakroom_session_cutoff (
    subject TEXT NOT NULL PRIMARY KEY,
    cutoff_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the cut-off of the whole store, if there is one.
CREATE TABLE cloakroom_session_store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    cutoff_at INTEGER
) STRICT;

INSERT INTO cloakroom_session_store (id) VALUES (1);
