//! Sessions: [`PostgresSessionStore`].

mod delete_by_subject;
mod index;
mod load;
mod purge;
mod row;
mod schema;
mod statements;
mod store;

pub use store::PostgresSessionStore;
