//! `RedisSessionStore` against a real Cluster: the kit that every store must pass, and what it promises beyond.

mod failover;
mod kit;
mod open;
mod place;
mod resharding;
mod slots;
