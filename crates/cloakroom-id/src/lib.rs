#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

mod index_secret;
mod opaque_token;
mod selector;
mod session_token;
mod subject;
mod token_hash;
mod token_text;
mod verifier_hash;

pub use index_secret::{IndexSecret, InvalidIndexSecret, SubjectTag};
pub use opaque_token::{InvalidOpaqueToken, OpaqueToken, TokenKind};
pub use selector::{InvalidSelector, Selector};
pub use session_token::{InvalidToken, SessionToken};
pub use subject::{InvalidSubject, Subject};
pub use token_hash::TokenHash;
pub use verifier_hash::VerifierHash;
