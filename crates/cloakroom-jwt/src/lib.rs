#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "std")]
extern crate std;

mod algorithm;
mod encoding;
mod error;
mod jwks_cache;
mod key;

pub use algorithm::Algorithm;
pub use cloakroom_core;
pub use error::{Error, ErrorKind};
pub use jwks_cache::{FetchOutcome, FetchTicket, JwksCache, Lookup};
pub use key::{HmacKey, InvalidKey, SigningKey, VerifyingKey};
