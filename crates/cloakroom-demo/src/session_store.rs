use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_postgres::PostgresSessionStore;
use cloakroom_redis::RedisSessionStore;
use cloakroom_session::{InvalidSettings, Sessions, Settings};
use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::MemoryStore;
use cloakroom_store::cloakroom_id::IndexSecret;

use crate::store_choice::StoreChoice;

/// How long ago a password may have been given for what ends sessions (ASVS 7.5.2).
pub(crate) const RECENT: Duration = Duration::from_mins(5);
/// How many sessions one account may have (ASVS 7.1.2). A further login ends the one that was not used for longest.
pub(crate) const PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");

/// The store of sessions that was opened.
#[derive(Clone)]
pub(crate) enum SessionStore {
    Memory(Arc<MemoryStore>),
    Sqlite(SqliteSessionStore),
    Postgres(PostgresSessionStore),
    Redis(RedisSessionStore),
}

impl SessionStore {
    /// Opens it and makes its tables, or brings them up to date. What cannot be used is left as it is.
    pub(crate) async fn open(choice: &StoreChoice) -> Result<Self, StoreError> {
        Ok(match choice {
            StoreChoice::Memory => Self::Memory(Arc::new(MemoryStore::new())),
            StoreChoice::Sqlite(path) => {
                look_at(path)?;
                Self::Sqlite(SqliteSessionStore::open(path).await.map_err(StoreError::sqlite)?)
            }
            StoreChoice::Postgres(url) => Self::Postgres(
                PostgresSessionStore::connect(url)
                    .await
                    .map_err(StoreError::line)?,
            ),
            StoreChoice::Redis(url) | StoreChoice::RedisCluster(url) => {
                Self::Redis(RedisSessionStore::connect(url).await.map_err(StoreError::line)?)
            }
        })
    }

    /// The sessions in it: the timeouts are the crate's own, 30 minutes and 12 hours, and 7 and 30 days of those that
    /// are to be remembered.
    pub(crate) fn sessions(&self, secret: IndexSecret) -> Result<Sessions, InvalidSettings> {
        let settings = Settings::new(secret).max_sessions_per_subject(PER_ACCOUNT);
        match self.clone() {
            Self::Memory(store) => Sessions::new(store, settings),
            Self::Sqlite(store) => Sessions::new(store, settings),
            Self::Postgres(store) => Sessions::new(store, settings),
            Self::Redis(store) => Sessions::new(store, settings),
        }
    }

    /// How often what is over is deleted. Redis does most of it by itself, and a purge looks at all that it holds.
    pub(crate) fn purge_every(&self) -> Duration {
        match self {
            Self::Redis(_) => Duration::from_hours(1),
            _ => Duration::from_mins(1),
        }
    }

    /// Lets go of a file, so that its log is folded into it.
    pub(crate) async fn close(&self) {
        if let Self::Sqlite(store) = self {
            store.close().await;
        }
    }
}

/// Why the store cannot be used: one line, without the URL and so without a password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StoreError(String);

impl StoreError {
    fn line(error: impl std::error::Error) -> Self {
        Self(one_line(&error.to_string()))
    }

    fn sqlite(error: cloakroom_sqlite::OpenError) -> Self {
        match &error {
            cloakroom_sqlite::OpenError::Other(source) => Self(one_line(&format!("{error}: {source}"))),
            _ => Self::line(error),
        }
    }
}

/// Root may write what says it is read-only; that is still not what its owner asked for.
fn look_at(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.permissions().readonly() => {
            Err(StoreError(format!("{} is read-only", path.display())))
        }
        _ => Ok(()),
    }
}

fn one_line(text: &str) -> String {
    text.split(['\n', '\r'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
