#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "std")]
extern crate std;

mod algorithm;
mod claims;
pub mod danger;
mod encoding;
mod error;
mod header;
mod invalid_verifier;
mod json;
mod jwks_cache;
mod key;
mod keys;
mod numeric_date;
mod policy;
mod scratch;
mod token;
mod typ;
mod value;
mod verified;
mod verifier;

pub use algorithm::Algorithm;
pub use cloakroom_core;
pub use error::{Error, ErrorKind};
pub use invalid_verifier::InvalidVerifier;
pub use jwks_cache::{FetchOutcome, FetchTicket, JwksCache, Lookup};
pub use key::{HmacKey, InvalidKey, SigningKey, VerifyingKey};
pub use numeric_date::NumericDate;
pub use policy::Policy;
pub use scratch::Scratch;
pub use typ::{Typ, Untyped};
pub use value::Value;
pub use verified::{Verified, VerifiedOwned};
pub use verifier::{Route, Verifier};
