//! Both ways to have connections, each case in a schema of its own.

mod own_connections {
    use crate::place::Place;

    cloakroom_revocation::conformance_tests! { |fleet| Place::new().revocations(fleet).await }
}

mod pool {
    use crate::place::Place;

    cloakroom_revocation::conformance_tests! { |fleet| Place::new().revocations_on_a_pool(fleet).await }
}
