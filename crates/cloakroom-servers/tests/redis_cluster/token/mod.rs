//! `RedisTokenStore` on a Cluster.

mod cost;
mod failover;
mod kit;
mod place;
mod slots;
