//! The statements. In each, `?1` is the id, the hash or the subject and `?2` is `now`.

use crate::purge::Due;
use crate::schema::Schema;

pub(super) const SCHEMA: Schema = Schema {
    component: "token",
    steps: &[include_str!("schema/1.sql")],
};

macro_rules! columns {
    () => {
        "s.format, s.id, s.client, s.subject, s.authenticated_at, s.confirmation, s.generation, s.key_id, s.created_at, \
         s.rotated_at, s.idle_deadline, s.absolute_deadline, s.data"
    };
}

/// No cut-off ends what was authenticated at this time.
macro_rules! fresh {
    ($subject:literal, $time:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM cloakroom_token_cutoff AS c WHERE c.subject = '' AND c.cutoff_at >= ",
            $time,
            ") AND NOT EXISTS (SELECT 1 FROM cloakroom_token_cutoff AS c WHERE c.subject = ",
            $subject,
            " AND c.cutoff_at >= ",
            $time,
            ")"
        )
    };
}

macro_rules! live {
    () => {
        concat!(
            "s.idle_deadline > ?2 AND s.absolute_deadline > ?2 AND ",
            fresh!("s.subject", "s.authenticated_at")
        )
    };
}

/// `?3` secret, `?4` client, `?5` subject, `?6` time of authentication, `?7` confirmation, `?8` key, `?9` idle and `?10`
/// absolute deadline, `?11` data, `?12` format.
pub(super) const CREATE_FAMILY: &str = concat!(
    "INSERT INTO cloakroom_token_family (id, format, secret, client, subject, authenticated_at, confirmation, \
     generation, key_id, created_at, rotated_at, idle_deadline, absolute_deadline, purge_at, data) \
     SELECT ?1, ?12, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?2, ?2, ?9, ?10, ?9, ?11 WHERE ",
    fresh!("?5", "?6"),
    " ON CONFLICT (id) DO NOTHING"
);

/// Why [`CREATE_FAMILY`] did nothing: `?2` subject, `?3` time of authentication.
pub(super) const CREATE_FAMILY_REFUSED: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM cloakroom_token_family WHERE id = ?1), NOT (",
    fresh!("?2", "?3"),
    ")"
);

/// `?3` secret, `?4` client, `?5` confirmation, `?6` generation, `?7` next key, `?8` idle deadline. What is not to be
/// rotated is left to [`FAMILY`] and [`END_REUSED`].
pub(super) const ROTATE: &str = concat!(
    "UPDATE cloakroom_token_family AS s SET generation = generation + 1, key_id = ?7, rotated_at = ?2, \
     idle_deadline = min(max(idle_deadline, ?8), absolute_deadline) \
     WHERE s.id = ?1 AND s.format = 1 AND s.secret = ?3 AND s.client = ?4 \
     AND (s.confirmation IS NULL OR s.confirmation = ?5) AND s.generation = ?6 AND s.generation < 4294967295 AND ",
    live!(),
    " RETURNING format, id, client, subject, authenticated_at, confirmation, generation, key_id, created_at, rotated_at, \
      idle_deadline, absolute_deadline, data"
);

/// The secret follows the columns.
pub(super) const FAMILY: &str = concat!(
    "SELECT ",
    columns!(),
    ", s.secret FROM cloakroom_token_family AS s WHERE s.id = ?1 AND ",
    live!()
);

/// `?2` secret, `?3` generation, `?4` when it was rotated: the row as it was judged, or nothing.
pub(super) const END_REUSED: &str = "DELETE FROM cloakroom_token_family \
    WHERE id = ?1 AND secret = ?2 AND generation = ?3 AND rotated_at = ?4";

/// `?2` secret, `?3` client.
pub(super) const END_FAMILY: &str =
    "DELETE FROM cloakroom_token_family WHERE id = ?1 AND secret = ?2 AND client = ?3";

/// `?2` subject.
pub(super) const END_ONE: &str = "DELETE FROM cloakroom_token_family WHERE id = ?1 AND subject = ?2";

/// `?3` the last id before, `?4` how many.
pub(super) const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM cloakroom_token_family AS s INDEXED BY cloakroom_token_family_subject WHERE s.subject = ?1 AND s.id > ?3 AND ",
    live!(),
    " ORDER BY s.id LIMIT ?4"
);

pub(super) const COUNT_LIVE: &str = concat!(
    "SELECT count(*) FROM cloakroom_token_family AS s INDEXED BY cloakroom_token_family_subject WHERE s.subject = ?1 AND ",
    live!()
);

pub(super) const END_ALL: &str = "DELETE FROM cloakroom_token_family WHERE subject = ?1";

/// `?2` cut-off.
pub(super) const CUT_OFF: &str = "INSERT INTO cloakroom_token_cutoff (subject, cutoff_at) VALUES (?1, ?2) \
    ON CONFLICT (subject) DO UPDATE SET cutoff_at = max(cutoff_at, excluded.cutoff_at)";

/// The access token `$family` came with no family, or with one that is live.
macro_rules! has_a_family {
    ($family:literal) => {
        concat!(
            "(",
            $family,
            " IS NULL OR EXISTS (SELECT 1 FROM cloakroom_token_family AS s WHERE s.id = ",
            $family,
            " AND ",
            live!(),
            "))"
        )
    };
}

/// `?3` client, `?4` subject, `?5` its tag, `?6` time of authentication, `?7` family, `?8` confirmation, `?9` issued, `?10`
/// end, `?11` data, `?12` format.
pub(super) const CREATE_ACCESS: &str = concat!(
    "INSERT INTO cloakroom_access_token (hash, format, client, subject, subject_tag, authenticated_at, family, \
     confirmation, issued_at, expires_at, data) SELECT ?1, ?12, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE ",
    fresh!("?4", "?6"),
    " AND ",
    has_a_family!("?7"),
    " ON CONFLICT (hash) DO NOTHING"
);

pub(super) const HAS_ACCESS: &str = "SELECT 1 FROM cloakroom_access_token WHERE hash = ?1";

pub(super) const LOAD_ACCESS: &str = concat!(
    "SELECT a.format, a.hash, a.client, a.subject, a.subject_tag, a.authenticated_at, a.family, a.confirmation, \
     a.issued_at, a.expires_at, a.data FROM cloakroom_access_token AS a WHERE a.hash = ?1 AND a.expires_at > ?2 AND ",
    fresh!("a.subject", "a.authenticated_at"),
    " AND ",
    has_a_family!("a.family")
);

/// `?2` client.
pub(super) const END_ACCESS: &str = "DELETE FROM cloakroom_access_token WHERE hash = ?1 AND client = ?2";

// The first rows that are due. `?1` is `now`, `?2` how many are looked at.
macro_rules! due {
    () => {
        "(SELECT number, idle_deadline AS idle, absolute_deadline AS absolute FROM cloakroom_token_family \
         INDEXED BY cloakroom_token_family_purge WHERE purge_at <= ?1 ORDER BY purge_at LIMIT ?2)"
    };
}

/// `?3` how many are deleted.
const PURGE: &str = concat!(
    "DELETE FROM cloakroom_token_family WHERE number IN (SELECT number FROM ",
    due!(),
    " WHERE idle <= ?1 OR absolute <= ?1 LIMIT ?3)"
);

/// Moves the rows that were rotated since to where they belong now.
const RESCHEDULE: &str = concat!(
    "UPDATE cloakroom_token_family SET purge_at = min(idle_deadline, absolute_deadline) \
     WHERE number IN (SELECT number FROM ",
    due!(),
    " WHERE idle > ?1 AND absolute > ?1)"
);

/// What is past a deadline.
pub(super) const DUE: Due = Due {
    purge: PURGE,
    reschedule: RESCHEDULE,
};

/// What the cut-off of the whole store ended: `?1` how many.
pub(super) const PURGE_CUT_OFF: &str = "DELETE FROM cloakroom_token_family WHERE number IN \
    (SELECT number FROM cloakroom_token_family INDEXED BY cloakroom_token_family_authentication WHERE authenticated_at <= \
     (SELECT cutoff_at FROM cloakroom_token_cutoff WHERE subject = '') ORDER BY authenticated_at LIMIT ?1)";

/// `?1` is `now`, `?2` how many.
pub(super) const PURGE_ACCESS: &str = "DELETE FROM cloakroom_access_token WHERE number IN \
    (SELECT number FROM cloakroom_access_token INDEXED BY cloakroom_access_token_end WHERE expires_at <= ?1 \
     ORDER BY expires_at LIMIT ?2)";

/// `?1` the oldest to be kept, `?2` how many at most.
pub(super) const FORGET_CUTOFFS: &str = "DELETE FROM cloakroom_token_cutoff WHERE subject IN \
    (SELECT subject FROM cloakroom_token_cutoff INDEXED BY cloakroom_token_cutoff_age \
     WHERE cutoff_at < ?1 AND subject <> '' ORDER BY cutoff_at LIMIT ?2)";

#[cfg(test)]
pub(super) const ALL: [&str; 20] = [
    CREATE_FAMILY,
    CREATE_FAMILY_REFUSED,
    ROTATE,
    FAMILY,
    END_REUSED,
    END_FAMILY,
    END_ONE,
    LIST,
    COUNT_LIVE,
    END_ALL,
    CUT_OFF,
    CREATE_ACCESS,
    HAS_ACCESS,
    LOAD_ACCESS,
    END_ACCESS,
    PURGE,
    RESCHEDULE,
    PURGE_CUT_OFF,
    PURGE_ACCESS,
    FORGET_CUTOFFS,
];
