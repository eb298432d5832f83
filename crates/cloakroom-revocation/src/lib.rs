#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
#[cfg(feature = "conformance")]
pub mod conformance;
mod credential;
mod denial;
mod entry;
mod feed;
mod fleet;
mod memory;
mod moment;
mod random;
mod reader;
mod reader_settings;
mod refused;
mod revocation_store;
mod row;
mod shared;
mod snapshot;
mod table;
mod writer;

/// The crate `cloakroom-core`, whose `UnixTime` and `Tick` stand in the signatures here.
pub use cloakroom_core;

pub use check::{AgeTooLong, RevocationCheck};
/// Those of every store.
pub use cloakroom_error::{StoreError, StoreErrorKind};
pub use credential::Credential;
pub use denial::{Denial, InvalidDenial};
pub use entry::{Entry, InvalidEntry};
pub use feed::{Cursor, FeedId, Head, Page, PageMark, Polled, RevocationFeed};
pub use fleet::Fleet;
pub use memory::MemoryRevocationStore;
pub use moment::Moment;
pub use reader::{Answer, Next, Question, Reader, ReaderEvent};
pub use reader_settings::ReaderSettings;
pub use refused::Refused;
pub use revocation_store::{Denied, Found, RevocationStore};
pub use row::EntryRow;
pub use snapshot::Snapshot;

/// The issuer of what this program issues itself and nobody else sees: local sessions and sealed tickets.
pub const LOCAL: &str = "local";
