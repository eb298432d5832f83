#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod dyn_store;
mod forward;
#[cfg(feature = "joint")]
mod joint_loads;
mod memory;
mod page;
mod record;
mod redacted;
mod row;
mod session_store;
mod shared;
mod subject_index;
mod unindexed;
mod version;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures here.
pub use cloakroom_core;
/// The crate `cloakroom-id`, whose `Selector` and `VerifierHash` stand in the signatures here.
pub use cloakroom_id;

/// Those of every store.
pub use cloakroom_error::{StoreError, StoreErrorKind};
/// Those of `cloakroom-id`.
pub use cloakroom_id::{InvalidSubject, Subject};

pub use answer::{Created, Rotated, Touched, Updated};
pub use dyn_store::DynSessionStore;
#[cfg(feature = "joint")]
pub use joint_loads::{JointLoads, Loads, Round};
pub use memory::{MemoryLimits, MemoryStore, MemoryUsage};
pub use page::{Listed, Page};
pub use record::{
    Authentication, Change, InvalidRecord, NewRecord, Previous, Rotation, RotationReason, Stored,
};
pub use row::{InvalidRow, Row};
pub use session_store::SessionStore;
pub use subject_index::SubjectIndex;
pub use unindexed::Unindexed;
pub use version::Version;

/// The most bytes of data that a session may hold: 1 MiB. A store answers `TooLarge` to more, before it does anything.
pub const MAX_PAYLOAD: usize = 1 << 20;
