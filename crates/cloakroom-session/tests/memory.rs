//! The kit on the store in memory.

cloakroom_session::conformance_tests! { cloakroom_session::cloakroom_store::MemoryStore::new() }
