#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(any(feature = "session", feature = "token"))]
mod buckets;
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
mod connection;
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
mod error;
#[cfg(any(feature = "session", feature = "token"))]
mod keys;
#[cfg(any(feature = "session", feature = "token"))]
mod master;
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
mod opening;
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
mod prefix;
#[cfg(feature = "revocation")]
mod revocation;
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
mod script;
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
mod server;
#[cfg(feature = "row")]
mod session;
#[cfg(any(feature = "session", feature = "token"))]
mod store_cutoff;
#[cfg(feature = "token")]
mod token;
#[cfg(any(feature = "session", feature = "token"))]
mod walk;

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
#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
pub use redis;

#[cfg(any(feature = "revocation", feature = "session", feature = "token"))]
pub use error::OpenError;
#[cfg(feature = "revocation")]
pub use revocation::{RedisRevocationStore, RedisRevocationStoreBuilder};
#[cfg(feature = "row")]
pub use session::row;
#[cfg(feature = "session")]
pub use session::{RedisSessionStore, RedisSessionStoreBuilder};
#[cfg(feature = "token")]
pub use token::{RedisTokenStore, RedisTokenStoreBuilder};
