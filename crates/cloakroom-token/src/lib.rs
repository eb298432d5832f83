#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod access_token;
mod answer;
mod client;
mod confirmation;
mod family;
mod forward;
mod memory;
mod presented;
mod row;
mod token_store;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures here.
pub use cloakroom_core;
/// The crate `cloakroom-id`, whose `Selector`, `Subject` and `TokenHash` stand in the signatures here.
pub use cloakroom_id;
/// The crate `cloakroom-keyring`, whose `KeyId` stands in the signatures here.
pub use cloakroom_keyring;

pub use access_token::AccessToken;
pub use answer::{Created, Rotated};
pub use client::{Client, InvalidClient};
/// Those of every store.
pub use cloakroom_error::{StoreError, StoreErrorKind};
pub use confirmation::Confirmation;
pub use family::{Family, InvalidFamily, NewFamily};
pub use memory::{MemoryTokenLimits, MemoryTokenStore};
pub use presented::Presented;
pub use row::{AccessRow, FamilyRow, InvalidRow};
pub use token_store::TokenStore;

/// The most bytes that a program may keep with a family or an access token: 4 KiB. A store answers `TooLarge` to more.
pub const MAX_DATA: usize = 4 << 10;
