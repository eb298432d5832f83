//! `RedisSessionStore` against a real Cluster: the kit that every store must pass, and what it promises beyond.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod failover;
mod kit;
mod open;
mod place;
mod resharding;
mod slots;
