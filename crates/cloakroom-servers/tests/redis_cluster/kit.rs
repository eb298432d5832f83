use crate::place::Place;

cloakroom_store::conformance_tests! { Place::shared().store().await }
