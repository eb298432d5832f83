//! Both ways to have connections, each case in a schema of its own.

mod own_connections {
    use crate::place::Place;

    cloakroom_store::conformance_tests! { Place::new().store().await }
}

mod pool {
    use crate::place::Place;

    cloakroom_store::conformance_tests! { Place::new().store_on_a_pool().await }
}
