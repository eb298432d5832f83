//! The statements. In each but [`LOAD`], `?1` is the selector or the subject and `?2` is `now`.

use crate::purge::Due;
use crate::schema::Schema;

pub(super) const SCHEMA: Schema = Schema {
    component: "session",
    steps: &[include_str!("schema/1.sql"), include_str!("schema/2.sql")],
};

macro_rules! columns {
    () => {
        "s.format, s.subject, s.authenticated_at, s.lineage_at, s.created_at, s.last_seen_at, s.idle_deadline, \
         s.absolute_deadline, s.version, s.verifier, s.previous, s.payload"
    };
}

// Where the one row is missing, nothing is after the cut-off.
macro_rules! after_store_cutoff {
    ($time:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM cloakroom_session_store AS w WHERE w.cutoff_at IS NULL OR w.cutoff_at < ",
            $time,
            ")"
        )
    };
}

// Deleting by subject leaves no row that this would find. It is one probe, and holds even if rows of a backup were
// copied back by hand.
macro_rules! after_cutoffs {
    () => {
        concat!(
            after_store_cutoff!("s.lineage_at"),
            " AND NOT EXISTS (SELECT 1 FROM cloakroom_session_cutoff AS c \
             WHERE c.subject = s.subject AND c.cutoff_at >= s.lineage_at)"
        )
    };
}

macro_rules! live {
    () => {
        concat!(
            "s.idle_deadline > ?2 AND s.absolute_deadline > ?2 AND ",
            after_cutoffs!()
        )
    };
}

macro_rules! holes {
    (1) => {
        "?"
    };
    (2) => {
        concat!(holes!(1), ", ", holes!(1))
    };
    (4) => {
        concat!(holes!(2), ", ", holes!(2))
    };
    (8) => {
        concat!(holes!(4), ", ", holes!(4))
    };
    (16) => {
        concat!(holes!(8), ", ", holes!(8))
    };
    (32) => {
        concat!(holes!(16), ", ", holes!(16))
    };
    (64) => {
        concat!(holes!(32), ", ", holes!(32))
    };
}

macro_rules! load {
    ($selectors:tt) => {
        concat!(
            "SELECT ",
            columns!(),
            ", s.selector FROM cloakroom_session AS s WHERE s.selector IN (",
            holes!($selectors),
            ") AND ",
            after_cutoffs!()
        )
    };
}

/// `?3` subject, `?4` `authenticated_at`, `?5` `lineage_at`, `?6` idle and `?7` absolute deadline, `?8` verifier, `?9`
/// format, `?10` payload.
pub(super) const CREATE: &str = concat!(
    "INSERT INTO cloakroom_session (selector, subject, authenticated_at, lineage_at, created_at, last_seen_at, \
     idle_deadline, absolute_deadline, version, verifier, format, payload, purge_at) \
     SELECT ?1, ?3, ?4, ?5, ?2, ?2, ?6, ?7, 1, ?8, ?9, ?10, ?6 WHERE ",
    after_store_cutoff!("?5"),
    " AND NOT EXISTS (SELECT 1 FROM cloakroom_session_cutoff WHERE subject = ?3 AND cutoff_at >= ?5) \
     ON CONFLICT (selector) DO NOTHING"
);

/// Why [`CREATE`] did nothing: `?3` subject, `?4` `lineage_at`.
pub(super) const CREATE_REFUSED: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM cloakroom_session WHERE selector = ?1), NOT ",
    after_store_cutoff!("?4"),
    " OR EXISTS (SELECT 1 FROM cloakroom_session_cutoff WHERE subject = ?3 AND cutoff_at >= ?4), ?2"
);

/// For 1, 2, 4 selectors and so on, in any order: few statements to be prepared for any number of them. Each has a time of
/// its own, with which its deadlines are compared afterwards.
pub(super) const LOAD: [&str; 7] = [
    load!(1),
    load!(2),
    load!(4),
    load!(8),
    load!(16),
    load!(32),
    load!(64),
];

/// NULL, which the column does not take, in a row of a format that is not known: what is written over what cannot be
/// read may be the ruin of it.
macro_rules! known {
    ($value:literal) => {
        concat!("CASE format WHEN 1 THEN ", $value, " END")
    };
}

/// `?3` version, `?4` payload, `?5` idle deadline.
pub(super) const UPDATE: &str = concat!(
    "UPDATE cloakroom_session AS s SET payload = ?4, version = ",
    known!("version + 1"),
    ", \
     idle_deadline = min(max(idle_deadline, ?5), absolute_deadline), last_seen_at = max(last_seen_at, ?2) \
     WHERE s.selector = ?1 AND s.version = ?3 AND ",
    live!()
);

/// `?3` idle deadline. It sets no column of an index, so it writes one page.
pub(super) const TOUCH: &str = concat!(
    "UPDATE cloakroom_session AS s SET \
     idle_deadline = min(max(idle_deadline, ?3), absolute_deadline), last_seen_at = ",
    known!("max(last_seen_at, ?2)"),
    " WHERE s.selector = ?1 AND ",
    live!()
);

macro_rules! proof_refused {
    () => {
        concat!(
            "(?3 IS NOT NULL AND (s.subject IS NULL OR NOT ",
            after_store_cutoff!("?3"),
            " OR EXISTS (SELECT 1 FROM cloakroom_session_cutoff AS p \
             WHERE p.subject = s.subject AND p.cutoff_at >= ?3)))"
        )
    };
}

/// `?3` `authenticated_at` or NULL, `?4` old verifier, `?5` version or NULL, `?6` new verifier, `?7` previous, `?8` idle
/// and `?9` absolute deadline or NULL, `?10` payload or NULL.
///
/// The old verifier is compared as its hash: how long that takes tells of the hash alone.
pub(super) const ROTATE: &str = concat!(
    "UPDATE cloakroom_session AS s SET verifier = ?6, previous = ?7, version = ",
    known!("version + 1"),
    ", \
     absolute_deadline = max(absolute_deadline, coalesce(?9, absolute_deadline)), \
     idle_deadline = min(max(idle_deadline, ?8), max(absolute_deadline, coalesce(?9, absolute_deadline))), \
     last_seen_at = max(last_seen_at, ?2), authenticated_at = coalesce(?3, authenticated_at), \
     lineage_at = max(lineage_at, coalesce(?3, lineage_at)), payload = coalesce(?10, payload) \
     WHERE s.selector = ?1 AND s.verifier = ?4 AND (?5 IS NULL OR s.version = ?5) AND NOT ",
    proof_refused!(),
    " AND ",
    live!(),
    " RETURNING version"
);

/// Why [`ROTATE`] did nothing; no row: there is no such live session.
pub(super) const ROTATE_REFUSED: &str = concat!(
    "SELECT ",
    proof_refused!(),
    ", s.verifier = ?4 AND (?5 IS NULL OR s.version = ?5) FROM cloakroom_session AS s WHERE s.selector = ?1 AND ",
    live!()
);

pub(super) const DELETE: &str = "DELETE FROM cloakroom_session WHERE selector = ?1";

/// `?3` the last selector before, `?4` how many.
pub(super) const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    ", s.selector FROM cloakroom_session AS s INDEXED BY cloakroom_session_subject \
     WHERE s.subject = ?1 AND s.selector > ?3 AND ",
    live!(),
    " ORDER BY s.selector LIMIT ?4"
);

/// `?2` selector.
pub(super) const DELETE_ONE: &str = "DELETE FROM cloakroom_session WHERE selector = ?2 AND subject = ?1";

pub(super) const COUNT_LIVE: &str = concat!(
    "SELECT count(*) FROM cloakroom_session AS s INDEXED BY cloakroom_session_subject WHERE s.subject = ?1 AND ",
    live!()
);

pub(super) const CUT_OFF: &str = "INSERT INTO cloakroom_session_cutoff (subject, cutoff_at) VALUES (?1, ?2) \
    ON CONFLICT (subject) DO UPDATE SET cutoff_at = max(cutoff_at, excluded.cutoff_at)";

/// `?3` selector. It runs before [`CUT_OFF`], whose cut-off it leads past. Only a live session is spared: moving the
/// lineage of another would bring back what a cut-off ended.
pub(super) const SPARE: &str = concat!(
    "UPDATE cloakroom_session AS s SET lineage_at = max(lineage_at, 1 + min(9223372036854775806, max(?2, \
     coalesce((SELECT cutoff_at FROM cloakroom_session_cutoff WHERE subject = ?1), ?2)))) \
     WHERE s.selector = ?3 AND s.subject = ?1 AND ",
    live!()
);

/// `?2` the selector spared, or NULL.
pub(super) const DELETE_BY_SUBJECT: &str = "DELETE FROM cloakroom_session INDEXED BY cloakroom_session_subject \
    WHERE subject = ?1 AND selector IS NOT ?2";

/// Sets the sweep off again, which deletes the rows that the cut-off ends.
pub(super) const REVOKE_ALL: &str =
    "UPDATE cloakroom_session_store SET cutoff_at = max(coalesce(cutoff_at, ?1), ?1), swept_to = 0";

/// The first rows whose deadline, as the index has it, is past: `?1` `now`, `?2` how many are looked at.
macro_rules! due {
    () => {
        "(SELECT id, idle_deadline AS idle, absolute_deadline AS absolute FROM cloakroom_session \
         INDEXED BY cloakroom_session_purge WHERE purge_at <= ?1 ORDER BY purge_at LIMIT ?2)"
    };
}

/// `?3` how many are deleted.
const PURGE: &str = concat!(
    "DELETE FROM cloakroom_session WHERE id IN (SELECT id FROM ",
    due!(),
    " WHERE idle <= ?1 OR absolute <= ?1 LIMIT ?3)"
);

/// Moves the rows that were touched since to where they belong now.
const RESCHEDULE: &str = concat!(
    "UPDATE cloakroom_session SET purge_at = min(idle_deadline, absolute_deadline) WHERE id IN (SELECT id FROM ",
    due!(),
    " WHERE idle > ?1 AND absolute > ?1)"
);

/// What is past a deadline.
pub(super) const DUE: Due = Due {
    purge: PURGE,
    reschedule: RESCHEDULE,
};

/// Where the sweep stands, the cut-off, and the id that ends its next step of `?1` rows, NULL when there is none.
pub(super) const SWEEP_STEP: &str = "SELECT w.swept_to, w.cutoff_at, \
    (SELECT max(id) FROM (SELECT id FROM cloakroom_session WHERE id > w.swept_to ORDER BY id LIMIT ?1)) \
    FROM cloakroom_session_store AS w WHERE w.swept_to IS NOT NULL";

/// `?1` after this id, `?2` up to this one, `?3` the cut-off, `?4` how many are deleted.
pub(super) const SWEEP: &str = "DELETE FROM cloakroom_session WHERE id IN \
    (SELECT id FROM cloakroom_session WHERE id > ?1 AND id <= ?2 AND lineage_at <= ?3 LIMIT ?4)";

/// `?1` where it stood, `?2` where it stands, NULL at the end, `?3` the cut-off. One set meanwhile starts it again.
pub(super) const SWEPT: &str =
    "UPDATE cloakroom_session_store SET swept_to = ?2 WHERE swept_to = ?1 AND cutoff_at = ?3";

/// `?1` the oldest to be kept, `?2` how many at most.
pub(super) const FORGET_CUTOFFS: &str = "DELETE FROM cloakroom_session_cutoff WHERE subject IN \
    (SELECT subject FROM cloakroom_session_cutoff INDEXED BY cloakroom_session_cutoff_age \
     WHERE cutoff_at < ?1 ORDER BY cutoff_at LIMIT ?2)";

#[cfg(test)]
pub(super) const ALL: [&str; 22] = [
    CREATE,
    CREATE_REFUSED,
    LOAD[0],
    LOAD[6],
    UPDATE,
    TOUCH,
    ROTATE,
    ROTATE_REFUSED,
    DELETE,
    LIST,
    DELETE_ONE,
    COUNT_LIVE,
    CUT_OFF,
    SPARE,
    DELETE_BY_SUBJECT,
    REVOKE_ALL,
    PURGE,
    RESCHEDULE,
    SWEEP_STEP,
    SWEEP,
    SWEPT,
    FORGET_CUTOFFS,
];
