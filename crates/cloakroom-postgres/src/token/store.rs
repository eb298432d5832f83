use std::sync::Arc;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use crate::error::OpenError;
use crate::opened::{Opened, options};
use crate::settings::Settings;
use crate::token::schema::TOKEN;
use crate::token::statements::Statements;

/// Families of refresh tokens, and opaque access tokens, in PostgreSQL. Clones share their connections.
///
/// It opens as [a store of sessions](crate#connections-its-own-or-those-of-a-pool) does, in the same schema or another, and
/// migrates its own tables alone.
#[derive(Clone, Debug)]
pub struct PostgresTokenStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) opened: Opened,
    pub(super) statements: Statements,
}

impl PostgresTokenStore {
    /// A store on a pool that the caller holds, in the schema `cloakroom`. Nothing is sent before the first operation;
    /// call [`migrate`](Self::migrate) or [`check`](Self::check) once before.
    pub fn new(pool: PgPool) -> Self {
        Self::with_settings(pool, Settings::new())
    }

    /// A store on a pool that the caller holds.
    pub fn with_settings(pool: PgPool, settings: Settings) -> Self {
        Self::over(Opened::on_a_pool(pool, settings, TOKEN))
    }

    /// A store with connections of its own, in the schema `cloakroom`, which is migrated. `url` reads
    /// `postgres://user:password@host:port/database`.
    ///
    /// # Errors
    ///
    /// When the URL is none, the server cannot be reached or refuses, or the tables are of a later version.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::connect_with_settings(url, Settings::new()).await
    }

    /// A store with connections of its own, whose schema is migrated.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    pub async fn connect_with_settings(url: &str, settings: Settings) -> Result<Self, OpenError> {
        let store = Self::with_options(options(url)?, settings);
        store.migrate().await?;
        Ok(store)
    }

    /// A store with connections of its own. Nothing is sent before the first operation; call
    /// [`migrate`](Self::migrate) or [`check`](Self::check) once before.
    pub fn with_options(options: PgConnectOptions, settings: Settings) -> Self {
        Self::over(Opened::with_options(options, settings, TOKEN))
    }

    fn over(opened: Opened) -> Self {
        let statements = Statements::new(&opened.schema);
        Self {
            inner: Arc::new(Inner { opened, statements }),
        }
    }

    /// Makes the schema and the tables of tokens, or brings those of an earlier version up to this one. Any number of
    /// processes may do so at once, and as often as they like.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or refuses, or the tables are of a later version. Nothing was changed then.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        self.inner.opened.migrate().await
    }

    /// Whether the tables are those of this version: for programs that may not create any.
    ///
    /// # Errors
    ///
    /// When they are not, or the server cannot be reached or refuses.
    pub async fn check(&self) -> Result<(), OpenError> {
        self.inner.opened.check().await
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }
}
