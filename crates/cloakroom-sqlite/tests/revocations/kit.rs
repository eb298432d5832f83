//! On a file, on a file that two stores share as two processes would, in memory.

use cloakroom_revocation::Fleet;
use cloakroom_sqlite::SqliteRevocationStore;

use crate::place::Place;
use crate::two::Two;

async fn in_a_file(fleet: Fleet) -> (SqliteRevocationStore, Place) {
    let place = Place::new();
    (place.store(fleet).await, place)
}

async fn two_on_a_file(fleet: Fleet) -> (Two, Place) {
    let place = Place::new();
    let two = Two::new([place.store(fleet).await, place.store(fleet).await]);
    (two, place)
}

mod file {
    cloakroom_revocation::conformance_tests! { |fleet| super::in_a_file(fleet).await }
}

mod shared_file {
    cloakroom_revocation::conformance_tests! { |fleet| super::two_on_a_file(fleet).await }
}

mod memory {
    use cloakroom_sqlite::SqliteRevocationStore;

    cloakroom_revocation::conformance_tests! { |fleet| SqliteRevocationStore::open_in_memory(fleet).await.unwrap() }
}
