#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod index_secret;
mod selector;
mod session_token;
mod verifier_hash;

pub use index_secret::{IndexSecret, InvalidIndexSecret, SubjectTag};
pub use selector::{InvalidSelector, Selector};
pub use session_token::{InvalidToken, SessionToken};
pub use verifier_hash::VerifierHash;
