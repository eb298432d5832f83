//! `RedisSessionStore` against a real server: the kit that every store must pass, and what it promises beyond.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cost;
mod crash;
mod faults;
mod kit;
mod open;
mod place;
mod raw;
mod replicas;
mod scripts;
