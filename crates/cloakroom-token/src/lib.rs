#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod access_token;
mod access_tokens;
mod answer;
mod caller;
mod client;
mod confirmation;
mod family;
mod forward;
mod memory;
mod presented;
mod refresh_error;
mod refresh_keys;
mod refresh_settings;
mod refresh_tokens;
mod reply;
mod row;
mod token_endpoints;
mod token_request;
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
pub use access_tokens::{AccessError, AccessGrant, AccessTokens, IssuedAccess};
pub use answer::{Created, Rotated};
pub use caller::Caller;
pub use client::{Client, InvalidClient};
/// Those of every store.
pub use cloakroom_error::{StoreError, StoreErrorKind};
pub use confirmation::Confirmation;
pub use family::{Family, InvalidFamily, NewFamily};
pub use memory::{MemoryTokenLimits, MemoryTokenStore};
pub use presented::Presented;
pub use refresh_error::{RefreshError, Refusal};
pub use refresh_keys::{RefreshKeys, RefreshToken, Rejected};
pub use refresh_settings::{InvalidSettings, RefreshSettings};
pub use refresh_tokens::{Grant, Issued, RefreshTokens, Refreshed};
pub use reply::Reply;
pub use row::{AccessRow, FamilyRow, InvalidRow};
pub use token_endpoints::TokenEndpoints;
pub use token_request::{Hint, InvalidRequest, TokenRequest};
pub use token_store::TokenStore;

/// The most bytes that a program may keep with a family or an access token: 4 KiB. A store answers `TooLarge` to more.
pub const MAX_DATA: usize = 4 << 10;
