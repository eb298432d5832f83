#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clocks;
mod detached;
mod ended;
mod event;
mod follower;
mod gate;
mod holder;
mod lineages;
mod look_up;
mod stamp;
mod within;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures here.
pub use cloakroom_core;
/// The crate `cloakroom-id`, whose `Selector` and `Subject` stand in the signatures here.
pub use cloakroom_id;
/// The crate `cloakroom-revocation`: stores, snapshots, what a check refuses.
pub use cloakroom_revocation;
/// The crate `cloakroom-store`, with the trait of stores of sessions.
pub use cloakroom_store;
/// The crate `cloakroom-token`, with the trait of stores of tokens.
pub use cloakroom_token;

pub use clocks::Clocks;
pub use ended::Ended;
pub use event::{Event, EventKind, Observer};
pub use follower::Follower;
pub use gate::{Gate, danger};
pub use lineages::Lineages;
pub use stamp::Stamp;
