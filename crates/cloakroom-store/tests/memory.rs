//! The store in memory against the kit that every store must pass, and what it promises beyond.

use cloakroom_store::MemoryStore;

cloakroom_store::conformance_tests! { MemoryStore::new() }
