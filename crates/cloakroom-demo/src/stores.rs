use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_lineage::Lineages;
use cloakroom_postgres::{PostgresRevocationStore, PostgresSessionStore, PostgresTokenStore};
use cloakroom_redis::{RedisRevocationStore, RedisSessionStore, RedisTokenStore};
use cloakroom_revocation::{MemoryRevocationStore, RevocationStore as _};
use cloakroom_sqlite::{SqliteRevocationStore, SqliteSessionStore, SqliteTokenStore};
use cloakroom_store::{MemoryStore, Page};
use cloakroom_token::{MemoryTokenStore, TokenStore as _};

use crate::fleet::FLEET;
use crate::revocation_store::AnyRevocationStore;
use crate::session_store::SessionStore;
use crate::store_choice::StoreChoice;
use crate::token_store::AnyTokenStore;

/// What lies where `--store` says: sessions, families of refresh tokens, revocations.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) sessions: SessionStore,
    pub(crate) tokens: AnyTokenStore,
    pub(crate) revocations: AnyRevocationStore,
}

impl Stores {
    /// Opens them and makes their tables, or brings them up to date. What cannot be used is left as it is.
    pub(crate) async fn open(choice: &StoreChoice) -> Result<Self, StoreError> {
        match choice {
            StoreChoice::Memory => Ok(Self::memory()),
            StoreChoice::Sqlite(path) => Self::sqlite(path).await,
            StoreChoice::Postgres(url) => Self::postgres(url).await,
            StoreChoice::Redis(url) | StoreChoice::RedisCluster(url) => Self::redis(url).await,
        }
    }

    fn memory() -> Self {
        Self {
            sessions: SessionStore::Memory(Arc::new(MemoryStore::new())),
            tokens: AnyTokenStore::Memory(Arc::new(MemoryTokenStore::new())),
            revocations: AnyRevocationStore::Memory(Arc::new(MemoryRevocationStore::new(
                FLEET,
                UnixTime::now,
            ))),
        }
    }

    async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        look_at(path)?;
        let sessions = SqliteSessionStore::open(path).await.map_err(StoreError::sqlite)?;
        let tokens = SqliteTokenStore::open(path).await.map_err(StoreError::sqlite)?;
        let revocations = SqliteRevocationStore::open(path, FLEET)
            .await
            .map_err(StoreError::sqlite)?;
        Ok(Self {
            sessions: SessionStore::Sqlite(sessions),
            tokens: AnyTokenStore::Sqlite(tokens),
            revocations: AnyRevocationStore::Sqlite(revocations),
        })
    }

    async fn postgres(url: &str) -> Result<Self, StoreError> {
        let sessions = PostgresSessionStore::connect(url)
            .await
            .map_err(StoreError::line)?;
        let tokens = PostgresTokenStore::connect(url).await.map_err(StoreError::line)?;
        let revocations = PostgresRevocationStore::connect(url, FLEET)
            .await
            .map_err(StoreError::line)?;
        Ok(Self {
            sessions: SessionStore::Postgres(sessions),
            tokens: AnyTokenStore::Postgres(tokens),
            revocations: AnyRevocationStore::Postgres(revocations),
        })
    }

    async fn redis(url: &str) -> Result<Self, StoreError> {
        let sessions = RedisSessionStore::connect(url).await.map_err(StoreError::line)?;
        let tokens = RedisTokenStore::connect(url).await.map_err(StoreError::line)?;
        let revocations = RedisRevocationStore::connect(url, FLEET)
            .await
            .map_err(StoreError::line)?;
        Ok(Self {
            sessions: SessionStore::Redis(sessions),
            tokens: AnyTokenStore::Redis(tokens),
            revocations: AnyRevocationStore::Redis(revocations),
        })
    }

    /// What ends everything that a person holds, whatever carries it; `issuer` is that of the access tokens.
    pub(crate) fn lineages(&self, issuer: &str) -> Lineages {
        let lineages = Lineages::new(self.revocations.clone())
            .tokens(self.tokens.clone())
            .issuer(issuer);
        match self.sessions.clone() {
            SessionStore::Memory(store) => lineages.sessions(store),
            SessionStore::Sqlite(store) => lineages.sessions(store),
            SessionStore::Postgres(store) => lineages.sessions(store),
            SessionStore::Redis(store) => lineages.sessions(store),
        }
    }

    /// How often what is over is deleted. Redis does most of it by itself, and a purge looks at all that it holds.
    pub(crate) fn purge_every(&self) -> Duration {
        match self.sessions {
            SessionStore::Redis(_) => Duration::from_hours(1),
            _ => Duration::from_mins(1),
        }
    }

    /// Deletes families and revocations that are over, for ever. What fails is tried again the next time.
    pub(crate) async fn purge_loop(self) -> Infallible {
        loop {
            tokio::time::sleep(self.purge_every()).await;
            let _ = self.tokens.purge_expired(UnixTime::now(), Page::MAX).await;
            let _ = self.revocations.purge(UnixTime::now(), Page::MAX).await;
        }
    }

    /// Lets go of a file, so that its log is folded into it.
    pub(crate) async fn close(&self) {
        if let SessionStore::Sqlite(store) = &self.sessions {
            store.close().await;
        }
        if let AnyTokenStore::Sqlite(store) = &self.tokens {
            store.close().await;
        }
        if let AnyRevocationStore::Sqlite(store) = &self.revocations {
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
