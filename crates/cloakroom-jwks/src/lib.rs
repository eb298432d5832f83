#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod client;
mod clock;
mod connect;
pub mod danger;
mod endpoint;
mod error;
mod issuer;
mod observer;
mod refresh;
mod snapshot;
mod tls;
mod verifier;

pub use builder::Builder;
pub use cloakroom_core;
pub use cloakroom_jwt;
pub use error::{FetchError, InvalidConfig, VerifyError};
pub use observer::{Event, EventKind, Observer};
pub use snapshot::Snapshot;
pub use verifier::JwksVerifier;
