//! `RedisTokenStore` on a Cluster.

mod failover;
mod kit;
mod place;
mod slots;
