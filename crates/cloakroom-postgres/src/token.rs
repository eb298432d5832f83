//! Tokens: [`PostgresTokenStore`].

mod revoke_subject;
mod row;
mod schema;
mod statements;
mod store;
mod token_store;

pub use store::PostgresTokenStore;
