//! The cases that every store must pass, on a file and in memory.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use cloakroom_sqlite::SqliteSessionStore;
use tempfile::TempDir;

/// A store, and the directory that goes with it.
async fn in_a_file() -> (SqliteSessionStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteSessionStore::open(directory.path().join("sessions.db"))
        .await
        .unwrap();
    (store, directory)
}

mod file {
    cloakroom_store::conformance_tests! { super::in_a_file().await }
}

mod memory {
    use cloakroom_sqlite::SqliteSessionStore;

    cloakroom_store::conformance_tests! { SqliteSessionStore::open_in_memory().await.unwrap() }
}
