//! The tables: made once by many, carried over, and refused when they are of another time.

use std::env;
use std::process::{Command, Stdio};

use cloakroom_postgres::{OpenError, PostgresSessionStore, Settings};
use cloakroom_servers::shared;
use cloakroom_store::conformance::fixture::{HOUR, NOW, at, of, subject};
use cloakroom_store::{Created, SessionStore, SubjectIndex, Version};
use sqlx::AssertSqlSafe;

use crate::place::Place;

const URL: &str = "CLOAKROOM_TEST_MIGRATE_URL";
const SCHEMA: &str = "CLOAKROOM_TEST_MIGRATE_SCHEMA";

#[tokio::test]
async fn d12_sixteen_processes_migrate_at_once() {
    let place = Place::new();
    let children: Vec<_> = (0..16)
        .map(|_| {
            Command::new(env::current_exe().unwrap())
                .args(["--exact", "migrate::one_process_of_many"])
                .env(URL, &place.url)
                .env(SCHEMA, &place.schema)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = PostgresSessionStore::with_options(place.url.parse().unwrap(), place.settings());
    store.check().await.unwrap();
    assert_eq!(place.number("SELECT count(*) FROM {s}.session_schema").await, 1);
}

/// Migrates and creates a session where its environment says so: a process of
/// [`d12_sixteen_processes_migrate_at_once`]. It does nothing otherwise.
#[tokio::test]
async fn one_process_of_many() {
    let (Ok(url), Ok(schema)) = (env::var(URL), env::var(SCHEMA)) else {
        return;
    };
    let place = Place { url, schema };
    let store = place.store().await;
    let record = of(&subject(&format!("process {}", std::process::id()))).build();
    // Selectors of the fixture repeat from process to process, and a row in the way is an answer, too.
    let answer = store.create(&record, NOW).await.unwrap();
    assert!(matches!(answer, Created::Done | Created::Exists));
}

/// Under REPEATABLE READ a transaction that waited for a lock would go on seeing what was there before it did.
#[tokio::test(flavor = "multi_thread")]
async fn d12_who_waited_for_a_migration_finds_it_done_under_a_stricter_default() {
    let place = Place::on(&shared::postgres_database());
    place
        .run(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = \
             ''repeatable read''', current_database()); END $$",
        )
        .await;
    let mut holder = place.connection().await;
    let (lock, schema) = (0x636c_6f61, &place.schema);
    let lock = format!("BEGIN; SELECT pg_advisory_xact_lock({lock}, hashtext('{schema}'))");
    sqlx::raw_sql(AssertSqlSafe(lock))
        .execute(&mut holder)
        .await
        .unwrap();
    let migrating = [0; 3].map(|_| {
        let store = PostgresSessionStore::with_options(place.url.parse().unwrap(), place.settings());
        tokio::spawn(async move { store.migrate().await })
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
    while place.number(waiting).await < 3 {
        assert!(migrating.iter().all(|one| !one.is_finished()), "one did not wait");
    }
    sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
    for one in migrating {
        one.await.unwrap().unwrap();
    }
    let alice = subject("alice");
    let store = place.store().await;
    assert_eq!(
        store.create(&of(&alice).build(), NOW).await.unwrap(),
        Created::Done
    );
    assert_eq!(store.delete_by_subject(&alice, None, NOW).await.unwrap(), 1);
}

#[tokio::test]
async fn d12_migrating_twice_changes_nothing() {
    let place = Place::new();
    let store = place.store().await;
    let record = of(&subject("alice")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    store.migrate().await.unwrap();
    store.check().await.unwrap();
    let kept = store.load(&record.selector(), NOW).await.unwrap();
    assert_eq!(kept, Some(record.into_stored(NOW)));
}

#[tokio::test]
async fn d12_an_old_schema_is_carried_over() {
    let place = Place::new();
    place.run(VERSION_1).await;
    let store = PostgresSessionStore::with_options(place.url.parse().unwrap(), place.settings());
    assert!(matches!(
        store.check().await,
        Err(OpenError::Older {
            found: 1,
            known: 2,
            ..
        })
    ));
    store.migrate().await.unwrap();
    store.check().await.unwrap();
    let alice = subject("alice");
    let mut selector = [9; 16];
    selector[..2].copy_from_slice(alice.tag().as_bytes());
    place
        .run(&format!(
            "UPDATE {{s}}.sessions SET selector = decode('{}', 'hex') WHERE subject IS NOT NULL",
            selector.map(|byte| format!("{byte:02x}")).concat()
        ))
        .await;
    let row = store
        .load(&cloakroom_id::Selector::from_bytes(selector), NOW)
        .await
        .unwrap()
        .unwrap();
    let known = row.authentication.as_ref().unwrap();
    assert_eq!((&known.subject, known.at), (&alice, at(-5)));
    assert_eq!(
        (row.lineage_at, row.created_at, row.last_seen_at),
        (at(-5), at(-4), at(-3))
    );
    assert_eq!(
        (row.idle_deadline, row.absolute_deadline),
        (at(HOUR), at(2 * HOUR))
    );
    assert_eq!(
        (row.version, &*row.payload),
        (Version::from_number(3), &b"old"[..])
    );
    let visitor = cloakroom_id::Selector::from_bytes([2; 16]);
    let visitor = store.load(&visitor, NOW).await.unwrap().unwrap();
    assert_eq!(visitor.lineage_at, at(-4));
    // The cut-offs were carried over, too, and a carried session can be spared and ended like any other.
    let bob = of(&subject("bob")).authenticated(at(-10)).build();
    assert_eq!(store.create(&bob, NOW).await.unwrap(), Created::Refused);
    assert_eq!(
        store
            .delete_by_subject(&alice, Some(&row.selector), NOW)
            .await
            .unwrap(),
        0
    );
    let spared = store.load(&row.selector, NOW).await.unwrap().unwrap();
    assert_eq!(spared.lineage_at, at(1));
    assert_eq!(store.delete_by_subject(&alice, None, at(1)).await.unwrap(), 1);
}

/// What version 1 of the crate made, with a session of alice, one of a visitor, and a cut-off of bob.
const VERSION_1: &str = r#"
CREATE SCHEMA {s};
CREATE TABLE {s}.session_schema (one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL);
INSERT INTO {s}.session_schema (version) VALUES (1);
CREATE TABLE {s}.sessions (
    selector bytea PRIMARY KEY,
    format smallint NOT NULL,
    verifier_hash bytea NOT NULL,
    previous_hash bytea,
    rotated_at bigint,
    rotation_reason smallint,
    subject text COLLATE "C",
    authenticated_at bigint,
    created_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    idle_deadline bigint NOT NULL,
    absolute_deadline bigint NOT NULL,
    purge_bucket bigint NOT NULL,
    version bigint NOT NULL,
    payload bytea NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX sessions_by_subject ON {s}.sessions (subject, selector) WHERE subject IS NOT NULL;
CREATE INDEX sessions_by_purge_bucket ON {s}.sessions (purge_bucket);
CREATE TABLE {s}.session_cutoffs (subject text COLLATE "C" PRIMARY KEY, cutoff bigint NOT NULL)
    WITH (fillfactor = 70);
INSERT INTO {s}.sessions
SELECT decode(repeat(n, 16), 'hex'), 1, decode(repeat('07', 32), 'hex'), NULL, NULL, NULL, subject,
    authenticated_at, now - 4, now - 3, now + 3600000, now + 7200000, (now + 3600000) / 60000, 3, 'old'
FROM (VALUES (1767225600000)) AS clock (now), LATERAL (VALUES
    ('01', 'alice', now - 5), ('02', NULL, NULL)
) AS rows (n, subject, authenticated_at);
INSERT INTO {s}.session_cutoffs VALUES ('bob', 1767225600000 - 10);
"#;

#[tokio::test]
async fn a_newer_schema_is_refused_in_one_line_and_left_alone() {
    let place = Place::new();
    let store = place.store().await;
    place.run("UPDATE {s}.session_schema SET version = 3").await;
    let line = format!(
        "the session tables in the schema {} are of version 3, and this program knows 2 at most: update it",
        place.schema
    );
    for error in [
        store.migrate().await.unwrap_err(),
        store.check().await.unwrap_err(),
        PostgresSessionStore::connect_with_settings(&place.url, place.settings())
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(
            error,
            OpenError::Newer {
                found: 3,
                known: 2,
                ..
            }
        ));
        assert_eq!(error.to_string(), line);
    }
    assert_eq!(
        place
            .number("SELECT version::bigint FROM {s}.session_schema")
            .await,
        3
    );
}

#[tokio::test]
async fn a_schema_that_nobody_migrated_is_told_as_such() {
    let place = Place::new();
    let store = PostgresSessionStore::with_options(place.url.parse().unwrap(), place.settings());
    let error = store.check().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the schema {} holds no session tables: it has to be migrated",
            place.schema
        )
    );
    let found = place
        .number(&format!(
            "SELECT count(*) FROM pg_namespace WHERE nspname = '{}'",
            place.schema
        ))
        .await;
    assert_eq!(found, 0, "a check creates nothing");
}

#[tokio::test]
async fn who_may_create_nothing_may_still_use_what_is_there() {
    let place = Place::new();
    let owner = place.store().await;
    let user = format!("u{}", place.schema);
    place
        .run(&format!(
            "CREATE ROLE {user} LOGIN; GRANT USAGE ON SCHEMA {{s}} TO {user}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{s}} TO {user}"
        ))
        .await;
    let url = place.url.replace("//postgres@", &format!("//{user}@"));
    let store = PostgresSessionStore::connect_with_settings(&url, place.settings())
        .await
        .unwrap();
    let record = of(&subject("alice")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    assert!(owner.load(&record.selector(), NOW).await.unwrap().is_some());
    // In a schema of its own it has no right to make one, and is told so.
    let elsewhere = Settings::new().schema("not_there").unwrap();
    let error = PostgresSessionStore::connect_with_settings(&url, elsewhere)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, OpenError::Refused(refusal) if refusal.code() == "42501"),
        "{error}"
    );
    place
        .run(&format!("DROP SCHEMA {{s}} CASCADE; DROP ROLE {user}"))
        .await;
}
