//! Revocations: [`PostgresRevocationStore`].

mod feed;
mod listening;
mod row;
mod schema;
mod statements;
mod store;
mod write;

pub use store::PostgresRevocationStore;
