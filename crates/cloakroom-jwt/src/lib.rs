#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "std")]
extern crate std;

mod algorithm;
#[cfg(feature = "attacks")]
mod attacks;
mod claims;
mod claims_de;
mod claims_json;
pub mod danger;
mod encoding;
mod error;
mod header;
mod invalid_verifier;
mod jose_header;
mod json;
mod jwk;
mod jwk_set;
mod jwks_cache;
pub mod jws;
mod key;
mod keys;
mod numeric_date;
mod policy;
mod rounded;
mod scratch;
mod sign_error;
mod signer;
mod signing_input;
mod token;
mod typ;
mod value;
mod verified;
mod verifier;

pub use algorithm::Algorithm;
#[cfg(feature = "attacks")]
pub use attacks::{AttackKey, attacks};
pub use cloakroom_core;
pub use error::{Error, ErrorKind};
pub use invalid_verifier::InvalidVerifier;
pub use jwk::{Jwk, jwk_set_json};
pub use jwk_set::{Fetched, JwkSet, Skipped};
pub use jwks_cache::{FetchOutcome, FetchTicket, JwksCache, Lookup};
#[cfg(feature = "aws-lc")]
pub use key::aws_lc;
pub use key::{Backend, HmacKey, InvalidKey, InvalidKeyKind, SigningKey, VerifyingKey};
#[cfg(feature = "eddsa")]
pub use key::{Ed25519SigningKey, Ed25519VerifyingKey};
#[cfg(feature = "es256")]
pub use key::{Es256SigningKey, Es256VerifyingKey, Es384SigningKey, Es384VerifyingKey};
pub use numeric_date::NumericDate;
pub use policy::Policy;
pub use scratch::Scratch;
pub use sign_error::{SignError, SignErrorKind};
pub use signer::Signer;
pub use signing_input::SigningInput;
pub use typ::{Typ, Untyped};
pub use value::Value;
pub use verified::{Verified, VerifiedOwned};
pub use verifier::{Route, Verifier};
