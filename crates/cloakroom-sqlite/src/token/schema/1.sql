-- Times are milliseconds since 1970. What a rotation changes is in no index, so it writes one page: purge_at is a time not
-- after the idle deadline that the purge alone moves.
CREATE TABLE cloakroom_token_family (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    format INTEGER NOT NULL,
    secret BLOB NOT NULL,
    client TEXT NOT NULL,
    subject TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    confirmation BLOB,
    generation INTEGER NOT NULL,
    key_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    idle_deadline INTEGER NOT NULL,
    absolute_deadline INTEGER NOT NULL,
    purge_at INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX cloakroom_token_family_subject ON cloakroom_token_family (subject, id);

CREATE INDEX cloakroom_token_family_purge ON cloakroom_token_family (purge_at);

CREATE INDEX cloakroom_token_family_authentication ON cloakroom_token_family (authenticated_at);

CREATE TABLE cloakroom_access_token (
    number INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    format INTEGER NOT NULL,
    client TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_tag BLOB NOT NULL,
    authenticated_at INTEGER NOT NULL,
    family BLOB,
    confirmation BLOB,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX cloakroom_access_token_end ON cloakroom_access_token (expires_at);

-- The cut-off of the whole store is that of the empty subject, which nobody has.
CREATE TABLE cloakroom_token_cutoff (
    subject TEXT NOT NULL PRIMARY KEY,
    cutoff_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX cloakroom_token_cutoff_age ON cloakroom_token_cutoff (cutoff_at);
