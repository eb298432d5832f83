//! Revocations: [`SqliteRevocationStore`].

mod feed;
mod look_up;
#[cfg(test)]
mod plans;
mod purge;
mod row;
mod sql;
mod store;
mod write;

pub use store::SqliteRevocationStore;
