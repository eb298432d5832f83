//! The look-up that waits for writers: several statements that travel in one message, which makes them one transaction.
//!
//! 1. It locks the feed's table in a mode that lets all others look up, and no one in who changes the feed's row. Who writes
//!    has asked for the right to before the clock is read for a cut-off, and keeps it until the commit.
//! 2. Each look-up then takes its snapshot, and reads the clock: what it does not see counts by a later one.
//!
//! A lock of the row would be written to disk, and those who come to share one go past a writer that waits for it. Those of
//! tables are given in the order in which they were asked for.

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
    rows: 0,
    again: Again::Reads,
};

/// It waits below the 2 seconds that a stamp waits for it.
fn locked(schema: &str) -> String {
    format!(
        "{READ_COMMITTED}\
         SET LOCAL lock_timeout = '1500ms';\n\
         LOCK TABLE {schema}.revocation_feed IN SHARE MODE;\n"
    )
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
