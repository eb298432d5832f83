use std::time::Duration;

use cloakroom_redis::{RedisSessionStore, RedisSessionStoreBuilder};
use cloakroom_servers::{Redis, RedisOptions, Scratch, shared};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};

/// A prefix of its own on a server.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) prefix: String,
}

impl Place {
    /// On the server that tests share.
    pub(crate) fn shared() -> Self {
        Self::on(shared::redis())
    }

    pub(crate) fn on(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: shared::unique_name(),
        }
    }

    /// The same prefix by another way, such as through a proxy at this port.
    pub(crate) fn by_port(&self, port: u16) -> Self {
        Self {
            url: format!("redis://127.0.0.1:{port}"),
            prefix: self.prefix.clone(),
        }
    }

    pub(crate) fn builder(&self) -> RedisSessionStoreBuilder {
        RedisSessionStore::builder().prefix(&self.prefix)
    }

    pub(crate) async fn store(&self) -> RedisSessionStore {
        self.builder()
            .connect(&self.url)
            .await
            .expect("the server takes us")
    }

    pub(crate) async fn raw(&self) -> Raw {
        let client = redis::Client::open(&*self.url).unwrap();
        Raw(client.get_multiplexed_async_connection().await.unwrap())
    }
}

/// A connection for looking behind the store's back.
pub(crate) struct Raw(MultiplexedConnection);

impl Raw {
    pub(crate) async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> T {
        command.query_async(&mut self.0).await.unwrap()
    }

    pub(crate) async fn keys(&mut self, place: &Place) -> Vec<Vec<u8>> {
        let mut command = redis::cmd("KEYS");
        self.ask(command.arg(format!("{}:*", place.prefix))).await
    }

    /// The only key of this kind: `s` for a row, `u` for a set, `c` for a cut-off.
    pub(crate) async fn key(&mut self, place: &Place, kind: &str) -> Vec<u8> {
        let mut command = redis::cmd("KEYS");
        let mut keys: Vec<Vec<u8>> = self
            .ask(command.arg(format!("{}:*:{kind}:*", place.prefix)))
            .await;
        assert_eq!(keys.len(), 1);
        keys.remove(0)
    }
}

/// A server of the test's own.
pub(crate) fn server(options: &RedisOptions) -> (Redis, Scratch) {
    let scratch = Scratch::new().unwrap();
    (Redis::start(scratch.path(), options).unwrap(), scratch)
}

/// A server of the test's own and its replica, which has caught up.
pub(crate) async fn pair() -> (Redis, Redis, [Scratch; 2]) {
    let (master, first) = server(&RedisOptions::default().set("repl-diskless-sync-delay", "0"));
    let options = RedisOptions::default().set("replicaof", format!("127.0.0.1 {}", master.port()));
    let (replica, second) = server(&options);
    for _ in 0..1000 {
        // What the master thinks counts: it waits for replicas that have told it that they caught up.
        let info = master.command(&["INFO", "replication"]).unwrap();
        if info.contains("state=online") {
            return (master, replica, [first, second]);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the replica never caught up")
}
