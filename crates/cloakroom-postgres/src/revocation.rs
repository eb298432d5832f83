//! Revocations: [`PostgresRevocationStore`].

mod feed;
mod joint;
mod listening;
mod row;
mod schema;
mod settled;
mod statements;
mod store;
mod write;

pub use store::PostgresRevocationStore;
