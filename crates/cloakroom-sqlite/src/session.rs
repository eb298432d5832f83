//! Sessions: [`SqliteSessionStore`].

mod builder;
mod index;
mod load;
#[cfg(test)]
mod plans;
mod purge;
mod row;
mod sql;
mod store;

pub use builder::Builder;
pub use store::SqliteSessionStore;
