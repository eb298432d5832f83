use std::time::Duration;

use crate::session::sql::SCHEMA;
use crate::{Builder, OpenError, SqliteSessionStore};

impl Builder<SqliteSessionStore> {
    /// How long the cut-off of a subject is kept: 400 days by default. It must be longer than any session lives, and
    /// than any proof of identity that [`create`](cloakroom_store::SessionStore::create) is given is old.
    pub fn cutoff_retention(mut self, retention: Duration) -> Self {
        self.cutoff_retention = retention;
        self
    }

    /// Opens the database, which is created where there is none, and brings its tables to the form of this release.
    ///
    /// # Errors
    ///
    /// One clear line, and the tables are as they were: see [`OpenError`].
    pub async fn open(self) -> Result<SqliteSessionStore, OpenError> {
        let database = self.database(&SCHEMA).await?;
        Ok(SqliteSessionStore::over(database, self.cutoff_retention))
    }
}
