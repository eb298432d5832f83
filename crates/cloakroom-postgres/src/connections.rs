use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cloakroom_error::{StoreError, StoreErrorKind};
#[cfg(any(feature = "session", feature = "token"))]
use sqlx::Row as _;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool, Postgres, raw_sql};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

#[cfg(any(feature = "session", feature = "token"))]
use crate::error::no_row;
use crate::error::{connection_survives, is_collision, store_error};
use crate::settings::Settings;

/// A connection unused for so long is asked whether it still stands before it is used.
const ASK_AFTER: Duration = Duration::from_secs(10);
/// A connection unused for so long is closed when another one comes back.
const CLOSE_AFTER: Duration = Duration::from_mins(10);
/// How often a statement is sent that the server undoes because of another one.
const ATTEMPTS: u32 = 3;

/// Where the connections of a store come from.
#[derive(Clone, Debug)]
pub(crate) enum Connections {
    /// A pool that somebody else holds. It sends a `Sync` of its own after each use.
    Pool(PgPool),
    /// Connections of the store alone, with nothing on the wire but its statements.
    Own(Arc<Own>),
}

/// Whether a statement may be sent again when its connection broke, so that nobody knows whether it was done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It only reads.
    Reads,
    /// It writes.
    Writes,
}

/// A statement to be sent.
pub(crate) enum Statement<'q> {
    /// A prepared one that answers one row at most.
    One(Query<'q, Postgres, PgArguments>),
    /// A prepared one.
    All(Query<'q, Postgres, PgArguments>),
    /// Several at once, which are one transaction, by the simple protocol.
    Script(String),
}

impl Connections {
    pub(crate) fn own(options: PgConnectOptions, settings: &Settings) -> Self {
        let most = usize::try_from(settings.connections().get()).unwrap_or(usize::MAX);
        Self::Own(Arc::new(Own {
            // Nobody reads the log that sqlx would write of each statement, and there are no floats: poolers between here
            // and the server know nothing of that parameter.
            options: options.disable_statement_logging().extra_float_digits(None),
            permits: Semaphore::new(most.min(Semaphore::MAX_PERMITS)),
            parked: Mutex::new(Vec::new()),
            patience: settings.patience(),
        }))
    }

    /// The rows that the statement answers.
    pub(crate) async fn rows<'q>(
        &self,
        again: Again,
        statement: impl Fn() -> Statement<'q>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let mut collisions = 0;
        let mut broken = false;
        loop {
            let mut lease = self.lease().await?;
            let error = match lease.send(statement()).await {
                Ok(rows) => {
                    lease.give_back();
                    return Ok(rows);
                }
                Err(error) => error,
            };
            if connection_survives(&error) {
                lease.give_back();
                collisions += 1;
                if collisions < ATTEMPTS && is_collision(&error) {
                    continue;
                }
            } else {
                lease.give_up();
                // A server that was started anew broke all connections: a reader need not see that.
                if again == Again::Reads && !mem::replace(&mut broken, true) {
                    continue;
                }
            }
            return Err(store_error(error));
        }
    }

    /// The only row that the statement answers, if it answers one.
    pub(crate) async fn row<'q>(
        &self,
        again: Again,
        statement: impl Fn() -> Query<'q, Postgres, PgArguments>,
    ) -> Result<Option<PgRow>, StoreError> {
        let mut rows = self.rows(again, || Statement::One(statement())).await?;
        Ok(rows.pop())
    }

    /// Whether the statement, which writes, answers a row.
    #[cfg(any(feature = "session", feature = "token"))]
    pub(crate) async fn does<'q>(
        &self,
        statement: impl Fn() -> Query<'q, Postgres, PgArguments>,
    ) -> Result<bool, StoreError> {
        Ok(self.row(Again::Writes, statement).await?.is_some())
    }

    /// The number that a statement which writes answers in its only row.
    #[cfg(any(feature = "session", feature = "token"))]
    pub(crate) async fn number<'q, T>(&self, statement: impl Fn() -> Statement<'q>) -> Result<T, StoreError>
    where
        T: for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>,
    {
        let rows = self.rows(Again::Writes, statement).await?;
        let row = rows.first().ok_or_else(no_row)?;
        row.try_get(0).map_err(store_error)
    }

    /// A connection for one statement.
    async fn lease(&self) -> Result<Lease<'_>, StoreError> {
        match self.try_lease().await {
            Ok(lease) => Ok(lease),
            Err(sqlx::Error::PoolTimedOut) if self.is_below_capacity() => {
                // The pool had room for a connection, and the server gave none.
                Err(StoreError::new(
                    StoreErrorKind::Unavailable,
                    sqlx::Error::PoolTimedOut,
                ))
            }
            Err(error) => Err(store_error(error)),
        }
    }

    pub(crate) async fn try_lease(&self) -> Result<Lease<'_>, sqlx::Error> {
        match self {
            Self::Pool(pool) => Ok(Lease {
                connection: Some(Leased::Pooled(pool.acquire().await?)),
                home: None,
            }),
            Self::Own(own) => match timeout(own.patience, own.lease()).await {
                Ok(lease) => lease,
                Err(_) => Err(sqlx::Error::PoolTimedOut),
            },
        }
    }

    fn is_below_capacity(&self) -> bool {
        match self {
            Self::Pool(pool) => pool.size() < pool.options().get_max_connections(),
            Self::Own(own) => own.permits.available_permits() > 0,
        }
    }
}

/// The connections of one store.
pub(crate) struct Own {
    options: PgConnectOptions,
    permits: Semaphore,
    /// The one used last stands last, and is used first.
    parked: Mutex<Vec<Parked>>,
    patience: Duration,
}

struct Parked {
    connection: PgConnection,
    since: Instant,
}

/// Without the options, which hold the password.
impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

impl Own {
    /// With what another connection to the same server is made.
    #[cfg(feature = "revocation")]
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    async fn lease(&self) -> Result<Lease<'_>, sqlx::Error> {
        let permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = match self.parked().await {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Lease {
            connection: Some(Leased::Own(connection)),
            home: Some((self, permit)),
        })
    }

    async fn parked(&self) -> Option<PgConnection> {
        let Parked {
            mut connection,
            since,
        } = self.lot().pop()?;
        if since.elapsed() > ASK_AFTER && connection.ping().await.is_err() {
            self.forget();
            return None;
        }
        Some(connection)
    }

    fn park(&self, connection: PgConnection) {
        let since = Instant::now();
        let mut lot = self.lot();
        lot.push(Parked { connection, since });
        let unused = lot
            .first()
            .is_some_and(|first| first.since.elapsed() > CLOSE_AFTER)
            .then(|| lot.remove(0));
        drop(lot);
        drop(unused);
    }

    /// Closes the connections that stood while another one broke: what broke it may have broken them, too.
    fn forget(&self) {
        let forgotten = mem::take(&mut *self.lot());
        drop(forgotten);
    }

    fn lot(&self) -> MutexGuard<'_, Vec<Parked>> {
        // Nothing panics while it is held.
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use. One that is dropped before its answer was read is closed: the next user would read the answer
/// to somebody else's question.
pub(crate) struct Lease<'a> {
    connection: Option<Leased>,
    home: Option<(&'a Own, SemaphorePermit<'a>)>,
}

enum Leased {
    Pooled(PoolConnection<Postgres>),
    Own(PgConnection),
}

impl Lease<'_> {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        match self
            .connection
            .as_mut()
            .expect("it is taken by what ends the lease")
        {
            Leased::Pooled(connection) => connection,
            Leased::Own(connection) => connection,
        }
    }

    async fn send(&mut self, statement: Statement<'_>) -> Result<Vec<PgRow>, sqlx::Error> {
        let connection = self.connection();
        match statement {
            Statement::One(query) => Ok(query.fetch_optional(connection).await?.into_iter().collect()),
            Statement::All(query) => query.fetch_all(connection).await,
            Statement::Script(script) => raw_sql(AssertSqlSafe(script)).fetch_all(connection).await,
        }
    }

    /// Ends the lease of a connection that is as it was.
    pub(crate) fn give_back(mut self) {
        match (self.connection.take(), &self.home) {
            (Some(Leased::Own(connection)), Some((own, _))) => own.park(connection),
            (connection, _) => drop(connection),
        }
    }

    /// Ends the lease of a connection that is broken.
    pub(crate) fn give_up(self) {
        if let Some((own, _)) = &self.home {
            own.forget();
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(Leased::Pooled(connection)) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Connections;
    use crate::Settings;

    #[test]
    fn d11_connections_print_no_password() {
        let options = "postgres://app:hunter2@db.example/app".parse().unwrap();
        let connections = Connections::own(options, &Settings::new());
        let text = format!("{connections:?} {connections:#?}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
