//! Tokens: [`SqliteTokenStore`].

#[cfg(test)]
mod plans;
mod purge;
mod row;
mod sql;
mod store;
mod token_store;

pub use store::SqliteTokenStore;
