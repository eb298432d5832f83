use std::fmt;
use std::io;

use cloakroom_error::{StoreError, StoreErrorKind};
use sqlx::postgres::{PgDatabaseError, PgSeverity};
use thiserror::Error;

/// A store could not be opened or migrated. Each is one line, without a URL and without a password; nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The text is no URL of a PostgreSQL server. It may hold a password, so it is not repeated.
    #[error("the URL of the store is not postgres://user:password@host:port/database")]
    InvalidUrl,
    /// No server answers there.
    #[error("the PostgreSQL server of the store cannot be reached: {0}")]
    Unreachable(#[source] io::Error),
    /// No server answered in time, or no connection was free.
    #[error("the PostgreSQL server of the store gave no connection in time")]
    TimedOut,
    /// The server refused: credentials, a database that is not there, missing rights.
    #[error("the PostgreSQL server of the store refused: {0}")]
    Refused(#[source] Refusal),
    /// There are no tables: nobody has migrated.
    #[error("the schema {schema} holds no {component} tables: it has to be migrated")]
    NotMigrated {
        /// Whose tables: `session`, `token` or `revocation`.
        component: &'static str,
        /// The schema's name.
        schema: String,
    },
    /// The tables are of an earlier version of this crate.
    #[error(
        "the {component} tables in the schema {schema} are of version {found}, and this program needs {known}: they have to be migrated"
    )]
    Older {
        /// Whose tables: `session`, `token` or `revocation`.
        component: &'static str,
        /// The schema's name.
        schema: String,
        /// The tables' version.
        found: i32,
        /// The version that this crate makes.
        known: i32,
    },
    /// The tables are of a later version of this crate.
    #[error(
        "the {component} tables in the schema {schema} are of version {found}, and this program knows {known} at most: update it"
    )]
    Newer {
        /// Whose tables: `session`, `token` or `revocation`.
        component: &'static str,
        /// The schema's name.
        schema: String,
        /// The tables' version.
        found: i32,
        /// The version that this crate makes.
        known: i32,
    },
    /// So few connections are allowed that a writer which hangs could keep the feed from being read.
    #[error("the store needs {needed} connections, and its pool or its settings allow {most}")]
    TooFewConnections {
        /// How many the pool or the settings allow.
        most: u32,
        /// How many it needs.
        needed: u32,
    },
    /// Anything else.
    #[error("the store cannot be opened: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Configuration(_) => Self::InvalidUrl,
            sqlx::Error::Io(error) => Self::Unreachable(error),
            sqlx::Error::PoolTimedOut => Self::TimedOut,
            sqlx::Error::Database(error) => Self::Refused(Refusal::of(&*error)),
            other => Self::Failed(other.into()),
        }
    }
}

/// What a PostgreSQL server answered instead of doing what it was asked to: its message and the SQLSTATE.
///
/// The details that it sends beside them are dropped, since they may quote rows.
#[derive(Debug)]
pub struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    fn of(error: &dyn sqlx::error::DatabaseError) -> Self {
        Self {
            code: error.code().unwrap_or_default().into_owned(),
            message: error.message().replace(['\n', '\r'], " "),
        }
    }

    /// The SQLSTATE: five letters and digits.
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.code.as_str(), "42P01" | "3F000") {
            f.write_str("there are no tables, migrate first: ")?;
        }
        write!(f, "{} (SQLSTATE {})", self.message, self.code)
    }
}

impl std::error::Error for Refusal {}

/// `error` as a caller of the store sees it.
pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(error) => {
            let refusal = Refusal::of(&*error);
            StoreError::new(kind_of(&refusal.code), refusal)
        }
        other => StoreError::new(kind_without_code(&other), other),
    }
}

/// The error of a statement that always answers a row and did not.
pub(crate) fn no_row() -> StoreError {
    store_error(sqlx::Error::RowNotFound)
}

/// A row that cannot be read.
pub(crate) fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, error)
}

const fn kind_without_code(error: &sqlx::Error) -> StoreErrorKind {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        // A server that dies in the middle of an answer is one that speaks no protocol.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreErrorKind::Unavailable,
        sqlx::Error::PoolTimedOut => StoreErrorKind::Timeout,
        sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Other,
    }
}

/// What a SQLSTATE means for a store (PostgreSQL, appendix A).
fn kind_of(code: &str) -> StoreErrorKind {
    match code {
        // statement_timeout, or an administrator's cancel; lock_timeout.
        "57014" | "55P03" => StoreErrorKind::Timeout,
        // A standby, or a transaction set to read only.
        "25006"
        // Two transactions in each other's way, again and again.
        | "40001" | "40P01"
        // Too many connections.
        | "53300"
        // A file system that fails.
        | "58030" => StoreErrorKind::Unavailable,
        "53100" | "53200" => StoreErrorKind::Full,
        // A column of a name or a type that this crate does not know: the tables of another version.
        "42703" | "42804" => StoreErrorKind::Corrupt,
        _ => match code.get(..2) {
            // The connection; the server stops, starts, or was told to end this connection.
            Some("08" | "57") => StoreErrorKind::Unavailable,
            Some("54") => StoreErrorKind::Full,
            // The server found its own files damaged.
            Some("XX") if code != "XX000" => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Other,
        },
    }
}

/// Whether the connection that gave this error may be used again.
pub(crate) fn connection_survives(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|error| !matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)),
        _ => false,
    }
}

/// Whether the server undid the statement because of another one, so that it may be sent again.
pub(crate) fn is_collision(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error)
        if matches!(error.code().as_deref(), Some("40001" | "40P01")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d11_each_code_has_its_kind() {
        for (code, kind) in [
            ("08006", StoreErrorKind::Unavailable),
            ("57P01", StoreErrorKind::Unavailable),
            ("57P02", StoreErrorKind::Unavailable),
            ("57P03", StoreErrorKind::Unavailable),
            ("25006", StoreErrorKind::Unavailable),
            ("53300", StoreErrorKind::Unavailable),
            ("40P01", StoreErrorKind::Unavailable),
            ("57014", StoreErrorKind::Timeout),
            ("55P03", StoreErrorKind::Timeout),
            ("53100", StoreErrorKind::Full),
            ("53200", StoreErrorKind::Full),
            ("54000", StoreErrorKind::Full),
            ("42703", StoreErrorKind::Corrupt),
            ("XX001", StoreErrorKind::Corrupt),
            ("XX000", StoreErrorKind::Other),
            ("42P01", StoreErrorKind::Other),
            ("3D000", StoreErrorKind::Other),
            ("28P01", StoreErrorKind::Other),
            ("42501", StoreErrorKind::Other),
            ("", StoreErrorKind::Other),
            ("ä", StoreErrorKind::Other),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }

    #[test]
    fn a_refusal_is_one_line() {
        let refusal = Refusal {
            code: "42P01".to_owned(),
            message: "relation \"cloakroom.sessions\" does not exist".to_owned(),
        };
        assert_eq!(
            refusal.to_string(),
            "there are no tables, migrate first: relation \"cloakroom.sessions\" does not exist (SQLSTATE 42P01)"
        );
    }
}
