use std::path::PathBuf;
use std::time::Duration;

use cloakroom_sqlite::SqliteTokenStore;
use cloakroom_token::cloakroom_id::Selector;
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
        self.directory.path().join("tokens.db")
    }

    /// It waits long for other writers: the machine that runs the tests may be busy.
    pub(crate) async fn store(&self) -> SqliteTokenStore {
        SqliteTokenStore::builder(self.path())
            .busy_timeout(Duration::from_mins(1))
            .open()
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

    pub(crate) async fn set_generation(&self, id: &Selector, generation: u64) {
        let id = id.as_bytes().map(|byte| format!("{byte:02x}")).concat();
        self.run(&format!(
            "UPDATE cloakroom_token_family SET generation = {generation} WHERE id = x'{id}'"
        ))
        .await;
    }
}
