#![doc = include_str!("../README.md")]

mod port;
mod postgres;
mod process;
mod proxy;
mod redis;
mod redis_cluster;
mod running;
mod scratch;
pub mod shared;
mod wire;

pub use postgres::{Postgres, PostgresOptions};
pub use proxy::Proxy;
pub use redis::{Redis, RedisOptions};
pub use redis_cluster::RedisCluster;
pub use running::Running;
pub use scratch::Scratch;
