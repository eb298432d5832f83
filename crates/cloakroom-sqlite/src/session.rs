//! Sessions: [`SqliteSessionStore`].

mod index;
mod load;
mod opening;
#[cfg(test)]
mod plans;
mod purge;
mod row;
mod sql;
mod store;

pub use store::SqliteSessionStore;
