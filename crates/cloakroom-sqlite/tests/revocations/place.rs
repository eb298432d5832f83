use std::path::PathBuf;
use std::time::Duration;

use cloakroom_revocation::Fleet;
use cloakroom_sqlite::SqliteRevocationStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};
use tempfile::TempDir;

/// A file for a database, in a directory of its own.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("revocations.db")
    }

    /// It waits long for other writers: the machine that runs the tests may be busy.
    pub(crate) async fn store(&self, fleet: Fleet) -> SqliteRevocationStore {
        SqliteRevocationStore::builder(self.path())
            .busy_timeout(Duration::from_mins(1))
            .open(fleet)
            .await
            .unwrap()
    }

    pub(crate) async fn connection(&self) -> SqliteConnection {
        SqliteConnectOptions::new()
            .filename(self.path())
            .busy_timeout(Duration::from_mins(1))
            .connect()
            .await
            .unwrap()
    }

    pub(crate) async fn run(&self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&mut self.connection().await)
            .await
            .unwrap();
    }

    /// The only value that a statement answers.
    pub(crate) async fn number(&self, statement: &str) -> i64 {
        sqlx::query(AssertSqlSafe(statement.to_owned()))
            .fetch_one(&mut self.connection().await)
            .await
            .unwrap()
            .get(0)
    }
}
