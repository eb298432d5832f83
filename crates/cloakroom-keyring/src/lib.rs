#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod config;
mod key;
mod key_id;
mod label;
mod random;
mod ring;

/// The crate of the times and secrets that the signatures here name.
pub use cloakroom_core;
pub use config::InvalidKeyRing;
pub use key::{InvalidKey, Key};
pub use key_id::{InvalidKeyId, KeyId};
pub use label::{InvalidLabel, Label};
pub use random::RandomError;
pub use ring::{InvalidTransition, KeyRing, KeyState};
