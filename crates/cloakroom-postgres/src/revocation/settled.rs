//! The look-up that waits for writers: several statements that travel in one message, which makes them one transaction.
//!
//! 1. It takes the feed's advisory lock, shared with all others who look up. Who may set a cut-off takes that lock alone,
//!    before the clock is read for it, and gives it back once the commit is seen.
//! 2. Each look-up then takes its snapshot, and reads the clock. Who has set a cut-off that it does not see got the lock later,
//!    so that cut-off counts by a later clock.
//!
//! Nothing else takes this lock. One of a table would have to wait for `VACUUM` and `REINDEX` as well, and for the readers that
//! those wait for; one of a row would be written to disk, and those who come to share it go past a writer that waits. This one
//! is given in the order in which it was asked for, and asks for no right.

use cloakroom_revocation::Credential;
use sqlx::SqlStr;

use crate::connections::Again;
use crate::revocation::joint::Lock;
use crate::revocation::store::name;
use crate::revocation::write::READ_COMMITTED;
use crate::sql;

/// What goes before look-ups.
pub(super) const LOCK: Lock = Lock {
    statements: locked,
    rows: 1,
    again: Again::Reads,
};

/// The first half of the lock's key; the second one is the id of the feed's table, of which there is one in a database. "clor".
const KEY: i32 = 0x636c_6f72;

/// It waits below the 2 seconds that a stamp waits for it. It answers a row.
fn locked(schema: &str) -> String {
    let key = key(schema);
    format!(
        "{READ_COMMITTED}\
         SET LOCAL lock_timeout = '1500ms';\n\
         SELECT pg_advisory_xact_lock_shared({key});\n"
    )
}

/// Waits until nobody looks up, and keeps those out who would. It answers a row.
pub(super) fn alone(schema: &str) -> String {
    let key = key(schema);
    format!("SELECT pg_advisory_xact_lock({key});\n")
}

/// The bits of the id are taken as they are: one of 2^31 or more is below 0.
fn key(schema: &str) -> String {
    format!("{KEY}, '{schema}.revocation_feed'::regclass::oid::integer")
}

/// `statement` is the one that is prepared, to which nothing can be bound here.
pub(super) fn look_up(statement: &SqlStr, credential: &Credential<'_>) -> String {
    let value = |text: Option<&str>| text.and_then(name).map_or("NULL::text".to_owned(), sql::text);
    statement
        .as_str()
        .replace("$1", &value(Some(credential.issuer)))
        .replace("$2", &value(credential.token_id))
        .replace("$3", &value(credential.subject))
}
