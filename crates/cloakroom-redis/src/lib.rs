#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "session")]
mod builder;
#[cfg(feature = "session")]
mod connection;
#[cfg(feature = "session")]
mod error;
#[cfg(feature = "session")]
mod keys;
#[cfg(feature = "session")]
mod load;
#[cfg(feature = "session")]
mod master;
#[cfg(feature = "session")]
mod purge;
#[cfg(feature = "session")]
mod revoke;
#[cfg(feature = "session")]
mod script;
#[cfg(feature = "session")]
mod store;

#[cfg(feature = "row")]
pub mod row;

/// The crate `cloakroom-store`, whose traits the store here has.
#[cfg(feature = "row")]
pub use cloakroom_store;
/// The crate `redis`, whose clients the store takes.
#[cfg(feature = "session")]
pub use redis;

#[cfg(feature = "session")]
pub use builder::RedisSessionStoreBuilder;
#[cfg(feature = "session")]
pub use error::OpenError;
#[cfg(feature = "session")]
pub use store::RedisSessionStore;
