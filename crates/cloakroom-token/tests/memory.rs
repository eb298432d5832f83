//! The store in memory, and the kit's model, against the kit that every store must pass.

/// The kit on the store itself.
mod kit {
    cloakroom_token::conformance_tests! { cloakroom_token::MemoryTokenStore::new() }
}

/// The kit on its own model.
mod model {
    cloakroom_token::conformance_tests! { cloakroom_token::conformance::Model::new() }
}
