-- An index on the idle deadline made each touch write three pages. purge_at is a time not after the deadline that no
-- touch moves: the purge moves it when it comes by.
ALTER TABLE cloakroom_session ADD COLUMN purge_at INTEGER NOT NULL DEFAULT 0;

UPDATE cloakroom_session SET purge_at = min(idle_deadline, absolute_deadline);

DROP INDEX cloakroom_session_idle;

CREATE INDEX cloakroom_session_purge ON cloakroom_session (purge_at);

CREATE INDEX cloakroom_session_cutoff_age ON cloakroom_session_cutoff (cutoff_at);

-- The id up to which the purge has looked for rows that the cut-off of the whole store ended; NULL: at all of them.
ALTER TABLE cloakroom_session_store ADD COLUMN swept_to INTEGER;

UPDATE cloakroom_session_store SET swept_to = 0 WHERE cutoff_at IS NOT NULL;
