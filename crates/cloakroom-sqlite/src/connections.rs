use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Error};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections of one kind, lent out first come, first served.
///
/// sqlx's pool pings a connection, on a task of its own, each time it comes back: a second trip to the connection's
/// thread for each statement. Here it is put back where it is dropped.
#[derive(Debug)]
pub(crate) struct Connections {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    permits: Semaphore,
}

impl Connections {
    /// At most `max` connections, none of them open yet.
    pub(crate) fn new(options: SqliteConnectOptions, max: u32) -> Self {
        Self {
            options,
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(usize::try_from(max).unwrap_or(Semaphore::MAX_PERMITS)),
        }
    }

    /// Waits for its turn, then lends a connection.
    ///
    /// Dropping the future gives the turn to the next. Dropping the loan while a statement runs is no harm: the
    /// connection's thread ends that statement before it takes the next one.
    pub(crate) async fn lend(&self) -> Result<Loan<'_>, Error> {
        let permit = self.permits.acquire().await.map_err(|_| Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Loan {
            home: self,
            connection: Some(connection),
            _permit: permit,
        })
    }

    /// Lets nobody in any more, waits for those that are in, and closes.
    pub(crate) async fn close(&self, max: u32) {
        let all = self.permits.acquire_many(max).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            // What fails here fails in the next process that opens the file, which repairs it.
            let _ = connection.close().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        // Nothing panics while it is held, and a list of connections cannot be half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. It goes back when this is dropped, before the next in line is let in.
#[derive(Debug)]
pub(crate) struct Loan<'a> {
    home: &'a Connections,
    connection: Option<SqliteConnection>,
    _permit: SemaphorePermit<'a>,
}

impl Loan<'_> {
    /// Ends the loan. A connection whose thread has ended is not given back: a new one is opened when one is needed.
    /// Nor is one of which sqlx counts a transaction that SQLite has rolled back by itself, for it would begin no other.
    pub(crate) fn settle<T>(mut self, result: Result<T, Error>) -> Result<T, Error> {
        if matches!(
            result,
            Err(Error::WorkerCrashed | Error::InvalidSavePointStatement)
        ) {
            self.connection = None;
        }
        result
    }
}

/// Whether to begin a transaction once more: an earlier one found the disk full or failing, and SQLite rolled it back by
/// itself. Nothing was begun, and the next connection is a new one.
pub(crate) fn begins_again<T>(result: &Result<T, Error>, is_first: &mut bool) -> bool {
    matches!(result, Err(Error::InvalidSavePointStatement)) && std::mem::take(is_first)
}

impl Deref for Loan<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection
            .as_ref()
            .expect("it is taken by `settle` and `drop` alone, which consume the loan")
    }
}

impl DerefMut for Loan<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection
            .as_mut()
            .expect("it is taken by `settle` and `drop` alone, which consume the loan")
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.home.idle().push(connection);
        }
    }
}
