//! `PostgresSessionStore` against a real server: the kit that every store must pass, and what it promises beyond.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cancelled;
mod crash;
mod dump;
mod faults;
mod interleaved;
mod kit;
mod migrate;
mod opening;
mod place;
mod plans;
mod purge;
mod round_trips;
mod touches;
