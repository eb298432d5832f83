#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod changes;
mod cipher;
mod client;
mod commit;
mod device;
mod error;
mod keep;
mod login;
mod observer;
mod payload;
mod request;
mod session;
mod sessions;
mod settings;
mod store_call;
mod touching;
#[cfg(feature = "tracing")]
mod tracing_observer;
mod values;
mod work;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The crate `cloakroom-keyring`, whose `KeyRing` stands in the signatures here.
pub use cloakroom_keyring;
/// The crate `cloakroom-store`, whose traits, `Page` and `Subject` stand in the signatures here.
pub use cloakroom_store;

pub use client::Client;
pub use commit::{Answer, Carried, Commit};
pub use device::{Device, Devices, Info};
pub use error::{CodecError, SessionError};
pub use observer::{Event, EventKind, Fingerprint, Observer, Operation};
pub use session::Session;
pub use sessions::Sessions;
pub use settings::{InvalidSettings, Settings};
#[cfg(feature = "tracing")]
pub use tracing_observer::TracingObserver;
