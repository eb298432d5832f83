use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, raw_sql};

use crate::connections::Connections;
use crate::error::OpenError;

/// The first half of the key of the lock that migrations hold; the second one is a hash of the schema's name. "cloa".
const LOCK: i32 = 0x636c_6f61;

/// The tables of one kind of store. Each kind is migrated by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Component {
    /// What its table of the version begins with.
    pub(crate) name: &'static str,
    /// Each makes the tables of the version after the one before. A released step never changes.
    pub(crate) steps: &'static [&'static str],
}

/// A component in a schema.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) component: Component,
    /// The schema's name, and the same quoted.
    pub(crate) name: &'a str,
    pub(crate) schema: &'a str,
}

impl Tables<'_> {
    /// The version of the tables that this crate makes and reads.
    fn known(&self) -> i32 {
        i32::try_from(self.component.steps.len()).unwrap_or(i32::MAX)
    }

    /// Whether the tables are those of this crate.
    pub(crate) async fn check(&self, connections: &Connections) -> Result<(), OpenError> {
        let mut lease = connections.try_lease().await?;
        let found = self.version(lease.connection()).await?;
        lease.give_back();
        match found {
            Some(found) if found == self.known() => Ok(()),
            None => Err(OpenError::NotMigrated {
                component: self.component.name,
                schema: self.name.to_owned(),
            }),
            Some(found) if found > self.known() => Err(self.newer(found)),
            Some(found) => Err(OpenError::Older {
                component: self.component.name,
                schema: self.name.to_owned(),
                found,
                known: self.known(),
            }),
        }
    }

    /// Makes the tables those of this crate. All of it is one transaction, and one process at a time does it.
    pub(crate) async fn migrate(&self, connections: &Connections) -> Result<(), OpenError> {
        let mut lease = connections.try_lease().await?;
        // Without rights to create anything, a program still starts on tables that are as they should be.
        let found = self.version(lease.connection()).await?;
        if let Some(found) = found.filter(|&found| found >= self.known()) {
            lease.give_back();
            return if found == self.known() {
                Ok(())
            } else {
                Err(self.newer(found))
            };
        }
        // Whoever waited for the lock has to see what was done meanwhile, whatever the database's default.
        let mut transaction = lease
            .connection()
            .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
            .await?;
        let done = self.take_steps(&mut transaction).await;
        match done {
            Ok(()) => transaction.commit().await?,
            Err(error) => {
                // The first error is the one that matters; a connection that cannot even roll back is closed.
                if transaction.rollback().await.is_ok() {
                    lease.give_back();
                }
                return Err(error);
            }
        }
        lease.give_back();
        Ok(())
    }

    async fn take_steps(&self, connection: &mut PgConnection) -> Result<(), OpenError> {
        let Self {
            name,
            schema,
            component,
        } = *self;
        sqlx::query("SELECT pg_advisory_xact_lock($1, hashtext($2))")
            .bind(LOCK)
            .bind(name)
            .execute(&mut *connection)
            .await?;
        // Asked first, because creating a schema that is there still takes the right to create one.
        let there: bool = sqlx::query("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?
            .try_get(0)?;
        if !there {
            run(connection, format!("CREATE SCHEMA {schema}")).await?;
        }
        let table = format!("{schema}.{}_schema", component.name);
        let first = match self.version(connection).await? {
            None => {
                let text = format!(
                    "CREATE TABLE {table} (one boolean PRIMARY KEY DEFAULT true CHECK (one), \
                     version integer NOT NULL); INSERT INTO {table} (version) VALUES (0)"
                );
                run(connection, text).await?;
                0
            }
            Some(found) if found > self.known() => return Err(self.newer(found)),
            Some(found) => usize::try_from(found).unwrap_or(0),
        };
        for step in component.steps.iter().skip(first) {
            run(connection, step.replace("{schema}", schema)).await?;
        }
        run(
            connection,
            format!("UPDATE {table} SET version = {}", self.known()),
        )
        .await
    }

    /// The version of the tables that are there.
    async fn version(&self, connection: &mut PgConnection) -> Result<Option<i32>, OpenError> {
        let table = format!("{}.{}_schema", self.schema, self.component.name);
        let there: bool = sqlx::query("SELECT to_regclass($1) IS NOT NULL")
            .bind(&table)
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?
            .try_get(0)?;
        if !there {
            return Ok(None);
        }
        let row = sqlx::query(AssertSqlSafe(format!("SELECT version FROM {table}")))
            .persistent(false)
            .fetch_optional(&mut *connection)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    fn newer(&self, found: i32) -> OpenError {
        OpenError::Newer {
            component: self.component.name,
            schema: self.name.to_owned(),
            found,
            known: self.known(),
        }
    }
}

async fn run(connection: &mut PgConnection, text: String) -> Result<(), OpenError> {
    connection.execute(raw_sql(AssertSqlSafe(text))).await?;
    Ok(())
}
