//! Tables of tokens beside those of sessions and revocations, and of another time.

use cloakroom_revocation::conformance::fixture::FLEET;
use cloakroom_sqlite::{OpenError, SqliteRevocationStore, SqliteSessionStore, SqliteTokenStore};

use crate::place::Place;

#[tokio::test]
async fn each_component_is_migrated_by_itself() {
    let place = Place::new();
    let _tokens = place.store().await;
    let versions = "SELECT count(*) FROM cloakroom_schema";
    assert_eq!(place.number(versions).await, 1);
    let _revocations = SqliteRevocationStore::open(place.path(), FLEET).await.unwrap();
    let _sessions = SqliteSessionStore::open(place.path()).await.unwrap();
    assert_eq!(place.number(versions).await, 3);
    // Another time's tables of one do not concern the others.
    place
        .run("UPDATE cloakroom_schema SET version = 9 WHERE component = 'token'")
        .await;
    SqliteRevocationStore::open(place.path(), FLEET).await.unwrap();
    SqliteSessionStore::open(place.path()).await.unwrap();
    let error = SqliteTokenStore::open(place.path()).await.unwrap_err();
    assert!(matches!(
        error,
        OpenError::NewerSchema {
            component: "token",
            found: 9,
            known: 1
        }
    ));
    assert_eq!(
        error.to_string(),
        "the database's token schema is version 9; this release knows up to 1"
    );
}

#[tokio::test]
async fn a_newer_schema_of_revocations_is_refused() {
    let place = Place::new();
    let _revocations = SqliteRevocationStore::open(place.path(), FLEET).await.unwrap();
    place
        .run("UPDATE cloakroom_schema SET version = 2 WHERE component = 'revocation'")
        .await;
    let error = SqliteRevocationStore::open(place.path(), FLEET)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database's revocation schema is version 2; this release knows up to 1"
    );
}

#[tokio::test]
async fn a_database_without_the_tables_is_not_opened_read_only() {
    let place = Place::new();
    let _sessions = SqliteSessionStore::open(place.path()).await.unwrap();
    let error = SqliteTokenStore::builder(place.path())
        .read_only()
        .open()
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        OpenError::NotMigrated {
            component: "token",
            found: 0,
            known: 1
        }
    ));
    let error = SqliteRevocationStore::builder(place.path())
        .read_only()
        .open(FLEET)
        .await;
    assert!(matches!(
        error.unwrap_err(),
        OpenError::NotMigrated {
            component: "revocation",
            ..
        }
    ));
}

#[tokio::test]
async fn settings_out_of_range_are_refused() {
    let place = Place::new();
    let error = SqliteTokenStore::builder(place.path())
        .max_readers(0)
        .open()
        .await;
    assert!(matches!(error.unwrap_err(), OpenError::Setting(_)));
}
