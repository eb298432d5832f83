#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod codec;
mod encrypted;
mod error;
mod mode;
mod opened;
mod opening;
mod scratch;
mod sealer;
mod signed;
mod text;
mod ticket;
mod times;

#[cfg(feature = "migrate-cookie-0_18")]
pub mod migrate;

/// The crate of the cookie-names that the signatures here name.
pub use cloakroom_cookie;
/// The crate of the times that the signatures here name.
pub use cloakroom_core;
/// The crate of the key rings that the signatures here name.
pub use cloakroom_keyring;

#[cfg(feature = "json")]
pub use codec::Json;
pub use codec::{Codec, DecodeError, EncodeError};
pub use error::{InvalidSealer, OpenError, SealError};
pub use mode::{Mode, sealed_len};
pub use opened::Opened;
pub use opening::{MAX_CANDIDATES, Opening};
pub use sealer::Sealer;
pub use ticket::Ticket;
