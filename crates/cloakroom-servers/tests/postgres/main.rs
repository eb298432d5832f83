//! `PostgresSessionStore` against a real server: the kit that every store must pass, and what it promises beyond.

mod kit;
mod place;
