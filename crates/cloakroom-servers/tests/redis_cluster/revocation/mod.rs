//! `RedisRevocationStore` on a Cluster.

mod failover;
mod kit;
mod slots;
