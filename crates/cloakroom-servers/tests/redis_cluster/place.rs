use cloakroom_redis::{RedisSessionStore, RedisSessionStoreBuilder};
use cloakroom_servers::shared;
use redis::{Cmd, FromRedisValue};

/// A prefix of its own on a Cluster.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) prefix: String,
}

impl Place {
    /// On the Cluster that tests share.
    pub(crate) fn shared() -> Self {
        Self::on(shared::redis_cluster())
    }

    pub(crate) fn on(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: shared::unique_name(),
        }
    }

    pub(crate) fn builder(&self) -> RedisSessionStoreBuilder {
        RedisSessionStore::builder().prefix(&self.prefix)
    }

    pub(crate) async fn store(&self) -> RedisSessionStore {
        self.builder()
            .connect(&self.url)
            .await
            .expect("the Cluster takes us")
    }

    /// The ports of all nodes.
    pub(crate) fn ports(&self) -> Vec<u16> {
        let nodes = self.url.trim_start_matches("redis+cluster://");
        let port = |node: &str| node.rsplit_once(':').unwrap().1.parse().unwrap();
        nodes.split(',').map(port).collect()
    }
}

/// Asks one node behind the store's back.
pub(crate) async fn ask<T: FromRedisValue>(port: u16, command: &Cmd) -> T {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    command.query_async(&mut connection).await.unwrap()
}
