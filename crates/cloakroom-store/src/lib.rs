#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod answer;
mod dyn_store;
mod error;
mod memory;
mod page;
mod record;
mod session_store;
mod subject;
mod subject_index;
mod unindexed;
mod version;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The crate `cloakroom-core`, whose `UnixTime` stands in the signatures here.
pub use cloakroom_core;
/// The crate `cloakroom-id`, whose `Selector` and `VerifierHash` stand in the signatures here.
pub use cloakroom_id;

pub use answer::{Created, Rotated, Touched, Updated};
pub use dyn_store::DynSessionStore;
pub use error::{StoreError, StoreErrorKind};
pub use memory::{MemoryLimits, MemoryStore};
pub use page::{Listed, Page};
pub use record::{
    Authentication, Change, InvalidRecord, NewRecord, Previous, Rotation, RotationReason, Stored,
};
pub use session_store::SessionStore;
pub use subject::{InvalidSubject, Subject};
pub use subject_index::SubjectIndex;
pub use unindexed::Unindexed;
pub use version::Version;
