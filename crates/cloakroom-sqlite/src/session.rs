//! Sessions: [`SqliteSessionStore`].

mod index;
#[cfg(test)]
mod limits;
mod load;
mod opening;
#[cfg(test)]
mod plans;
mod purge;
mod row;
mod sql;
mod store;

pub use store::SqliteSessionStore;
