#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "session")]
mod connections;
#[cfg(feature = "session")]
mod error;
#[cfg(feature = "session")]
mod migrate;
#[cfg(feature = "session")]
mod opened;
#[cfg(feature = "session")]
mod session;
#[cfg(feature = "session")]
mod settings;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures of the store.
pub use cloakroom_core;
/// The crate `cloakroom-store`, whose traits the store has.
#[cfg(feature = "session")]
pub use cloakroom_store;
/// The crate `sqlx`, whose `PgPool` and `PgConnectOptions` stand in the signatures here.
pub use sqlx;

#[cfg(feature = "session")]
pub use error::{OpenError, Refusal};
#[cfg(feature = "session")]
pub use session::PostgresSessionStore;
#[cfg(feature = "session")]
pub use settings::{InvalidSchema, Settings};
