#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod connections;
mod database;
mod error;
mod schema;
#[cfg(feature = "session")]
mod session;

pub use error::OpenError;
#[cfg(feature = "session")]
pub use session::{Builder, SqliteSessionStore};

pub use cloakroom_core;
#[cfg(feature = "session")]
pub use cloakroom_store;
