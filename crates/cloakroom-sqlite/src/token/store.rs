use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::database::Database;
use crate::{Builder, OpenError};

/// Families of refresh tokens, and opaque access tokens, in an SQLite database. A clone is the same store.
///
/// It may lie in the same file as a store of sessions or of revocations; each has a writer of its own.
#[derive(Clone, Debug)]
pub struct SqliteTokenStore(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) database: Database,
    pub(super) cutoff_retention: Duration,
}

impl SqliteTokenStore {
    /// Opens the database at `path` with the [settings](Builder) as they are by default.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::open`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::builder(path).open().await
    }

    /// Settings for the database at `path`.
    pub fn builder(path: impl AsRef<Path>) -> Builder<Self> {
        Builder::new(path.as_ref())
    }

    /// A database in memory, for tests: on one connection, and gone with the store.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::open`].
    pub async fn open_in_memory() -> Result<Self, OpenError> {
        Builder::<Self>::in_memory().open().await
    }

    /// Waits for the operations under way and closes the database; all later ones answer `Unavailable`. Without it the
    /// file is closed with the last clone, at no loss, though its log may stay beside it.
    pub async fn close(&self) {
        self.0.database.close().await;
    }
}

impl Builder<SqliteTokenStore> {
    /// How long the cut-off of a subject is kept: 400 days by default. It must be longer than any family lives, and than
    /// any proof of identity that a family is created from is old.
    pub fn cutoff_retention(mut self, retention: Duration) -> Self {
        self.cutoff_retention = retention;
        self
    }

    /// Opens the database, which is created where there is none, and brings its tables to the form of this release.
    ///
    /// # Errors
    ///
    /// One clear line, and the tables are as they were: see [`OpenError`].
    pub async fn open(self) -> Result<SqliteTokenStore, OpenError> {
        Ok(SqliteTokenStore(Arc::new(Inner {
            database: self.database(&super::sql::SCHEMA).await?,
            cutoff_retention: self.cutoff_retention,
        })))
    }
}
