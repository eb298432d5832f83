//! The schema's versions and the steps between them.
//!
//! `PRAGMA user_version` belongs to the application in whose database the tables may live, so the versions stand in a
//! table. A step after which older code would read wrongly renames a table, so that such code fails instead.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};

use crate::OpenError;
use crate::database::open_error;

/// The tables of one component of this crate, all of whose names begin with `cloakroom_`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema {
    pub(crate) component: &'static str,
    /// Step `i` leads from version `i` to `i + 1`; version 0 is an empty database.
    pub(crate) steps: &'static [&'static str],
}

impl Schema {
    /// The version that this release works with.
    pub(crate) fn known(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// The version of the database, 0 when it has none of the tables; refuses a newer one than is known. Changes nothing.
    pub(crate) async fn found(&self, connection: &mut SqliteConnection) -> Result<i64, OpenError> {
        let there =
            sqlx::query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cloakroom_schema'")
                .fetch_optional(&mut *connection)
                .await
                .map_err(open_error)?;
        if there.is_none() {
            return Ok(0);
        }
        let row = sqlx::query("SELECT version FROM cloakroom_schema WHERE component = ?1")
            .bind(self.component)
            .fetch_optional(&mut *connection)
            .await
            .map_err(open_error)?;
        let found = match row {
            Some(row) => row.try_get::<i64, _>(0).map_err(open_error)?,
            None => 0,
        };
        if !(0..=self.known()).contains(&found) {
            return Err(OpenError::NewerSchema {
                component: self.component,
                found,
                known: self.known(),
            });
        }
        Ok(found)
    }

    /// Brings the database to the known version, in one transaction, however many processes try at once: the first to
    /// begin does it, the others find it done.
    pub(crate) async fn migrate(&self, connection: &mut SqliteConnection) -> Result<(), OpenError> {
        if self.found(connection).await? == self.known() {
            return Ok(());
        }
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(open_error)?;
        let found = self.found(&mut transaction).await?;
        let done = usize::try_from(found).unwrap_or(usize::MAX);
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS cloakroom_schema (
                component TEXT NOT NULL PRIMARY KEY,
                version INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID",
        )
        .execute(&mut *transaction)
        .await
        .map_err(open_error)?;
        for step in self.steps.iter().skip(done) {
            sqlx::raw_sql(*step)
                .execute(&mut *transaction)
                .await
                .map_err(open_error)?;
        }
        sqlx::query(
            "INSERT INTO cloakroom_schema (component, version) VALUES (?1, ?2)
             ON CONFLICT (component) DO UPDATE SET version = excluded.version",
        )
        .bind(self.component)
        .bind(self.known())
        .execute(&mut *transaction)
        .await
        .map_err(open_error)?;
        transaction.commit().await.map_err(open_error)
    }
}
