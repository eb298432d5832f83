cloakroom_store::conformance_tests! { cloakroom_store::conformance::Model::new() }
