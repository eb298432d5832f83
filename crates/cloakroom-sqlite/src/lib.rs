#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod builder;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod connections;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod database;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod error;
#[cfg(test)]
mod plans;
#[cfg(any(feature = "session", feature = "token"))]
mod purge;
#[cfg(feature = "revocation")]
mod revocation;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
mod schema;
#[cfg(feature = "session")]
mod session;
#[cfg(feature = "token")]
mod token;

#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
pub use builder::Builder;
#[cfg(any(feature = "session", feature = "token", feature = "revocation"))]
pub use error::OpenError;
#[cfg(feature = "revocation")]
pub use revocation::SqliteRevocationStore;
#[cfg(feature = "session")]
pub use session::SqliteSessionStore;
#[cfg(feature = "token")]
pub use token::SqliteTokenStore;

pub use cloakroom_core;
#[cfg(feature = "revocation")]
pub use cloakroom_revocation;
#[cfg(feature = "session")]
pub use cloakroom_store;
#[cfg(feature = "token")]
pub use cloakroom_token;
