//! Tables of tokens beside those of sessions and revocations, and of another time.

use cloakroom_postgres::{OpenError, PostgresTokenStore};
use cloakroom_revocation::conformance::fixture::FLEET;

use crate::place::Place;

#[tokio::test]
async fn each_component_is_migrated_by_itself() {
    let place = Place::new();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = '{s}'";
    let (tokens, revocations) = (place.tokens().await, place.revocations(FLEET).await);
    // Three and four, with those of the versions.
    assert_eq!(place.number(tables).await, 8);
    let sessions = place.store().await;
    assert_eq!(place.number(tables).await, 11);
    place.run("DROP TABLE {s}.token_schema").await;
    sessions.check().await.unwrap();
    revocations.check().await.unwrap();
    let error = tokens.check().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the schema {} holds no token tables: it has to be migrated",
            place.schema
        )
    );
}

#[tokio::test]
async fn f11_migrating_again_leaves_the_feed_as_it_is() {
    use cloakroom_revocation::RevocationFeed;

    let place = Place::new();
    let first = place.revocations(FLEET).await.head().await.unwrap();
    let again = place.revocations(FLEET).await.head().await.unwrap();
    assert_eq!(first.cursor, again.cursor);
    // And another schema has another one.
    let other = Place::new().revocations(FLEET).await.head().await.unwrap();
    assert_ne!(first.cursor.feed, other.cursor.feed);
}

#[tokio::test]
async fn newer_tables_are_refused_in_one_line_and_left_alone() {
    let place = Place::new();
    let tokens = place.tokens().await;
    let revocations = place.revocations(FLEET).await;
    place
        .run("UPDATE {s}.token_schema SET version = 9; UPDATE {s}.revocation_schema SET version = 8")
        .await;
    for (error, component, found) in [
        (tokens.migrate().await.unwrap_err(), "token", 9),
        (tokens.check().await.unwrap_err(), "token", 9),
        (
            PostgresTokenStore::connect_with_settings(&place.url, place.settings())
                .await
                .unwrap_err(),
            "token",
            9,
        ),
        (revocations.migrate().await.unwrap_err(), "revocation", 8),
        (revocations.check().await.unwrap_err(), "revocation", 8),
    ] {
        assert!(matches!(error, OpenError::Newer { known: 1, .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "the {component} tables in the schema {} are of version {found}, and this program knows 1 at most: \
                 update it",
                place.schema
            )
        );
    }
    let versions = "SELECT (t.version + r.version)::bigint FROM {s}.token_schema t, {s}.revocation_schema r";
    assert_eq!(place.number(versions).await, 17);
}
