//! Interleavings that are scripted: another connection holds a lock until the operation under test waits for it.

use std::future::Future;
use std::num::NonZeroU32;

use cloakroom_store::conformance::fixture::{HOUR, NOW, at, change, of, reauthentication, rotation, subject};
use cloakroom_store::{Created, Page, Rotated, SessionStore, SubjectIndex, Updated, Version};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::task::JoinHandle;

use crate::place::Place;

/// Begins a transaction and does this in it.
pub(crate) async fn holding(place: &Place, text: &str) -> PgConnection {
    let mut connection = place.connection().await;
    let text = format!("BEGIN; {}", text.replace("{s}", &place.schema));
    sqlx::raw_sql(AssertSqlSafe(text))
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

pub(crate) async fn commit(mut connection: PgConnection) {
    sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Starts the operation and waits until it waits for a lock, as one of `so_many` that do.
pub(crate) async fn waiting<T: Send + 'static>(
    place: &Place,
    so_many: i64,
    operation: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    let task = tokio::spawn(operation);
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{s}%' \
                 AND pid <> pg_backend_pid()";
    while place.number(waits).await < so_many {
        assert!(!task.is_finished(), "it did not wait");
    }
    task
}

#[tokio::test]
async fn d22_a_creation_that_began_before_the_cut_off_sees_it() {
    let place = Place::new();
    let store = place.store().await;
    let alice = subject("alice");
    // Both when the subject has a row of cut-offs already, and when it comes to be by the deletion: a lock alone finds
    // the first one only, since the row of the other is not there when the creation begins.
    for round in 0..2_i64 {
        let holder = holding(
            &place,
            &format!(
                "INSERT INTO {{s}}.session_cutoffs VALUES ('alice', {0}) \
                 ON CONFLICT (subject) DO UPDATE SET cutoff = {0}",
                at(round).as_millis()
            ),
        )
        .await;
        let record = of(&alice).authenticated(at(round)).build();
        let (creator, creating) = (store.clone(), record.clone());
        let task = waiting(
            &place,
            1,
            async move { creator.create(&creating, NOW).await.unwrap() },
        )
        .await;
        commit(holder).await;
        assert_eq!(task.await.unwrap(), Created::Refused, "round {round}");
        assert_eq!(store.load(&record.selector(), NOW).await.unwrap(), None);
        let rows = "SELECT count(*) FROM {s}.sessions";
        assert_eq!(place.number(rows).await, 0, "not even a row that nobody sees");
    }
}

#[tokio::test]
async fn d9_a_deletion_takes_the_session_that_it_waited_for() {
    let place = Place::new();
    let store = place.store().await;
    let alice = subject("alice");
    // What `create` does, stopped before its end.
    let record = of(&alice).build();
    let hex = record
        .selector()
        .as_bytes()
        .map(|byte| format!("{byte:02x}"))
        .concat();
    let holder = holding(
        &place,
        &format!(
            "INSERT INTO {{s}}.session_cutoffs VALUES ('alice', NULL); INSERT INTO {{s}}.sessions \
             (selector, format, verifier_hash, subject, authenticated_at, lineage_at, created_at, last_seen_at, \
              idle_deadline, absolute_deadline, purge_bucket, version, payload) \
             SELECT decode('{hex}', 'hex'), 1, decode(repeat('07', 32), 'hex'), 'alice', {0}, {0}, {0}, {0}, \
              {1}, {1}, 0, 1, ''",
            NOW.as_millis(),
            at(HOUR).as_millis()
        ),
    )
    .await;
    let deleter = (store.clone(), alice.clone());
    let task = waiting(&place, 1, async move {
        deleter.0.delete_by_subject(&deleter.1, None, NOW).await.unwrap()
    })
    .await;
    commit(holder).await;
    assert_eq!(task.await.unwrap(), 1);
    assert_eq!(place.number("SELECT count(*) FROM {s}.sessions").await, 0);
}

#[tokio::test]
async fn a_conflict_shows_the_row_that_it_waited_for() {
    let place = Place::new();
    let store = place.store().await;
    let record = of(&subject("alice")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let holder = holding(&place, "UPDATE {s}.sessions SET version = 2, payload = 'theirs'").await;
    let (writer, selector) = (store.clone(), record.selector());
    let task = waiting(&place, 1, async move {
        writer
            .update(&selector, Version::FIRST, &change(*b"ours"), NOW)
            .await
            .unwrap()
    })
    .await;
    commit(holder).await;
    let Updated::Conflict(row) = task.await.unwrap() else {
        panic!("the update was done on a version that it did not expect");
    };
    assert_eq!(
        (row.version, &*row.payload),
        (Version::from_number(2), &b"theirs"[..])
    );
    // And what expects the version that it waited for is done.
    let holder = holding(
        &place,
        "UPDATE {s}.sessions SET version = 3, payload = 'theirs again'",
    )
    .await;
    let writer = store.clone();
    let third = Version::from_number(3);
    let task = waiting(&place, 1, async move {
        writer
            .update(&selector, third, &change(*b"ours"), NOW)
            .await
            .unwrap()
    })
    .await;
    commit(holder).await;
    assert_eq!(task.await.unwrap(), Updated::Done(Version::from_number(4)));
}

#[tokio::test]
async fn d1_what_waited_for_a_deletion_is_gone() {
    let place = Place::new();
    let store = place.store().await;
    let alice = subject("alice");
    let record = of(&alice).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let (selector, hash) = (record.selector(), *record.verifier_hash());
    let holder = holding(&place, "DELETE FROM {s}.sessions").await;
    let writer = store.clone();
    let update = waiting(&place, 1, async move {
        writer
            .update(&selector, Version::FIRST, &change(*b"late"), NOW)
            .await
            .unwrap()
    })
    .await;
    let writer = store.clone();
    let rotate = waiting(&place, 2, async move {
        writer.rotate(&selector, &hash, &rotation(), NOW).await.unwrap()
    })
    .await;
    commit(holder).await;
    assert_eq!(update.await.unwrap(), Updated::Gone);
    assert_eq!(rotate.await.unwrap(), Rotated::Gone);
    let listed = store
        .list_by_subject(&alice, Page::first(NonZeroU32::MIN), NOW)
        .await
        .unwrap();
    assert!(listed.sessions.is_empty());
}

#[tokio::test]
async fn d22_a_rotation_that_began_before_the_cut_off_sees_it() {
    let place = Place::new();
    let store = place.store().await;
    let record = of(&subject("alice")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let (selector, hash) = (record.selector(), *record.verifier_hash());
    // What `delete_by_subject` does for a session that it spares.
    let holder = holding(
        &place,
        &format!(
            "UPDATE {{s}}.session_cutoffs SET cutoff = {} WHERE subject = 'alice'; \
             UPDATE {{s}}.sessions SET lineage_at = {}",
            at(5).as_millis(),
            at(6).as_millis()
        ),
    )
    .await;
    let writer = store.clone();
    let task = waiting(&place, 1, async move {
        writer
            .rotate(&selector, &hash, &reauthentication(at(5)), at(7))
            .await
            .unwrap()
    })
    .await;
    commit(holder).await;
    assert_eq!(task.await.unwrap(), Rotated::Refused);
    let later = store
        .rotate(&selector, &hash, &reauthentication(at(6)), at(7))
        .await;
    assert_eq!(later.unwrap(), Rotated::Done(Version::from_number(2)));
}
