//! The store in memory.

use cloakroom_revocation::MemoryRevocationStore;
use cloakroom_revocation::cloakroom_core::UnixTime;

cloakroom_revocation::conformance_tests! { |fleet| MemoryRevocationStore::new(fleet, UnixTime::now) }
