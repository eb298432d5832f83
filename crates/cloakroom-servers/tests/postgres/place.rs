use cloakroom_postgres::{PostgresRevocationStore, PostgresSessionStore, PostgresTokenStore, Settings};
use cloakroom_revocation::Fleet;
use cloakroom_servers::shared;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

/// A schema of its own on a server.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) schema: String,
}

impl Place {
    /// On the server that tests share.
    pub(crate) fn new() -> Self {
        Self::on(shared::postgres())
    }

    pub(crate) fn on(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            schema: shared::unique_name(),
        }
    }

    /// The same schema by another way, such as through a proxy at this port.
    pub(crate) fn by_port(&self, port: u16) -> Self {
        let (server, database) = self.url.rsplit_once('/').unwrap();
        let (host, _) = server.rsplit_once(':').unwrap();
        Self {
            url: format!("{host}:{port}/{database}"),
            schema: self.schema.clone(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        server.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings::new().schema(&self.schema).unwrap()
    }

    pub(crate) async fn store(&self) -> PostgresSessionStore {
        PostgresSessionStore::connect_with_settings(&self.url, self.settings())
            .await
            .unwrap()
    }

    pub(crate) async fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(8)
            .connect(&self.url)
            .await
            .unwrap()
    }

    pub(crate) async fn store_on_a_pool(&self) -> PostgresSessionStore {
        let store = PostgresSessionStore::with_settings(self.pool().await, self.settings());
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn tokens(&self) -> PostgresTokenStore {
        PostgresTokenStore::connect_with_settings(&self.url, self.settings())
            .await
            .unwrap()
    }

    pub(crate) async fn tokens_on_a_pool(&self) -> PostgresTokenStore {
        let store = PostgresTokenStore::with_settings(self.pool().await, self.settings());
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn revocations(&self, fleet: Fleet) -> PostgresRevocationStore {
        PostgresRevocationStore::connect_with_settings(&self.url, fleet, self.settings())
            .await
            .unwrap()
    }

    pub(crate) async fn revocations_on_a_pool(&self, fleet: Fleet) -> PostgresRevocationStore {
        let store = PostgresRevocationStore::with_settings(self.pool().await, fleet, self.settings());
        store.migrate().await.unwrap();
        store
    }

    pub(crate) async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Runs statements in which `{s}` stands for the schema.
    pub(crate) async fn run(&self, text: &str) {
        let text = text.replace("{s}", &self.schema);
        let mut connection = self.connection().await;
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut connection)
            .await
            .unwrap();
    }

    /// The only value that a statement answers.
    pub(crate) async fn number(&self, text: &str) -> i64 {
        let text = text.replace("{s}", &self.schema);
        let mut connection = self.connection().await;
        sqlx::query_scalar(AssertSqlSafe(text))
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }
}
