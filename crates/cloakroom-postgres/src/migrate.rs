use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, raw_sql};

use crate::connections::Connections;
use crate::error::OpenError;

/// The version of the tables that this crate makes and reads.
pub(crate) const VERSION: i32 = 2;

/// The first half of the key of the lock that migrations hold; the second one is a hash of the schema's name. "cloa".
const LOCK: i32 = 0x636c_6f61;

/// The steps, each of which makes the tables of the version after the one before. A released step never changes.
const STEPS: [&str; 2] = [
    // Rows are not packed to the brim: a touch writes its new version of a row into the same page, which spares the
    // indexes (HOT). What touches change is therefore in no index: purge_bucket is left behind by them.
    r#"
CREATE TABLE {schema}.sessions (
    selector bytea PRIMARY KEY,
    format smallint NOT NULL,
    verifier_hash bytea NOT NULL,
    previous_hash bytea,
    rotated_at bigint,
    rotation_reason smallint,
    subject text COLLATE "C",
    authenticated_at bigint,
    created_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    idle_deadline bigint NOT NULL,
    absolute_deadline bigint NOT NULL,
    purge_bucket bigint NOT NULL,
    version bigint NOT NULL,
    payload bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX sessions_by_subject ON {schema}.sessions (subject, selector) WHERE subject IS NOT NULL;
CREATE INDEX sessions_by_purge_bucket ON {schema}.sessions (purge_bucket);
CREATE TABLE {schema}.session_cutoffs (
    subject text COLLATE "C" PRIMARY KEY,
    cutoff bigint NOT NULL
) WITH (fillfactor = 70);
"#,
    // What cut-offs are compared with becomes a column of its own, so that a session can be spared by one; it and the
    // cut-offs get an index each, for the purge. A row of cut-offs may be there for its lock alone.
    r"
ALTER TABLE {schema}.sessions ADD COLUMN lineage_at bigint;
UPDATE {schema}.sessions SET lineage_at = COALESCE(authenticated_at, created_at);
ALTER TABLE {schema}.sessions ALTER COLUMN lineage_at SET NOT NULL;
CREATE INDEX sessions_by_lineage ON {schema}.sessions (lineage_at);
ALTER TABLE {schema}.session_cutoffs ALTER COLUMN cutoff DROP NOT NULL;
CREATE INDEX session_cutoffs_by_time ON {schema}.session_cutoffs (COALESCE(cutoff, '-9223372036854775808'::bigint));
",
];

/// Whether the tables are those of this crate.
pub(crate) async fn check(connections: &Connections, name: &str, schema: &str) -> Result<(), OpenError> {
    let mut lease = connections.try_lease().await?;
    let found = version(lease.connection(), schema).await?;
    lease.give_back();
    match found {
        Some(VERSION) => Ok(()),
        None => Err(OpenError::NotMigrated {
            schema: name.to_owned(),
        }),
        Some(found) if found > VERSION => Err(newer(name, found)),
        Some(found) => Err(OpenError::Older {
            schema: name.to_owned(),
            found,
            known: VERSION,
        }),
    }
}

/// Makes the tables those of this crate. All of it is one transaction, and one process at a time does it.
pub(crate) async fn migrate(connections: &Connections, name: &str, schema: &str) -> Result<(), OpenError> {
    let mut lease = connections.try_lease().await?;
    // Without rights to create anything, a program still starts on tables that are as they should be.
    let found = version(lease.connection(), schema).await?;
    if let Some(found) = found.filter(|&found| found >= VERSION) {
        lease.give_back();
        return if found == VERSION {
            Ok(())
        } else {
            Err(newer(name, found))
        };
    }
    // Whoever waited for the lock has to see what was done meanwhile, whatever the database's default.
    let mut transaction = lease
        .connection()
        .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?;
    let done = steps(&mut transaction, name, schema).await;
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

async fn steps(connection: &mut PgConnection, name: &str, schema: &str) -> Result<(), OpenError> {
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
    let found = version(connection, schema).await?;
    let first = match found {
        None => {
            let text = format!(
                "CREATE TABLE {schema}.session_schema (one boolean PRIMARY KEY DEFAULT true CHECK (one), \
                 version integer NOT NULL); INSERT INTO {schema}.session_schema (version) VALUES (0)"
            );
            run(connection, text).await?;
            0
        }
        Some(found) if found > VERSION => return Err(newer(name, found)),
        Some(found) => usize::try_from(found).unwrap_or(0),
    };
    for step in &STEPS[first.min(STEPS.len())..] {
        run(connection, step.replace("{schema}", schema)).await?;
    }
    run(
        connection,
        format!("UPDATE {schema}.session_schema SET version = {VERSION}"),
    )
    .await
}

/// The version of the tables that are there.
async fn version(connection: &mut PgConnection, schema: &str) -> Result<Option<i32>, OpenError> {
    let there: bool = sqlx::query("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{schema}.session_schema"))
        .persistent(false)
        .fetch_one(&mut *connection)
        .await?
        .try_get(0)?;
    if !there {
        return Ok(None);
    }
    let text = format!("SELECT version FROM {schema}.session_schema");
    let row = sqlx::query(AssertSqlSafe(text))
        .persistent(false)
        .fetch_optional(&mut *connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

async fn run(connection: &mut PgConnection, text: String) -> Result<(), OpenError> {
    connection.execute(raw_sql(AssertSqlSafe(text))).await?;
    Ok(())
}

fn newer(schema: &str, found: i32) -> OpenError {
    OpenError::Newer {
        schema: schema.to_owned(),
        found,
        known: VERSION,
    }
}
