use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(any(feature = "session", feature = "token"))]
use sqlx::query::Query;
#[cfg(any(feature = "session", feature = "token"))]
use sqlx::sqlite::SqliteArguments;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Error, Row as _};
use tokio::time::Instant;

use crate::OpenError;
use crate::connections::{Connections, Loan};
use crate::error::Fault;
use crate::schema::Schema;

/// How long opening waits for other processes that migrate the same database.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(30);

/// Where a database is and how it is used.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `None` is a database in memory, which has one connection.
    pub(crate) path: Option<PathBuf>,
    pub(crate) busy_timeout: Duration,
    pub(crate) max_readers: u32,
    pub(crate) max_pages: Option<u32>,
    pub(crate) durable: bool,
    pub(crate) read_only: bool,
}

/// An open database: one connection that writes, and some that read.
#[derive(Debug)]
pub(crate) struct Database {
    writer: Connections,
    /// `None` when the writer reads as well: in memory.
    readers: Option<(Connections, u32)>,
    file: Option<File>,
}

impl Database {
    /// Opens it, creates what is missing and brings its schema to the known version.
    pub(crate) async fn open(settings: &Settings, schema: &Schema) -> Result<Self, OpenError> {
        let Some(path) = &settings.path else {
            let writer = Connections::new(options(settings).in_memory(true), 1);
            schema
                .migrate(&mut *writer.lend().await.map_err(open_error)?)
                .await?;
            return Ok(Self {
                writer,
                readers: None,
                file: None,
            });
        };
        // An absolute path begins with a separator or a drive, so SQLite takes it for no `file:` URL and no `:memory:`.
        let path = std::path::absolute(path).map_err(|source| OpenError::Path {
            path: path.clone(),
            reason: "it is no path",
            source: Some(source.into()),
        })?;
        prepare(&path, settings, schema)
            .await
            .map_err(|error| at(&path, error))?;
        let options = options(settings).filename(&path).read_only(settings.read_only);
        let writer = Connections::new(options.clone(), 1);
        let readers = Connections::new(options.pragma("query_only", "ON"), settings.max_readers);
        let file = File::at(path.clone()).map_err(|source| at(&path, open_error(source.into())))?;
        drop(
            writer
                .lend()
                .await
                .map_err(|error| at(&path, open_error(error)))?,
        );
        drop(
            readers
                .lend()
                .await
                .map_err(|error| at(&path, open_error(error)))?,
        );
        Ok(Self {
            writer,
            readers: Some((readers, settings.max_readers)),
            file: Some(file),
        })
    }

    /// The connection that writes, when it is this caller's turn.
    pub(crate) async fn writer(&self) -> Result<Loan<'_>, Error> {
        let loan = self.writer.lend().await?;
        self.check()?;
        Ok(loan)
    }

    /// A connection that reads what was last written.
    pub(crate) async fn reader(&self) -> Result<Loan<'_>, Error> {
        let Some((readers, _)) = &self.readers else {
            return self.writer().await;
        };
        let loan = readers.lend().await?;
        self.check()?;
        Ok(loan)
    }

    /// Runs a statement that writes, and tells how many rows it changed.
    #[cfg(any(feature = "session", feature = "token"))]
    pub(crate) async fn execute(
        &self,
        statement: Query<'_, sqlx::Sqlite, SqliteArguments>,
    ) -> Result<u64, Error> {
        let mut writer = self.writer().await?;
        let result = statement.execute(&mut *writer).await;
        Ok(writer.settle(result)?.rows_affected())
    }

    /// Waits for the operations under way, then closes all connections.
    pub(crate) async fn close(&self) {
        if let Some((readers, max)) = &self.readers {
            readers.close(*max).await;
        }
        self.writer.close(1).await;
    }

    fn check(&self) -> Result<(), Error> {
        match &self.file {
            Some(file) => file.check().map_err(Error::Io),
            None => Ok(()),
        }
    }
}

/// The file that was opened. A file that was deleted or replaced by another can still be read and written through an
/// open connection, and what is written there is gone with the process.
#[derive(Debug)]
struct File {
    path: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

#[cfg(unix)]
impl File {
    fn at(path: PathBuf) -> std::io::Result<Self> {
        let identity = Self::identity(&path)?;
        Ok(Self { path, identity })
    }

    /// One `stat`: below a microsecond.
    fn check(&self) -> std::io::Result<()> {
        if Self::identity(&self.path)? == self.identity {
            return Ok(());
        }
        Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "the database file was replaced by another",
        ))
    }

    fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path)?;
        Ok((found.dev(), found.ino()))
    }
}

#[cfg(not(unix))]
impl File {
    #[expect(clippy::unnecessary_wraps, reason = "the same as elsewhere")]
    fn at(path: PathBuf) -> std::io::Result<Self> {
        Ok(Self { path })
    }

    /// An open file cannot be deleted or replaced here.
    fn check(&self) -> std::io::Result<()> {
        std::fs::metadata(&self.path).map(drop)
    }
}

fn options(settings: &Settings) -> SqliteConnectOptions {
    let mut options = SqliteConnectOptions::new()
        .busy_timeout(settings.busy_timeout)
        .synchronous(if settings.durable {
            SqliteSynchronous::Full
        } else {
            SqliteSynchronous::Normal
        })
        // A schema that somebody else wrote calls no function that does more than compute.
        .pragma("trusted_schema", "OFF")
        // Overwrites what is deleted where that costs no further page.
        .pragma("secure_delete", "FAST")
        // After a burst, the log is cut back to this size: 16 MiB.
        .pragma("journal_size_limit", "16777216")
        .thread_name(|number| format!("cloakroom-sqlite-{number}"))
        .disable_statement_logging();
    if let Some(max) = settings.max_pages {
        options = options.pragma("max_page_count", max.to_string());
    }
    options
}

/// Looks at the schema before anything is changed, then turns the write-ahead log on and migrates.
async fn prepare(path: &Path, settings: &Settings, schema: &Schema) -> Result<(), OpenError> {
    if path.is_dir() {
        return Err(refused(path, "it is a directory", None));
    }
    if !settings.read_only {
        create_private(path)?;
    }
    let mut connection = options(settings)
        .busy_timeout(MIGRATION_PATIENCE)
        .filename(path)
        .read_only(settings.read_only)
        .create_if_missing(!settings.read_only)
        .connect()
        .await
        .map_err(open_error)?;
    let prepared = prepare_over(&mut connection, settings, schema).await;
    // Also when it is refused: a process that ends at once would leave an empty log beside the file.
    let closed = connection.close().await;
    prepared?;
    closed.map_err(open_error)
}

async fn prepare_over(
    connection: &mut SqliteConnection,
    settings: &Settings,
    schema: &Schema,
) -> Result<(), OpenError> {
    let found = schema.found(connection).await?;
    if !settings.read_only {
        enable_wal(connection).await?;
        return schema.migrate(connection).await;
    }
    if found == schema.known() {
        return Ok(());
    }
    Err(OpenError::NotMigrated {
        component: schema.component,
        found,
        known: schema.known(),
    })
}

/// SQLite makes new files readable for everyone that the process's umask lets in. Its log takes after the file.
///
/// A process that closes any handle of a file loses all of its locks on it (POSIX), those of SQLite among them, so the
/// file gets its name only when the handle that made it is closed.
#[cfg(unix)]
fn create_private(path: &Path) -> Result<(), OpenError> {
    use std::hash::{BuildHasher as _, RandomState};
    use std::io::ErrorKind;
    use std::os::unix::fs::OpenOptionsExt as _;

    if path.exists() {
        return Ok(());
    }
    // A name of its own: in containers that share a directory all processes may have the same number.
    let mut new = path.as_os_str().to_owned();
    new.push(format!(
        ".new-{:016x}",
        RandomState::new().hash_one(std::process::id())
    ));
    let created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .map(drop);
    if let Err(error) = created {
        let reason = match error.kind() {
            ErrorKind::NotFound => "its directory does not exist",
            ErrorKind::PermissionDenied => "permission denied",
            ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
            _ => "it cannot be created",
        };
        return Err(refused(path, reason, Some(error.into())));
    }
    // It exists by now if another process was faster. A file system without links leaves it to SQLite and the umask.
    let _ = std::fs::hard_link(&new, path);
    let _ = std::fs::remove_file(&new);
    Ok(())
}

/// Here a file's rights are those of its directory.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same as elsewhere")]
fn create_private(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// The busy timeout does not cover the change of the journal mode, which needs the file for itself for a moment.
async fn enable_wal(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let patience = Instant::now() + MIGRATION_PATIENCE;
    loop {
        let answer = sqlx::query("PRAGMA journal_mode = WAL")
            .fetch_one(&mut *connection)
            .await
            .and_then(|row| row.try_get::<String, _>(0));
        match answer {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(OpenError::NoWal { mode }),
            Err(error) if Fault::of(&error) == Fault::Busy && Instant::now() < patience => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(open_error(error)),
        }
    }
}

pub(crate) fn open_error(error: Error) -> OpenError {
    match Fault::of(&error) {
        Fault::Busy => OpenError::Locked,
        _ => OpenError::Other(error),
    }
}

/// Says the path where that is what is wrong.
fn at(path: &Path, error: OpenError) -> OpenError {
    let OpenError::Other(source) = error else {
        return error;
    };
    match Fault::of(&source) {
        Fault::Corrupt => OpenError::NotADatabase {
            path: path.to_owned(),
        },
        Fault::Unavailable => {
            let reason = if path.exists() {
                "it may not be read or written"
            } else {
                "it does not exist"
            };
            refused(path, reason, Some(source.into()))
        }
        _ => OpenError::Other(source),
    }
}

fn refused(
    path: &Path,
    reason: &'static str,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
) -> OpenError {
    OpenError::Path {
        path: path.to_owned(),
        reason,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema {
        component: "test",
        steps: &[],
    };

    async fn pragma(loan: Result<Loan<'_>, Error>, name: &'static str) -> i64 {
        let row = sqlx::query(name).fetch_one(&mut *loan.unwrap()).await.unwrap();
        row.get(0)
    }

    #[tokio::test]
    async fn connections_have_the_settings_that_the_documentation_names() {
        let directory = tempfile::tempdir().unwrap();
        for durable in [false, true] {
            let settings = Settings {
                path: Some(directory.path().join("s.db")),
                busy_timeout: Duration::from_millis(1234),
                max_readers: 2,
                max_pages: Some(5000),
                durable,
                read_only: false,
            };
            let database = Database::open(&settings, &SCHEMA).await.unwrap();
            // <https://www.sqlite.org/pragma.html#pragma_synchronous>: 1 is NORMAL, 2 is FULL.
            let synchronous = if durable { 2 } else { 1 };
            for (name, writer, reader) in [
                ("PRAGMA synchronous", synchronous, synchronous),
                ("PRAGMA busy_timeout", 1234, 1234),
                ("PRAGMA trusted_schema", 0, 0),
                ("PRAGMA secure_delete", 2, 2),
                ("PRAGMA max_page_count", 5000, 5000),
                ("PRAGMA query_only", 0, 1),
            ] {
                assert_eq!(pragma(database.writer().await, name).await, writer, "{name}");
                assert_eq!(pragma(database.reader().await, name).await, reader, "{name}");
            }
        }
    }

    /// A connection whose thread has ended is not lent again.
    #[tokio::test]
    async fn a_lost_connection_is_replaced() {
        let connections = Connections::new(SqliteConnectOptions::new().in_memory(true), 1);
        let mut loan = connections.lend().await.unwrap();
        sqlx::query("CREATE TEMP TABLE mark (a)")
            .execute(&mut *loan)
            .await
            .unwrap();
        assert!(loan.settle(Ok(())).is_ok());
        let loan = connections.lend().await.unwrap();
        assert!(loan.settle::<()>(Err(Error::WorkerCrashed)).is_err());
        let mut loan = connections.lend().await.unwrap();
        let marked = sqlx::query("SELECT 1 FROM mark").fetch_optional(&mut *loan).await;
        assert_eq!(
            Fault::of(&marked.unwrap_err()),
            Fault::Corrupt,
            "it is the old one"
        );
    }

    /// One whose loan was dropped may be at its statement still, and is lent when no other can be had.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_connection_without_its_answer_is_lent_last() {
        async fn lent(connections: &Connections) -> (Loan<'_>, Option<i64>) {
            let mut loan = connections.lend().await.unwrap();
            let mark = sqlx::query("SELECT a FROM mark").fetch_one(&mut *loan).await;
            (loan, mark.ok().map(|row| row.get(0)))
        }
        async fn mark(loan: &mut Loan<'_>, number: i64) {
            sqlx::raw_sql("CREATE TEMP TABLE mark (a)")
                .execute(&mut **loan)
                .await
                .unwrap();
            let insert = sqlx::query("INSERT INTO mark VALUES (?)").bind(number);
            insert.execute(&mut **loan).await.unwrap();
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.db");
        std::fs::write(&path, []).unwrap();
        let connections = Connections::new(SqliteConnectOptions::new().filename(&path), 3);
        for number in [1, 2] {
            let (mut loan, found) = lent(&connections).await;
            assert_eq!(found, None, "it is a new one");
            mark(&mut loan, number).await;
        }
        // Neither was settled, and no third can be opened: the one that has waited longest.
        std::fs::remove_file(&path).unwrap();
        let (first, found) = lent(&connections).await;
        assert_eq!(found, Some(1));
        let (second, found) = lent(&connections).await;
        assert_eq!(found, Some(2));
        assert!(connections.lend().await.is_err());
        first.settle(Ok(())).unwrap();
        drop(second);
        for _ in 0..2 {
            let (loan, found) = lent(&connections).await;
            assert_eq!(found, Some(1));
            loan.settle(Ok(())).unwrap();
        }
        std::fs::write(&path, []).unwrap();
        let (_first, found) = lent(&connections).await;
        assert_eq!(found, Some(1));
        let (_third, found) = lent(&connections).await;
        assert_eq!(found, None, "it is a new one");
        let (_second, found) = lent(&connections).await;
        assert_eq!(found, Some(2));
    }
}
