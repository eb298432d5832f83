use std::path::Path;
use std::time::Duration;

use cloakroom_sqlite::{OpenError, SqliteSessionStore};
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::conformance::fixture::{self, NOW, at};
use cloakroom_store::{
    Created, Page, Previous, RotationReason, SessionStore as _, SubjectIndex as _, Touched, Version,
};

use crate::process::{self, Part};
use crate::raw;

/// A database as the first version of the schema had it, with rows of every kind.
const SCHEMA_1: &str = include_str!("../fixtures/schema_1.sql");

/// The part of one of the processes that migrate at once.
#[tokio::test]
async fn opener() {
    let Some(path) = process::part() else { return };
    process::say("ready");
    process::wait_for_the_word();
    // Sixteen write at once, on a machine that may be busy.
    let builder = SqliteSessionStore::builder(&path).busy_timeout(Duration::from_mins(1));
    let store = builder.open().await.unwrap();
    assert_eq!(
        store
            .create(&fixture::visitor().selector(own_selector()).build(), NOW)
            .await
            .unwrap(),
        Created::Done
    );
    process::say("opened");
}

fn own_selector() -> Selector {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&std::process::id().to_be_bytes());
    Selector::from_bytes(bytes)
}

#[tokio::test]
async fn d12_16_processes_migrate_at_once() {
    for old in [false, true] {
        for _ in 0..3 {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("s.db");
            if old {
                raw::run(&path, SCHEMA_1).await;
            }
            let mut parts: Vec<Part> = (0..16)
                .map(|_| Part::start("migrations::opener", &path))
                .collect();
            for part in &mut parts {
                assert_eq!(part.hear().as_deref(), Some("ready"));
            }
            for part in &mut parts {
                part.give_the_word();
            }
            for part in parts {
                assert_eq!(part.end().unwrap(), ["opened"]);
            }
            let rows = raw::number(&path, "SELECT count(*) FROM cloakroom_session").await;
            assert_eq!(rows, if old { 16 + 3 } else { 16 });
            assert_eq!(schema(&path).await, fresh_schema().await);
        }
    }
}

#[tokio::test]
async fn d12_migrating_twice_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let first = SqliteSessionStore::open(&path).await.unwrap();
    let record = fixture::visitor().build();
    assert_eq!(first.create(&record, NOW).await.unwrap(), Created::Done);
    let before = schema(&path).await;
    let second = SqliteSessionStore::open(&path).await.unwrap();
    assert_eq!(schema(&path).await, before);
    assert!(second.load(&record.selector(), NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn d12_an_old_schema_is_carried_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    raw::run(&path, SCHEMA_1).await;
    let store = SqliteSessionStore::open(&path).await.unwrap();
    assert_eq!(schema(&path).await, fresh_schema().await);

    let ada = fixture::subject("ada");
    let mut selector = [1; 16];
    selector[..2].copy_from_slice(ada.tag().as_bytes());
    let stored = store
        .load(&Selector::from_bytes(selector), NOW)
        .await
        .unwrap()
        .unwrap();
    let known = stored.authentication.clone().unwrap();
    assert_eq!((known.subject, known.at), (ada.clone(), at(-1000)));
    assert_eq!(stored.lineage_at, at(-900));
    assert_eq!((stored.created_at, stored.last_seen_at), (at(-800), at(-700)));
    assert_eq!(
        (stored.idle_deadline, stored.absolute_deadline),
        (at(fixture::HOUR), at(2 * fixture::HOUR))
    );
    assert_eq!(stored.version, Version::from_number(7));
    assert_eq!(stored.verifier_hash, VerifierHash::from_bytes([0xaa; 32]));
    assert_eq!(
        stored.previous,
        Some(Box::new(Previous {
            verifier_hash: VerifierHash::from_bytes([0xbb; 32]),
            rotated_at: at(-600),
            reason: RotationReason::Authentication,
        }))
    );
    assert_eq!(&stored.payload[..], b"the data of ada");

    // It is in the index of subjects, can be touched, and is purged in time, as is the visitor's.
    let page = Page::first(std::num::NonZeroU32::MIN);
    assert_eq!(
        store.list_by_subject(&ada, page, NOW).await.unwrap().sessions,
        std::slice::from_ref(&stored)
    );
    assert_eq!(
        store
            .touch(&stored.selector, at(2 * fixture::HOUR), NOW)
            .await
            .unwrap(),
        Touched::Done
    );
    let all = std::num::NonZeroU32::new(10).unwrap();
    // One was past its deadline, one stood at the cut-off of the whole store.
    assert_eq!(store.purge_expired(NOW, all).await.unwrap(), 2);
    assert_eq!(store.purge_expired(at(2 * fixture::HOUR), all).await.unwrap(), 1);
    // The cut-offs came along.
    let late = fixture::of(&fixture::subject("bob"))
        .authenticated(at(-50))
        .build();
    assert_eq!(store.create(&late, NOW).await.unwrap(), Created::Refused);
    let early = fixture::of(&ada).authenticated(at(-5000)).build();
    assert_eq!(store.create(&early, NOW).await.unwrap(), Created::Refused);
}

#[tokio::test]
async fn d12_a_newer_schema_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    raw::run(
        &path,
        "CREATE TABLE cloakroom_schema (component TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL) STRICT;
         INSERT INTO cloakroom_schema VALUES ('session', 3)",
    )
    .await;
    let before = std::fs::read(&path).unwrap();
    for builder in [
        SqliteSessionStore::builder(&path),
        SqliteSessionStore::builder(&path).read_only(),
    ] {
        let error = builder.open().await.unwrap_err();
        assert!(matches!(
            error,
            OpenError::NewerSchema {
                found: 3,
                known: 2,
                ..
            }
        ));
        assert_eq!(
            error.to_string(),
            "the database's session schema is version 3; this release knows up to 2"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// The tables live in a database of the application's own, whose version is none of our business.
#[tokio::test]
async fn d12_the_applications_tables_and_version_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.db");
    raw::run(
        &path,
        "PRAGMA user_version = 77; CREATE TABLE account (name TEXT); INSERT INTO account VALUES ('ada')",
    )
    .await;
    let store = SqliteSessionStore::open(&path).await.unwrap();
    assert_eq!(
        store.create(&fixture::visitor().build(), NOW).await.unwrap(),
        Created::Done
    );
    assert_eq!(raw::number(&path, "PRAGMA user_version").await, 77);
    assert_eq!(raw::text(&path, "SELECT name FROM account").await, "ada");
    let foreign = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'cloakroom\\_%' ESCAPE '\\'";
    assert_eq!(raw::number(&path, foreign).await, 1);
}

/// The definitions of all tables and indexes, and the version.
async fn schema(path: &Path) -> String {
    raw::text(
        path,
        "SELECT (SELECT group_concat(name || ': ' || coalesce(sql, ''), '; ')
                 FROM (SELECT * FROM sqlite_schema ORDER BY name))
             || (SELECT group_concat(component || version) FROM cloakroom_schema)",
    )
    .await
}

async fn fresh_schema() -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    SqliteSessionStore::open(&path).await.unwrap().close().await;
    schema(&path).await
}
