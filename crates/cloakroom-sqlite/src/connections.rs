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
    max: usize,
    idle: Mutex<Idle>,
    permits: Semaphore,
}

/// Those that are not on loan.
#[derive(Debug, Default)]
struct Idle {
    /// The last one is lent next. Those whose loan was dropped before its answer stand first, the latest of them first.
    connections: Vec<SqliteConnection>,
    /// How many of them are such: their threads may still be at that statement.
    unanswered: usize,
    /// How many are open or being opened, those on loan among them.
    open: usize,
}

impl Connections {
    /// At most `max` connections, none of them open yet.
    pub(crate) fn new(options: SqliteConnectOptions, max: u32) -> Self {
        let max = usize::try_from(max).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            options,
            max,
            idle: Mutex::default(),
            permits: Semaphore::new(max),
        }
    }

    /// Waits for its turn, then lends a connection.
    ///
    /// Dropping the future gives the turn to the next. Dropping the loan while a statement runs is safe: the connection's
    /// thread ends that statement before it takes the next one. Whoever gets that connection waits for it, so it is lent
    /// when no other is idle and no more may be opened.
    pub(crate) async fn lend(&self) -> Result<Loan<'_>, Error> {
        let permit = self.permits.acquire().await.map_err(|_| Error::PoolClosed)?;
        let mut loan = Loan {
            home: self,
            connection: self.idle().next(self.max),
            is_answered: true,
            _permit: permit,
        };
        if loan.connection.is_none() {
            let opened = self.options.connect().await;
            loan.connection = match opened {
                Ok(connection) => Some(connection),
                Err(error) => {
                    // To wait for one is better than none.
                    let idle = self.idle().instead();
                    Some(idle.ok_or(error)?)
                }
            };
        }
        Ok(loan)
    }

    /// Lets nobody in any more, waits for those that are in, and closes.
    pub(crate) async fn close(&self, max: u32) {
        let all = self.permits.acquire_many(max).await;
        self.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle.connections {
            // What fails here fails in the next process that opens the file, which repairs it.
            let _ = connection.close().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // Nothing panics while it is held.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    /// The one to be lent next. None when one is to be opened, which counts from now on.
    fn next(&mut self, max: usize) -> Option<SqliteConnection> {
        let may_open = self.open < max;
        let next = if self.connections.len() > self.unanswered || !may_open {
            self.take()
        } else {
            None
        };
        self.open += usize::from(next.is_none());
        next
    }

    /// Any, in place of one that could not be opened.
    fn instead(&mut self) -> Option<SqliteConnection> {
        let found = self.take();
        self.open -= usize::from(found.is_some());
        found
    }

    fn take(&mut self) -> Option<SqliteConnection> {
        let last = self.connections.pop();
        self.unanswered = self.unanswered.min(self.connections.len());
        last
    }

    fn put_back(&mut self, connection: SqliteConnection, is_answered: bool) {
        if is_answered {
            self.connections.push(connection);
        } else {
            self.connections.insert(0, connection);
            self.unanswered += 1;
        }
    }
}

/// A connection on loan. It goes back when this is dropped, before the next in line is let in.
#[derive(Debug)]
pub(crate) struct Loan<'a> {
    home: &'a Connections,
    /// None until it is open, and when it is not to go back.
    connection: Option<SqliteConnection>,
    /// Whether no statement of this loan may be under way.
    is_answered: bool,
    _permit: SemaphorePermit<'a>,
}

impl Loan<'_> {
    /// Ends the loan with the answer of its last statement. A connection whose thread has ended is not given back: a new
    /// one is opened when one is needed. Nor is one of which sqlx counts a transaction that SQLite has rolled back by
    /// itself, for it would begin no other.
    pub(crate) fn settle<T>(mut self, result: Result<T, Error>) -> Result<T, Error> {
        if matches!(
            result,
            Err(Error::WorkerCrashed | Error::InvalidSavePointStatement)
        ) {
            self.connection = None;
        }
        self.is_answered = true;
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
        // It is borrowed for a statement.
        self.is_answered = false;
        self.connection
            .as_mut()
            .expect("it is taken by `settle` and `drop` alone, which consume the loan")
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut idle = self.home.idle();
        match self.connection.take() {
            Some(connection) => idle.put_back(connection, self.is_answered),
            None => idle.open -= 1,
        }
    }
}
