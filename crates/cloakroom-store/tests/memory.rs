//! The store in memory against the kit that every store must pass, and what it promises beyond.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

#[path = "memory/bytes.rs"]
mod bytes;
#[path = "memory/common.rs"]
mod common;
#[path = "memory/limits.rs"]
mod limits;
#[path = "memory/orders.rs"]
mod orders;
#[path = "memory/purge.rs"]
mod purge;
#[path = "memory/threads.rs"]
mod threads;

/// The kit on the store itself.
mod kit {
    cloakroom_store::conformance_tests! { cloakroom_store::MemoryStore::new() }
}

/// The kit through the store behind a pointer, which forwards every method.
mod kit_on_a_boxed_store {
    use cloakroom_store::{DynSessionStore, MemoryStore};

    cloakroom_store::conformance_tests! { DynSessionStore::new(std::sync::Arc::new(MemoryStore::new())) }
}
