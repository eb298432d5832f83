use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use cloakroom_core::UnixTime;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Row};

use crate::user_name::UserName;

/// `PRAGMA application_id`: "Clkr". Another program's database is refused, never written to.
const APPLICATION_ID: i64 = 0x436c_6b72;
/// `PRAGMA user_version` of the one schema so far.
const SCHEMA_VERSION: i64 = 1;
/// How long a statement waits for another process's lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// SQLite database file format, section 1.3: every file that is not empty begins with these bytes.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The table of users, and nothing else: who is logged in is not written here.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    pool: SqlitePool,
}

/// One row, without the password's hash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// 128 random bits in hexadecimal digits; a ticket's subject. Never used again, even by another database.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at: UnixTime,
}

/// What a log-in needs of a row.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) password_hash: String,
}

impl Users {
    /// Opens the database at `path`, making it when there is none. What it cannot use it leaves as it is.
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        look_at_file(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(LOCK_PATIENCE)
            .disable_statement_logging();
        let mut connection = options.connect().await?;
        let prepared = prepare(&mut connection).await;
        connection.close().await?;
        prepared?;
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(LOCK_PATIENCE * 2)
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// Adds a user; `None` when the name is taken.
    pub(crate) async fn create(
        &self,
        name: &UserName,
        password_hash: &str,
        now: UnixTime,
    ) -> Result<Option<User>, Unavailable> {
        let id = random_id()?;
        let inserted = sqlx::query(
            "INSERT INTO users (id, name, password_hash, created_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(&id)
        .bind(name.as_str())
        .bind(password_hash)
        .bind(now.as_millis())
        .execute(&self.pool)
        .await?;
        Ok((inserted.rows_affected() == 1).then(|| User {
            id,
            name: name.as_str().to_owned(),
            created_at: now,
        }))
    }

    pub(crate) async fn credentials(&self, name: &UserName) -> Result<Option<Credentials>, Unavailable> {
        let row = sqlx::query("SELECT id, password_hash FROM users WHERE name = ?")
            .bind(name.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(Credentials {
                id: row.try_get(0)?,
                password_hash: row.try_get(1)?,
            })
        })
        .transpose()
    }

    pub(crate) async fn by_id(&self, id: &str) -> Result<Option<User>, Unavailable> {
        let row = sqlx::query("SELECT id, name, created_at_ms FROM users WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| {
            Ok(User {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                created_at: UnixTime::from_millis(row.try_get(2)?),
            })
        })
        .transpose()
    }

    /// Sets another password in the place of `old`; `false` when that is not the one any more, or the account is gone.
    pub(crate) async fn set_password(&self, id: &str, old: &str, new: &str) -> Result<bool, Unavailable> {
        let updated = sqlx::query("UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?")
            .bind(new)
            .bind(id)
            .bind(old)
            .execute(&self.pool)
            .await?;
        Ok(updated.rows_affected() == 1)
    }

    /// Lets go of the file, so that the write-ahead log is folded into it.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Why a database cannot be used. Each reads on after "cannot use the database PATH: ".
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("it is not a file")]
    NotAFile,
    #[error("it is not an SQLite database")]
    NotSqlite,
    #[error("it is another program's database")]
    Foreign,
    #[error("a newer version of this program made it (schema {0})")]
    Newer(i64),
    #[error("it is read-only")]
    ReadOnly,
    #[error("another process has locked it")]
    Locked,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Other(sqlx::Error),
}

/// The database did not answer: locked, taken away, full. The next request may find it well.
#[derive(Debug, thiserror::Error)]
#[error("the user database is unavailable: {0}")]
pub(crate) struct Unavailable(#[from] sqlx::Error);

/// Looks before SQLite does, for it would make files beside a database that it may not write. An absent file is made
/// here, readable by its owner alone: it will hold password hashes.
fn look_at_file(path: &Path) -> Result<(), OpenError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            return match options.open(path) {
                // Another process was faster; it makes what we would have made.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.into()),
                _ => Ok(()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    if !metadata.is_file() {
        return Err(OpenError::NotAFile);
    }
    let mut head = Vec::with_capacity(MAGIC.len());
    fs::File::open(path)?
        .take(MAGIC.len() as u64)
        .read_to_end(&mut head)?;
    if !head.is_empty() && head != MAGIC {
        return Err(OpenError::NotSqlite);
    }
    // Root may write what says it is read-only; that is still not what its owner asked for.
    if metadata.permissions().readonly() {
        return Err(OpenError::ReadOnly);
    }
    match OpenOptions::new().append(true).open(path) {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(OpenError::ReadOnly)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes sure that the database is ours, and makes the table in an empty one.
async fn prepare(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    // One transaction, so that another process that prepares it just now is seen before or after, never in between.
    let mut reading = connection.begin().await?;
    let application_id: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *reading)
        .await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *reading)
        .await?;
    let objects: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *reading)
        .await?;
    reading.rollback().await?;
    match (application_id, version, objects) {
        (APPLICATION_ID, SCHEMA_VERSION, _) | (0, 0, 0) => {}
        (APPLICATION_ID, newer, _) => return Err(OpenError::Newer(newer)),
        _ => return Err(OpenError::Foreign),
    }
    // Kept in the file. Readers then go on while another process writes.
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut *connection)
        .await?;
    // Taking the write lock at start-up finds a database that is locked or read-only before a person does. Everything
    // in it may be repeated, so two servers that start at once do not fight.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for statement in [
        "CREATE TABLE IF NOT EXISTS users (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            password_hash TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID",
        "PRAGMA application_id = 0x436c6b72",
        "PRAGMA user_version = 1",
    ] {
        sqlx::query(statement).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// SQLite's primary result codes lie in the low byte of its extended ones.
impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<i32>().ok());
        match code.map(|code| code & 0xff) {
            Some(5 | 6) => Self::Locked,
            Some(8) => Self::ReadOnly,
            Some(26) => Self::NotSqlite,
            _ => Self::Other(error),
        }
    }
}

fn random_id() -> Result<String, Unavailable> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| sqlx::Error::Io(io::Error::other(error)))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use cloakroom_core::UnixTime;

    use super::{User, Users};
    use crate::user_name::UserName;

    #[tokio::test]
    async fn a_name_is_given_out_once_and_survives_reopening() {
        let folder = tempfile::tempdir().unwrap();
        // What means something in a URI or to SQLite is only a name here.
        let path = folder.path().join("us ers?mode=memory&%41#:memory:.db");
        let (ada, now) = (
            UserName::parse("Ada").unwrap(),
            UnixTime::from_millis(1_750_000_000_123),
        );
        let users = Users::open(&path).await.unwrap();
        let user = users.create(&ada, "$hash", now).await.unwrap().unwrap();
        assert_eq!(users.create(&ada, "$other", now).await.unwrap(), None);
        users.close().await;

        let users = Users::open(&path).await.unwrap();
        let credentials = users.credentials(&ada).await.unwrap().unwrap();
        assert_eq!(
            (&*credentials.id, &*credentials.password_hash),
            (&*user.id, "$hash")
        );
        assert_eq!(
            users.by_id(&user.id).await.unwrap(),
            Some(User {
                id: user.id,
                name: "ada".to_owned(),
                created_at: now
            })
        );
        assert_eq!(users.by_id("ada").await.unwrap(), None);
        let credentials = users.credentials(&ada).await.unwrap().unwrap();
        for (id, old, set) in [
            (&*credentials.id, "$other", false),
            ("ada", "$hash", false),
            (&credentials.id, "$hash", true),
            (&credentials.id, "$hash", false),
        ] {
            assert_eq!(
                users.set_password(id, old, "$new").await.unwrap(),
                set,
                "{id} {old}"
            );
        }
        let credentials = users.credentials(&ada).await.unwrap().unwrap();
        assert_eq!(&*credentials.password_hash, "$new");
        users.close().await;
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
    }
}
