//! `RedisSessionStore` against a real Cluster: the kit that every store must pass, and what it promises beyond.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

mod failover;
mod kit;
mod open;
mod place;
mod resharding;
mod slots;
