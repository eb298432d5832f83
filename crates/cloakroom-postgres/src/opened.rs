use std::sync::Arc;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use crate::connections::Connections;
use crate::error::OpenError;
use crate::migrate::{Component, Tables};
use crate::settings::Settings;

/// What every store here has: connections, settings, and its part of a schema.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) connections: Connections,
    pub(crate) settings: Settings,
    /// The schema, quoted.
    pub(crate) schema: Arc<str>,
    component: Component,
}

impl Opened {
    pub(crate) fn on_a_pool(pool: PgPool, settings: Settings, component: Component) -> Self {
        Self::over(Connections::Pool(pool), settings, component)
    }

    pub(crate) fn with_options(options: PgConnectOptions, settings: Settings, component: Component) -> Self {
        Self::over(Connections::own(options, &settings), settings, component)
    }

    fn over(connections: Connections, settings: Settings, component: Component) -> Self {
        // The name was validated: it holds nothing that quoting does not quote.
        let schema = format!("\"{}\"", settings.schema_name()).into();
        Self {
            connections,
            settings,
            schema,
            component,
        }
    }

    pub(crate) async fn migrate(&self) -> Result<(), OpenError> {
        self.tables().migrate(&self.connections).await
    }

    pub(crate) async fn check(&self) -> Result<(), OpenError> {
        self.tables().check(&self.connections).await
    }

    /// Whether it may have so many connections at a time.
    #[cfg(feature = "revocation")]
    pub(crate) fn has_connections(&self, needed: u32) -> Result<(), OpenError> {
        let most = match &self.connections {
            Connections::Pool(pool) => pool.options().get_max_connections(),
            Connections::Own(_) => self.settings.connections().get(),
        };
        if most < needed {
            return Err(OpenError::TooFewConnections { most, needed });
        }
        Ok(())
    }

    fn tables(&self) -> Tables<'_> {
        Tables {
            component: self.component,
            name: self.settings.schema_name(),
            schema: &self.schema,
        }
    }
}

/// The options that a URL stands for. It is no part of the error: it may hold a password.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::InvalidUrl);
    }
    Ok(url.parse()?)
}
