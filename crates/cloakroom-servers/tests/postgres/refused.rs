//! Servers that refuse, as the stores of tokens and of revocations tell it.

use std::num::NonZeroU32;

use cloakroom_postgres::{OpenError, PostgresRevocationStore, PostgresTokenStore};
use cloakroom_revocation::conformance::fixture::{FLEET, ISSUER, credential, denial};
use cloakroom_revocation::{Cursor, Denied, FeedId, RevocationFeed, RevocationStore, StoreError};
use cloakroom_servers::Proxy;
use cloakroom_token::conformance::fixture::{NOW, access_token_of, family, presented, subject};
use cloakroom_token::{Created, NewFamily, StoreErrorKind, TokenStore};
use sqlx::postgres::PgPoolOptions;

use crate::place::Place;

const FEW: NonZeroU32 = NonZeroU32::new(10).unwrap();

#[track_caller]
fn kind<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> StoreErrorKind {
    answer.unwrap_err().kind()
}

/// What those operations answer that write tokens.
async fn writes_of_tokens(store: &PostgresTokenStore, new: &NewFamily) -> Vec<StoreErrorKind> {
    let token = access_token_of(new);
    vec![
        kind(store.create_family(new, NOW).await),
        kind(store.rotate(&presented(new, 0), NOW).await),
        kind(store.end_family(&new.id, &new.secret_hash, &new.client).await),
        kind(store.end_one(&new.subject, &new.id).await),
        kind(store.revoke_subject(&new.subject, NOW, NOW).await),
        kind(store.revoke_all(NOW).await),
        kind(store.create_access(&token, NOW).await),
        kind(store.end_access(&token.hash, &token.client).await),
        kind(store.purge_expired(NOW, FEW).await),
    ]
}

async fn writes_of_revocations(store: &PostgresRevocationStore) -> Vec<StoreErrorKind> {
    vec![
        kind(store.deny(&denial("alice", "one"), NOW).await),
        kind(store.cut_off(ISSUER, "alice", NOW).await),
        kind(store.revoke_all(NOW).await),
        kind(store.purge(NOW, FEW).await),
    ]
}

#[tokio::test]
async fn d11_a_server_that_refuses_is_unavailable_and_then_is_not() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let behind = place.by_port(proxy.addr().port());
    let (tokens, revocations) = (behind.tokens().await, behind.revocations(FLEET).await);
    let new = family(&subject("alice"));
    let token = access_token_of(&new);
    proxy.cut();
    let mut kinds = writes_of_tokens(&tokens, &new).await;
    kinds.push(kind(tokens.load_family(&new.id, &new.secret_hash, NOW).await));
    kinds.push(kind(tokens.list_by_subject(&new.subject, None, FEW, NOW).await));
    kinds.push(kind(tokens.load_access(&token.hash, NOW).await));
    kinds.extend(writes_of_revocations(&revocations).await);
    kinds.push(kind(
        revocations.look_up(&credential(ISSUER, "alice", "one")).await,
    ));
    kinds.push(kind(revocations.head().await));
    kinds.push(kind(revocations.page(None, FEW).await));
    let cursor = Cursor {
        feed: FeedId([0; 16]),
        position: 0,
        tag: [0; 8],
    };
    kinds.push(kind(revocations.poll(&cursor, FEW).await));
    assert_eq!(kinds, [StoreErrorKind::Unavailable; 20]);
    proxy.mend().unwrap();
    assert_eq!(tokens.create_family(&new, NOW).await.unwrap(), Created::Done);
    let denied = revocations.deny(&denial("alice", "one"), NOW).await;
    assert_eq!(denied.unwrap(), Denied::Token);
}

#[tokio::test]
async fn d11_a_standby_takes_no_writes_and_still_reads() {
    let place = Place::new();
    let new = family(&subject("alice"));
    let tokens = place.tokens().await;
    assert_eq!(tokens.create_family(&new, NOW).await.unwrap(), Created::Done);
    place.revocations(FLEET).await;
    let mut read_only = place.clone();
    read_only
        .url
        .push_str("?options=-c%20default_transaction_read_only%3Don");
    let (tokens, revocations) = (read_only.tokens().await, read_only.revocations(FLEET).await);
    assert_eq!(
        writes_of_tokens(&tokens, &new).await,
        [StoreErrorKind::Unavailable; 9]
    );
    assert_eq!(
        writes_of_revocations(&revocations).await,
        [StoreErrorKind::Unavailable; 4]
    );
    let loaded = tokens.load_family(&new.id, &new.secret_hash, NOW).await;
    assert_eq!(loaded.unwrap(), Some(new.stored(NOW)));
    assert_eq!(revocations.head().await.unwrap().cursor.position, 0);
}

#[tokio::test]
async fn a_malformed_url_is_not_repeated() {
    for url in [
        "",
        "mysql://user:hunter2@127.0.0.1/db",
        "postgres://user:hunter2@[::1/db",
    ] {
        let errors = [
            PostgresTokenStore::connect(url).await.unwrap_err(),
            PostgresRevocationStore::connect(url, FLEET).await.unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, OpenError::InvalidUrl), "{url}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}

#[tokio::test]
async fn a_schema_that_nobody_migrated_is_told_as_such() {
    let place = Place::new();
    let options = || place.url.parse().unwrap();
    let tokens = PostgresTokenStore::with_options(options(), place.settings());
    let revocations = PostgresRevocationStore::with_options(options(), FLEET, place.settings());
    for (error, component) in [
        (tokens.check().await.unwrap_err(), "token"),
        (revocations.check().await.unwrap_err(), "revocation"),
    ] {
        let line = format!(
            "the schema {} holds no {component} tables: it has to be migrated",
            place.schema
        );
        assert_eq!(error.to_string(), line);
    }
    // And what is asked all the same is a mistake.
    let kinds = [
        kind(tokens.revoke_all(NOW).await),
        kind(revocations.revoke_all(NOW).await),
        kind(revocations.head().await),
    ];
    assert_eq!(kinds, [StoreErrorKind::Other; 3]);
}

#[tokio::test]
async fn revocations_take_no_fewer_than_four_connections() {
    let place = Place::new();
    let own = async |most: u32| {
        let settings = place.settings().max_connections(most.try_into().unwrap());
        PostgresRevocationStore::connect_with_settings(&place.url, FLEET, settings).await
    };
    let on_a_pool = |most| {
        let pool = PgPoolOptions::new()
            .max_connections(most)
            .connect_lazy(&place.url);
        PostgresRevocationStore::with_settings(pool.unwrap(), FLEET, place.settings())
    };
    for error in [
        own(3).await.unwrap_err(),
        on_a_pool(3).migrate().await.unwrap_err(),
        on_a_pool(3).check().await.unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "the store needs 4 connections, and its pool or its settings allow 3"
        );
    }
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = '{s}'";
    assert_eq!(place.number(schemas).await, 0);
    own(4).await.unwrap();
    on_a_pool(4).check().await.unwrap();
}
