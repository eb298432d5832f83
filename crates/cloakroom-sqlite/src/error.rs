use std::path::PathBuf;

use cloakroom_error::{StoreError, StoreErrorKind};
use sqlx::Error;
use thiserror::Error as ThisError;

/// Why a database was not opened. The tables in it are as they were.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum OpenError {
    /// The path cannot be used: its directory does not exist or may not be written to, it is a directory itself, or it
    /// may not be read.
    #[error("cannot open {}: {reason}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What is in the way.
        reason: &'static str,
        /// What the operating system or SQLite said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The file is something else.
    #[error("{} is not an SQLite database, or is damaged", path.display())]
    NotADatabase {
        /// The path.
        path: PathBuf,
    },
    /// A newer release has written the database.
    #[error("the database's {component} schema is version {found}; this release knows up to {known}")]
    NewerSchema {
        /// Whose tables: `session`, `token` or `revocation`.
        component: &'static str,
        /// The version in the database.
        found: i64,
        /// The newest known.
        known: i64,
    },
    /// The database was opened read-only, so the tables that it lacks were not made.
    #[error("the database's {component} schema is version {found}, not {known}, and it was opened read-only")]
    NotMigrated {
        /// Whose tables: `session`, `token` or `revocation`.
        component: &'static str,
        /// The version in the database, 0 when there is none.
        found: i64,
        /// The one needed.
        known: i64,
    },
    /// Another process held the database for too long.
    #[error("the database is locked by another process")]
    Locked,
    /// The file system or the build does without the write-ahead log.
    #[error("the database cannot use a write-ahead log here: its journal mode stays {mode}")]
    NoWal {
        /// The mode that it has.
        mode: String,
    },
    /// A setting is out of range.
    #[error("{0}")]
    Setting(&'static str),
    /// Anything else.
    #[error("the database cannot be prepared")]
    Other(#[source] Error),
}

/// What went wrong, as far as a caller can act on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Busy,
    Unavailable,
    Corrupt,
    TooLarge,
    Full,
    Other,
}

impl Fault {
    /// Classifies an error of sqlx by SQLite's primary result code (<https://www.sqlite.org/rescode.html>).
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Database(database) => match code(error).map(|code| code & 0xff) {
                Some(5 | 6) => Self::Busy,
                // PERM, READONLY, IOERR, CANTOPEN, PROTOCOL, AUTH.
                Some(3 | 8 | 10 | 14 | 15 | 23) => Self::Unavailable,
                // CORRUPT, NOTADB; CONSTRAINT: what is written over a row of an unknown format is refused by a column.
                Some(11 | 19 | 26) => Self::Corrupt,
                // NOMEM, FULL.
                Some(7 | 13) => Self::Full,
                Some(18) => Self::TooLarge,
                // ERROR: the statements are constants, so one that does not compile has met another schema.
                Some(1) if database.message().starts_with("no such ") => Self::Corrupt,
                _ => Self::Other,
            },
            Error::PoolTimedOut => Self::Busy,
            Error::Io(_) | Error::PoolClosed | Error::WorkerCrashed => Self::Unavailable,
            Error::ColumnDecode { .. }
            | Error::Decode(_)
            | Error::ColumnNotFound(_)
            | Error::ColumnIndexOutOfBounds { .. }
            | Error::TypeNotFound { .. }
            | Error::RowNotFound => Self::Corrupt,
            _ => Self::Other,
        }
    }
}

/// SQLite's extended result code.
fn code(error: &Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// `error` as a caller of a store sees it.
pub(crate) fn store_error(error: Error) -> StoreError {
    let kind = match Fault::of(&error) {
        Fault::Busy => StoreErrorKind::Timeout,
        Fault::Unavailable => StoreErrorKind::Unavailable,
        Fault::Corrupt => StoreErrorKind::Corrupt,
        Fault::TooLarge => StoreErrorKind::TooLarge,
        Fault::Full => StoreErrorKind::Full,
        Fault::Other => StoreErrorKind::Other,
    };
    StoreError::new(kind, error)
}
