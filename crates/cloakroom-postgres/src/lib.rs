#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod connections;
#[cfg(any(feature = "session", feature = "token"))]
mod cutoffs;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod error;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod migrate;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod opened;
#[cfg(any(feature = "session", feature = "token"))]
mod purge;
#[cfg(feature = "revocation")]
mod revocation;
#[cfg(feature = "session")]
mod session;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod settings;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod sql;
#[cfg(feature = "token")]
mod token;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures of the stores.
pub use cloakroom_core;
/// The crate `cloakroom-revocation`, whose traits the store of revocations has.
#[cfg(feature = "revocation")]
pub use cloakroom_revocation;
/// The crate `cloakroom-store`, whose traits the store of sessions has.
#[cfg(feature = "session")]
pub use cloakroom_store;
/// The crate `cloakroom-token`, whose trait the store of tokens has.
#[cfg(feature = "token")]
pub use cloakroom_token;
/// The crate `sqlx`, whose `PgPool` and `PgConnectOptions` stand in the signatures here.
pub use sqlx;

#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
pub use error::{OpenError, Refusal};
#[cfg(feature = "revocation")]
pub use revocation::PostgresRevocationStore;
#[cfg(feature = "session")]
pub use session::PostgresSessionStore;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
pub use settings::{InvalidSchema, Settings};
#[cfg(feature = "token")]
pub use token::PostgresTokenStore;
