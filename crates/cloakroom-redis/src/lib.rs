#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "session")]
mod builder;
#[cfg(feature = "client")]
mod connection;
#[cfg(feature = "client")]
mod error;
#[cfg(any(feature = "session", feature = "token"))]
mod keys;
#[cfg(feature = "session")]
mod load;
#[cfg(any(feature = "session", feature = "token"))]
mod master;
#[cfg(feature = "client")]
mod opening;
#[cfg(feature = "client")]
mod prefix;
#[cfg(feature = "session")]
mod purge;
#[cfg(feature = "revocation")]
mod revocation;
#[cfg(feature = "session")]
mod revoke;
#[cfg(feature = "client")]
mod script;
#[cfg(feature = "client")]
mod server;
#[cfg(feature = "session")]
mod store;
#[cfg(feature = "token")]
mod store_cutoff;
#[cfg(feature = "token")]
mod token;
#[cfg(feature = "token")]
mod walk;

#[cfg(feature = "row")]
pub mod row;

/// The crate `cloakroom-revocation`, whose traits the store of revocations here has.
#[cfg(feature = "revocation")]
pub use cloakroom_revocation;
/// The crate `cloakroom-store`, whose traits the store of sessions here has.
#[cfg(feature = "row")]
pub use cloakroom_store;
/// The crate `cloakroom-token`, whose trait the store of tokens here has.
#[cfg(feature = "token")]
pub use cloakroom_token;
/// The crate `redis`, whose clients the stores take.
#[cfg(feature = "client")]
pub use redis;

#[cfg(feature = "session")]
pub use builder::RedisSessionStoreBuilder;
#[cfg(feature = "client")]
pub use error::OpenError;
#[cfg(feature = "revocation")]
pub use revocation::{RedisRevocationStore, RedisRevocationStoreBuilder};
#[cfg(feature = "session")]
pub use store::RedisSessionStore;
#[cfg(feature = "token")]
pub use token::{RedisTokenStore, RedisTokenStoreBuilder};
