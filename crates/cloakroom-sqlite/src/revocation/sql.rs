//! The statements.

use crate::schema::Schema;

pub(super) const SCHEMA: Schema = Schema {
    component: "revocation",
    steps: &[include_str!("schema/1.sql")],
};

/// `?1` issuer, `?2` token id, `?3` subject, `?4` what is kept until then or before is not live, `?5` how many entries
/// there may be. Until when the token is denied, how many live denials its subject has, how many live entries there are.
pub(super) const CROWD: &str = "SELECT \
    (SELECT keep_until FROM cloakroom_revocation WHERE kind = 1 AND issuer = ?1 AND name = ?2), \
    (SELECT count(*) FROM (SELECT 1 FROM cloakroom_revocation \
     WHERE kind = 1 AND issuer = ?1 AND subject = ?3 AND keep_until > ?4 LIMIT 64)), \
    f.entries - CASE WHEN f.entries < ?5 THEN 0 ELSE \
     (SELECT count(*) FROM cloakroom_revocation WHERE kind <> 3 AND keep_until <= ?4) END \
    FROM cloakroom_revocation_feed AS f WHERE f.id = 1";

/// `?1` kind, `?2` issuer, `?3` name.
pub(super) const ENTRY: &str =
    "SELECT at, keep_until FROM cloakroom_revocation WHERE kind = ?1 AND issuer = ?2 AND name = ?3";

/// `?1` how many entries are new.
pub(super) const NEXT: &str = "UPDATE cloakroom_revocation_feed SET head = head + 1, entries = entries + ?1 \
    WHERE id = 1 RETURNING head";

/// `?1` position, `?2` tag.
pub(super) const STEP: &str = "INSERT INTO cloakroom_revocation_step (position, tag) VALUES (?1, ?2)";

/// `?1` kind, `?2` issuer, `?3` name, `?4` subject, `?5` cut-off, `?6` how long, `?7` position. An entry stays with the
/// subject that it came with.
pub(super) const WRITE: &str = "INSERT INTO cloakroom_revocation \
    (kind, issuer, name, subject, at, keep_until, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
    ON CONFLICT (kind, issuer, name) DO UPDATE \
    SET at = excluded.at, keep_until = excluded.keep_until, position = excluded.position";

/// `?1` issuer, `?2` token id, `?3` subject. Nothing is found by NULL.
pub(super) const LOOK_UP: &str = "SELECT \
    EXISTS (SELECT 1 FROM cloakroom_revocation WHERE kind = 1 AND issuer = ?1 AND name = ?2), \
    (SELECT at FROM cloakroom_revocation WHERE kind = 2 AND issuer = ?1 AND name = ?3), \
    (SELECT at FROM cloakroom_revocation WHERE kind = 3 AND issuer = '' AND name = '')";

pub(super) const HEAD: &str = "SELECT f.feed, f.head, \
    (SELECT s.tag FROM cloakroom_revocation_step AS s WHERE s.position = f.head) \
    FROM cloakroom_revocation_feed AS f WHERE f.id = 1";

/// The newest position, then what lies behind `?1`: whole steps, and no more of them than there are among `?2` entries.
macro_rules! behind {
    ($of:literal) => {
        concat!(
            "SELECT (SELECT max(position) FROM cloakroom_revocation), r.position, r.kind, r.issuer, r.name, r.at, \
             r.keep_until, (SELECT s.tag FROM cloakroom_revocation_step AS s WHERE s.position = r.position) \
             FROM cloakroom_revocation_feed AS f LEFT JOIN cloakroom_revocation AS r \
             ON r.position > ?1 AND r.position <= (SELECT max(position) FROM (SELECT position FROM cloakroom_revocation \
              WHERE position > ?1 ORDER BY position LIMIT ?2)) WHERE f.id = 1",
            $of,
            " ORDER BY r.position"
        )
    };
}

pub(super) const PAGE: &str = behind!("");

/// `?3` feed, `?4` tag. No row: the cursor is not of this feed.
pub(super) const POLL: &str = behind!(
    " AND f.feed = ?3 AND CASE WHEN ?1 = 0 THEN ?4 = zeroblob(8) ELSE EXISTS \
     (SELECT 1 FROM cloakroom_revocation_step AS c WHERE c.position = ?1 AND c.tag = ?4) END"
);

/// `?1` kept until before then, `?2` how many.
pub(super) const PURGE: &str = "DELETE FROM cloakroom_revocation WHERE (kind, issuer, name) IN \
    (SELECT kind, issuer, name FROM cloakroom_revocation WHERE kind <> 3 AND keep_until < ?1 ORDER BY keep_until LIMIT ?2)";

/// `?1` how many entries are gone.
pub(super) const PURGED: &str = "UPDATE cloakroom_revocation_feed SET entries = entries - ?1 WHERE id = 1";

/// `?1` how many of the newest are kept, `?2` how many to look at.
pub(super) const TRIM: &str = "DELETE FROM cloakroom_revocation_step WHERE position <= \
    min((SELECT head FROM cloakroom_revocation_feed WHERE id = 1) - ?1, \
     (SELECT min(position) FROM cloakroom_revocation_step) + ?2 - 1)";

#[cfg(test)]
pub(super) const ALL: [&str; 12] = [
    CROWD, ENTRY, NEXT, STEP, WRITE, LOOK_UP, HEAD, PAGE, POLL, PURGE, PURGED, TRIM,
];
