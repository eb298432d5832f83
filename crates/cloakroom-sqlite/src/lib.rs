#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "session")]
mod connections;
#[cfg(feature = "session")]
mod database;
#[cfg(feature = "session")]
mod error;
#[cfg(feature = "session")]
mod schema;
#[cfg(feature = "session")]
mod session;

#[cfg(feature = "session")]
pub use error::OpenError;
#[cfg(feature = "session")]
pub use session::{Builder, SqliteSessionStore};

pub use cloakroom_core;
#[cfg(feature = "session")]
pub use cloakroom_store;
