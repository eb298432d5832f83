//! The servers that many tests use side by side.
//!
//! `cargo xtask test` and `cargo xtask services up` start one of each and name it in the environment. Where nobody has,
//! this test process starts its own at the first call, which ends with it. Tests keep apart by a key prefix or a
//! database of their own, and never stop or fill up what they share.

use std::env;
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::postgres::{self, Postgres};
use crate::redis::{Redis, RedisOptions};
use crate::redis_cluster::RedisCluster;
use crate::scratch::Scratch;
use crate::wire;

/// The variables of the environment that name the servers.
pub const REDIS: &str = "CLOAKROOM_REDIS";
/// See [`REDIS`].
pub const REDIS_CLUSTER: &str = "CLOAKROOM_REDIS_CLUSTER";
/// See [`REDIS`].
pub const POSTGRES: &str = "CLOAKROOM_POSTGRES";

/// The URL of a Redis server: `redis://127.0.0.1:PORT`.
///
/// # Panics
/// When there is none and none can be started.
pub fn redis() -> &'static str {
    static SERVER: OnceLock<Held<Redis>> = OnceLock::new();
    held(&SERVER, REDIS, Redis::url, |scratch| {
        Redis::start(scratch.path(), &RedisOptions::default())
    })
}

/// The URL of a Redis Cluster of 3 masters and 3 replicas: `redis+cluster://127.0.0.1:P1,127.0.0.1:P2,..`.
///
/// # Panics
/// When there is none and none can be started.
pub fn redis_cluster() -> &'static str {
    static SERVER: OnceLock<Held<RedisCluster>> = OnceLock::new();
    held(&SERVER, REDIS_CLUSTER, RedisCluster::url, |scratch| {
        RedisCluster::start(scratch.path(), 3, 1)
    })
}

/// The URL of the database `postgres` of a PostgreSQL server: `postgres://postgres@127.0.0.1:PORT/postgres`.
///
/// # Panics
/// When there is none and none can be started.
pub fn postgres() -> &'static str {
    static SERVER: OnceLock<Held<Postgres>> = OnceLock::new();
    held(
        &SERVER,
        POSTGRES,
        |server| server.url("postgres"),
        |scratch| Postgres::start(scratch.path()),
    )
}

/// The URL of a new, empty database on the server that [`postgres`] names.
///
/// # Panics
/// When there is none and none can be made.
pub fn postgres_database() -> String {
    let server = postgres().trim_end_matches("/postgres");
    let name = unique_name();
    let port = server.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let port = port.expect("the URL of the shared server ends with its port and the database postgres");
    wire::postgres(port, "postgres", &postgres::create_database(&name)).expect("a database can be made");
    format!("{server}/{name}")
}

/// A name that no other test uses, in this process or another: for a database, a schema or a key prefix.
pub fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // A process of the same number may have run before on a server that still runs, so the time is part of it.
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("t{since:x}_{:x}_{number:x}", std::process::id())
}

/// A server and its URL. Statics are never dropped; the watchdogs of the server and of its folder do it.
struct Held<T> {
    url: String,
    _server: Option<(T, Scratch)>,
}

fn held<T>(
    server: &'static OnceLock<Held<T>>,
    variable: &str,
    url: impl FnOnce(&T) -> String,
    start: impl FnOnce(&Scratch) -> io::Result<T>,
) -> &'static str {
    let held = server.get_or_init(|| {
        if let Ok(url) = env::var(variable) {
            return Held { url, _server: None };
        }
        let started = Scratch::new().and_then(|scratch| Ok((start(&scratch)?, scratch)));
        match started {
            Ok((server, scratch)) => Held {
                url: url(&server),
                _server: Some((server, scratch)),
            },
            Err(error) => panic!("{variable} is not set, and no server can be started: {error}"),
        }
    });
    &held.url
}
