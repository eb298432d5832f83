//! What fails, and what the caller is told.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_postgres::PostgresSessionStore;
use cloakroom_servers::Proxy;
use cloakroom_store::conformance::fixture::{HOUR, NOW, at, change, of, reauthentication, rotation, subject};
use cloakroom_store::{
    Created, Page, SessionStore, StoreError, StoreErrorKind, Stored, Subject, SubjectIndex, Version,
};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::place::Place;

const FEW: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// Stores a session of alice.
async fn prepared(store: &PostgresSessionStore) -> (Subject, Stored) {
    let alice = subject("alice");
    let record = of(&alice).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    (alice, record.into_stored(NOW))
}

/// The kinds of error that operations on one session give.
async fn errors_of_one(store: &PostgresSessionStore, row: &Stored) -> Vec<StoreErrorKind> {
    let (selector, hash) = (&row.selector, &row.verifier_hash);
    let authenticated = reauthentication(at(1));
    vec![
        kind(store.load(selector, NOW).await),
        kind(
            store
                .update(selector, Version::FIRST, &change(*b"new"), NOW)
                .await,
        ),
        kind(store.touch(selector, at(HOUR), NOW).await),
        kind(store.rotate(selector, hash, &rotation(), NOW).await),
        kind(store.rotate(selector, hash, &authenticated, at(1)).await),
    ]
}

/// Those of all others.
async fn errors_of_others(
    store: &PostgresSessionStore,
    alice: &Subject,
    row: &Stored,
) -> Vec<StoreErrorKind> {
    vec![
        kind(store.create(&of(alice).build(), NOW).await),
        kind(store.delete(&row.selector).await),
        kind(store.delete_one(alice, &row.selector).await),
        kind(store.delete_by_subject(alice, None, NOW).await),
        kind(store.revoke_all(NOW).await),
        kind(store.purge_expired(at(HOUR), FEW).await),
        kind(store.list_by_subject(alice, Page::first(FEW), NOW).await),
    ]
}

#[track_caller]
fn kind<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> StoreErrorKind {
    answer.unwrap_err().kind()
}

#[tokio::test]
async fn d11_a_server_that_refuses_is_unavailable_and_then_is_not() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).store().await;
    let (alice, row) = prepared(&store).await;
    proxy.cut();
    let mut kinds = errors_of_one(&store, &row).await;
    kinds.extend(errors_of_others(&store, &alice, &row).await);
    assert_eq!(kinds, [StoreErrorKind::Unavailable; 12]);
    proxy.mend().unwrap();
    assert_eq!(store.load(&row.selector, NOW).await.unwrap(), Some(row));
}

#[tokio::test]
async fn d11_a_pool_whose_server_refuses_is_unavailable() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(1))
        .connect(&place.by_port(proxy.addr().port()).url)
        .await
        .unwrap();
    let store = PostgresSessionStore::with_settings(pool.clone(), place.settings());
    store.migrate().await.unwrap();
    let (_, row) = prepared(&store).await;
    proxy.cut();
    assert_eq!(
        errors_of_one(&store, &row).await,
        [StoreErrorKind::Unavailable; 5]
    );
    proxy.mend().unwrap();
    assert_eq!(store.load(&row.selector, NOW).await.unwrap(), Some(row.clone()));
    pool.close().await;
    assert_eq!(
        errors_of_one(&store, &row).await,
        [StoreErrorKind::Unavailable; 5]
    );
}

#[tokio::test]
async fn d11_a_cut_in_the_middle_of_a_command_is_unavailable_to_writers() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).store().await;
    let (_, row) = prepared(&store).await;
    // Once, so that it is prepared.
    assert!(store.touch(&row.selector, NOW, NOW).await.is_ok());
    for bytes in [0, 1, 20, 40] {
        proxy.cut_after(bytes);
        assert_eq!(
            kind(store.touch(&row.selector, at(HOUR), NOW).await),
            StoreErrorKind::Unavailable,
            "after {bytes} bytes"
        );
        assert_eq!(store.load(&row.selector, NOW).await.unwrap(), Some(row.clone()));
        assert!(store.touch(&row.selector, NOW, NOW).await.is_ok());
    }
}

#[tokio::test]
async fn d11_a_reader_gets_over_one_broken_connection() {
    let place = Place::new();
    let proxy = Proxy::start(([127, 0, 0, 1], place.port()).into()).unwrap();
    let store = place.by_port(proxy.addr().port()).store().await;
    let (alice, row) = prepared(&store).await;
    proxy.cut_once();
    assert_eq!(store.load(&row.selector, NOW).await.unwrap(), Some(row.clone()));
    proxy.cut_once();
    let listed = store
        .list_by_subject(&alice, Page::first(FEW), NOW)
        .await
        .unwrap();
    assert_eq!(listed.sessions, [row]);
}

#[tokio::test]
async fn d11_a_standby_takes_no_writes_and_still_reads() {
    let place = Place::new();
    let (alice, row) = prepared(&place.store().await).await;
    let mut read_only = place.clone();
    read_only
        .url
        .push_str("?options=-c%20default_transaction_read_only%3Don");
    let store = read_only.store().await;
    let (selector, hash) = (&row.selector, &row.verifier_hash);
    let kinds = [
        kind(
            store
                .update(selector, Version::FIRST, &change(*b"new"), NOW)
                .await,
        ),
        kind(store.touch(selector, at(HOUR), NOW).await),
        kind(store.rotate(selector, hash, &rotation(), NOW).await),
        kind(store.create(&of(&alice).build(), NOW).await),
        kind(store.delete(selector).await),
        kind(store.delete_one(&alice, selector).await),
        kind(store.delete_by_subject(&alice, None, NOW).await),
        kind(store.revoke_all(NOW).await),
        kind(store.purge_expired(at(HOUR), FEW).await),
    ];
    assert_eq!(kinds, [StoreErrorKind::Unavailable; 9]);
    assert_eq!(store.load(selector, NOW).await.unwrap(), Some(row.clone()));
    let listed = store
        .list_by_subject(&alice, Page::first(FEW), NOW)
        .await
        .unwrap();
    assert_eq!(listed.sessions, [row]);
}

#[tokio::test]
async fn d11_what_takes_too_long_is_a_timeout() {
    let place = Place::new();
    let (_, row) = prepared(&place.store().await).await;
    let mut connection = place.connection().await;
    let mut holder = connection.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM {}.sessions FOR UPDATE", place.schema);
    sqlx::raw_sql(AssertSqlSafe(lock))
        .execute(&mut *holder)
        .await
        .unwrap();
    for limit in ["statement_timeout", "lock_timeout"] {
        let mut limited = place.clone();
        limited.url = format!("{}?options=-c%20{limit}%3D50", place.url);
        let store = limited.store().await;
        let touched = store.touch(&row.selector, at(HOUR), NOW).await;
        assert_eq!(kind(touched), StoreErrorKind::Timeout, "{limit}");
        // The connection is as good as before.
        assert_eq!(store.load(&row.selector, NOW).await.unwrap(), Some(row.clone()));
    }
    // No connection is free: the only one waits for the lock.
    let one = place
        .settings()
        .max_connections(NonZeroU32::MIN)
        .connect_timeout(Duration::from_millis(300));
    let store = PostgresSessionStore::with_options(place.url.parse().unwrap(), one);
    let busy = tokio::spawn({
        let (store, selector) = (store.clone(), row.selector);
        async move { store.touch(&selector, NOW, NOW).await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{s}%'";
    while place.number(waits).await == 0 {}
    assert_eq!(
        kind(store.load(&row.selector, NOW).await),
        StoreErrorKind::Timeout
    );
    holder.rollback().await.unwrap();
    let _ = busy.await.unwrap().unwrap();
    assert!(store.load(&row.selector, NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn d11_a_row_of_an_unknown_format_is_corrupt_and_left_alone() {
    let place = Place::new();
    let store = place.store().await;
    let (alice, row) = prepared(&store).await;
    place.run("UPDATE {s}.sessions SET format = 2").await;
    let sum = "SELECT hashtextextended(s::text, 0) FROM {s}.sessions s";
    let before = place.number(sum).await;
    assert_eq!(errors_of_one(&store, &row).await, [StoreErrorKind::Corrupt; 5]);
    let listed = store.list_by_subject(&alice, Page::first(FEW), NOW).await;
    assert_eq!(kind(listed), StoreErrorKind::Corrupt);
    assert_eq!(place.number(sum).await, before);
    // It can still be deleted.
    assert!(store.delete_one(&alice, &row.selector).await.unwrap());
}

#[tokio::test]
async fn d11_a_damaged_row_is_corrupt() {
    let place = Place::new();
    let store = place.store().await;
    let (_, row) = prepared(&store).await;
    for damage in [
        "verifier_hash = ''",
        "previous_hash = decode('00', 'hex'), rotated_at = 1, rotation_reason = 1",
        "previous_hash = verifier_hash",
        "rotated_at = 1, rotation_reason = 1",
        "previous_hash = verifier_hash, rotated_at = 1, rotation_reason = 7",
        "authenticated_at = NULL",
        "subject = NULL",
        "subject = ''",
        "version = -1",
    ] {
        place
            .run(&format!(
                "CREATE TABLE {{s}}.kept AS TABLE {{s}}.sessions; UPDATE {{s}}.sessions SET {damage}"
            ))
            .await;
        let loaded = store.load(&row.selector, NOW).await;
        assert_eq!(kind(loaded), StoreErrorKind::Corrupt, "{damage}");
        let undo = "DELETE FROM {s}.sessions; INSERT INTO {s}.sessions TABLE {s}.kept; DROP TABLE {s}.kept";
        place.run(undo).await;
    }
    assert_eq!(store.load(&row.selector, NOW).await.unwrap(), Some(row));
}

#[tokio::test]
async fn d11_tables_of_another_time_are_corrupt_and_none_are_a_mistake() {
    let place = Place::new();
    let store = place.store().await;
    let (_, row) = prepared(&store).await;
    place
        .run("ALTER TABLE {s}.sessions RENAME COLUMN payload TO content")
        .await;
    let fresh = PostgresSessionStore::with_options(place.url.parse().unwrap(), place.settings());
    assert_eq!(
        kind(fresh.load(&row.selector, NOW).await),
        StoreErrorKind::Corrupt
    );
    place.run("DROP SCHEMA {s} CASCADE").await;
    let error = fresh.load(&row.selector, NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Other);
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        format!(
            "there are no tables, migrate first: relation \"{}.sessions\" does not exist (SQLSTATE 42P01)",
            place.schema
        )
    );
}

#[tokio::test]
async fn collisions_under_a_stricter_isolation_are_not_seen() {
    // Under REPEATABLE READ the server undoes what would have waited under READ COMMITTED.
    let mut place = Place::new();
    place
        .url
        .push_str("?options=-c%20default_transaction_isolation%3Drepeatable%5C%20read");
    let store = place.store().await;
    let (_, row) = prepared(&store).await;
    let tasks: Vec<_> = (1..=2)
        .map(|hours| {
            let (store, selector) = (store.clone(), row.selector);
            tokio::spawn(async move { store.touch(&selector, at(hours * HOUR), NOW).await })
        })
        .collect();
    for task in tasks {
        let _ = task.await.unwrap().unwrap();
    }
    let touched = store.load(&row.selector, NOW).await.unwrap().unwrap();
    assert_eq!(touched.idle_deadline, at(2 * HOUR));
}
