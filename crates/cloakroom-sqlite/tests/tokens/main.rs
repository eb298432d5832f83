//! `SqliteTokenStore`: the kit that every store must pass, and what it promises beyond.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod cost;
mod full;
mod hostile;
mod kit;
mod place;
mod raw;
mod schema;
mod two;
