//! `SqliteRevocationStore`: the kit that every store must pass, and what it promises beyond.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

mod commits;
mod full;
mod hints;
mod hostile;
mod kit;
mod place;
mod restored;
mod settled;
mod steps;
mod two;
