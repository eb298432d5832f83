use std::path::{Path, PathBuf};
use std::time::Duration;

use cloakroom_sqlite::{OpenError, SqliteSessionStore};
use cloakroom_store::conformance::fixture::{self, NOW, at};
use cloakroom_store::{
    Created, NewRecord, Page, SessionStore as _, StoreError, StoreErrorKind, SubjectIndex as _, Touched,
    Version,
};
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::process::{self, Part};
use crate::raw;

/// A store with one session in it.
async fn prepared() -> (TempDir, PathBuf, SqliteSessionStore, NewRecord) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let store = SqliteSessionStore::builder(&path)
        .busy_timeout(Duration::from_millis(50))
        .open()
        .await
        .unwrap();
    let record = fixture::of(&fixture::subject("ada")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    (directory, path, store, record)
}

fn page() -> Page {
    Page::first(std::num::NonZeroU32::MIN)
}

#[track_caller]
fn assert_kind<T: std::fmt::Debug>(result: Result<T, StoreError>, kind: StoreErrorKind) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
}

/// Each read and each write of the one session.
async fn assert_all(store: &SqliteSessionStore, record: &NewRecord, kind: StoreErrorKind) {
    let subject = fixture::subject("ada");
    assert_kind(store.load(&record.selector(), NOW).await, kind);
    assert_kind(store.list_by_subject(&subject, page(), NOW).await, kind);
    assert_writes(store, record, kind).await;
}

async fn assert_writes(store: &SqliteSessionStore, record: &NewRecord, kind: StoreErrorKind) {
    let subject = fixture::subject("ada");
    let selector = record.selector();
    assert_kind(store.create(&fixture::visitor().build(), NOW).await, kind);
    assert_kind(
        store
            .update(&selector, Version::FIRST, &fixture::change(*b"new"), NOW)
            .await,
        kind,
    );
    assert_kind(store.touch(&selector, at(1), NOW).await, kind);
    assert_kind(
        store
            .rotate(&selector, record.verifier_hash(), &fixture::rotation(), NOW)
            .await,
        kind,
    );
    assert_kind(store.delete(&selector).await, kind);
    assert_kind(store.delete_one(&subject, &selector).await, kind);
    assert_kind(store.delete_by_subject(&subject, None, NOW).await, kind);
    assert_kind(store.revoke_all(NOW).await, kind);
    assert_kind(store.purge_expired(NOW, std::num::NonZeroU32::MIN).await, kind);
}

#[tokio::test]
async fn d11_a_corrupt_row_is_corrupt_and_can_be_deleted() {
    for damage in [
        "verifier = x'0102'",
        "verifier = x''",
        "previous = x'00'",
        "previous = zeroblob(41)",
        "previous = zeroblob(42)",
        "subject = ''",
        "subject = 'a' || char(0)",
        "subject = CAST(x'ff' AS TEXT)",
        "subject = NULL",
        "authenticated_at = NULL",
        "version = -1",
        "absolute_deadline = idle_deadline - 1",
        "format = 2",
        "format = 0",
    ] {
        let (_directory, path, store, record) = prepared().await;
        raw::run(&path, &format!("UPDATE cloakroom_session SET {damage}")).await;
        assert_kind(store.load(&record.selector(), NOW).await, StoreErrorKind::Corrupt);
        // The answer of a lost race is such a row too.
        let change = fixture::change(*b"new");
        let other = Version::from_number(9);
        assert_kind(
            store.update(&record.selector(), other, &change, NOW).await,
            StoreErrorKind::Corrupt,
        );
        assert!(store.delete(&record.selector()).await.unwrap(), "{damage}");
        assert_eq!(store.load(&record.selector(), NOW).await.unwrap(), None);
    }
}

#[tokio::test]
async fn d11_an_unknown_format_version_is_corrupt_in_a_list() {
    let (_directory, path, store, _) = prepared().await;
    raw::run(&path, "UPDATE cloakroom_session SET format = 2").await;
    assert_kind(
        store.list_by_subject(&fixture::subject("ada"), page(), NOW).await,
        StoreErrorKind::Corrupt,
    );
}

/// A later release may have written it: what this one would write over it, that one could not read.
#[tokio::test]
async fn d11_a_row_of_an_unknown_format_is_not_written() {
    let (_directory, path, store, record) = prepared().await;
    raw::run(&path, "UPDATE cloakroom_session SET format = 2").await;
    let selector = record.selector();
    let change = fixture::change(*b"new");
    assert_kind(
        store.update(&selector, Version::FIRST, &change, NOW).await,
        StoreErrorKind::Corrupt,
    );
    assert_kind(store.touch(&selector, at(1), NOW).await, StoreErrorKind::Corrupt);
    let rotation = fixture::rotation();
    assert_kind(
        store
            .rotate(&selector, record.verifier_hash(), &rotation, NOW)
            .await,
        StoreErrorKind::Corrupt,
    );
    raw::run(&path, "UPDATE cloakroom_session SET format = 1").await;
    let stored = store.load(&selector, NOW).await.unwrap().unwrap();
    assert_eq!(stored, record.into_stored(NOW));
}

#[tokio::test]
async fn d11_an_unknown_schema_is_corrupt() {
    let (_directory, path, store, record) = prepared().await;
    raw::run(
        &path,
        "ALTER TABLE cloakroom_session RENAME TO cloakroom_session_3",
    )
    .await;
    for result in [
        store.load(&record.selector(), NOW).await.map(drop),
        store.touch(&record.selector(), NOW, NOW).await.map(drop),
        store
            .delete_by_subject(&fixture::subject("ada"), None, NOW)
            .await
            .map(drop),
    ] {
        assert_kind(result, StoreErrorKind::Corrupt);
    }
}

#[tokio::test]
async fn d11_a_damaged_file_is_corrupt() {
    let (_directory, path, store, record) = prepared().await;
    store.close().await;
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'cloakroom_session'";
    let page = usize::try_from(raw::number(&path, root).await).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let store = SqliteSessionStore::open(&path).await.unwrap();
    assert_kind(store.load(&record.selector(), NOW).await, StoreErrorKind::Corrupt);
    assert_kind(
        store.touch(&record.selector(), at(1), NOW).await,
        StoreErrorKind::Corrupt,
    );
}

#[tokio::test]
async fn d11_a_read_only_database_is_unavailable_to_writers() {
    let (_directory, path, store, record) = prepared().await;
    let reader = SqliteSessionStore::builder(&path)
        .read_only()
        .open()
        .await
        .unwrap();
    assert!(reader.load(&record.selector(), NOW).await.unwrap().is_some());
    assert_eq!(
        reader
            .list_by_subject(&fixture::subject("ada"), page(), NOW)
            .await
            .unwrap()
            .sessions
            .len(),
        1
    );
    assert_writes(&reader, &record, StoreErrorKind::Unavailable).await;
    assert_eq!(
        store.touch(&record.selector(), at(1), NOW).await.unwrap(),
        Touched::Done
    );
}

#[tokio::test]
async fn d11_a_locked_database_is_a_timeout_to_writers() {
    let (_directory, path, store, record) = prepared().await;
    let mut other = raw::connect(&path).await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert_writes(&store, &record, StoreErrorKind::Timeout).await;
    // Readers go on.
    assert!(store.load(&record.selector(), NOW).await.unwrap().is_some());
    lock.rollback().await.unwrap();
    assert_eq!(
        store.touch(&record.selector(), at(1), NOW).await.unwrap(),
        Touched::Done
    );
}

#[tokio::test]
async fn d11_a_deleted_directory_is_unavailable() {
    let (directory, path, store, record) = prepared().await;
    drop(directory);
    assert!(!path.exists());
    assert_all(&store, &record, StoreErrorKind::Unavailable).await;
    let error = SqliteSessionStore::open(&path).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot open {}: its directory does not exist", path.display())
    );
}

/// What is written to a file that another has replaced would be gone with the process.
#[cfg(unix)]
#[tokio::test]
async fn d11_a_replaced_file_is_unavailable() {
    let (directory, path, store, record) = prepared().await;
    let other = directory.path().join("restored.db");
    SqliteSessionStore::open(&other).await.unwrap().close().await;
    std::fs::rename(&other, &path).unwrap();
    assert_all(&store, &record, StoreErrorKind::Unavailable).await;
}

#[tokio::test]
async fn d11_a_closed_store_is_unavailable() {
    let (_directory, path, store, record) = prepared().await;
    store.clone().close().await;
    assert_all(&store, &record, StoreErrorKind::Unavailable).await;
    // The last connection has written the log back and taken it away.
    assert!(!path.with_extension("db-wal").exists());
}

#[tokio::test]
async fn a_path_that_is_none_is_refused_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(
        &file,
        "this is text, and longer than the header of a database: ".repeat(20),
    )
    .unwrap();
    let cases: [(&Path, &str); 4] = [
        (directory.path(), "it is a directory"),
        (&directory.path().join("no/s.db"), "its directory does not exist"),
        (&file.join("s.db"), "it cannot be created"),
        (Path::new(""), "it is no path"),
    ];
    for (path, reason) in cases {
        let error = SqliteSessionStore::open(path).await.unwrap_err();
        assert!(matches!(error, OpenError::Path { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("cannot open {}: {reason}", path.display())
        );
    }
    let before = std::fs::read(&file).unwrap();
    let error = SqliteSessionStore::open(&file).await.unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        format!("{} is not an SQLite database, or is damaged", file.display())
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
    // None of them left anything behind.
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_database_opened_read_only_is_neither_made_nor_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let error = SqliteSessionStore::builder(&path)
        .read_only()
        .open()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot open {}: it does not exist", path.display())
    );
    assert!(!path.exists());
    raw::run(&path, "CREATE TABLE account (name TEXT)").await;
    let error = SqliteSessionStore::builder(&path)
        .read_only()
        .open()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::NotMigrated {
                found: 0,
                known: 2,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn settings_out_of_range_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let builder = || SqliteSessionStore::builder(directory.path().join("s.db"));
    for (builder, line) in [
        (builder().max_readers(0), "max_readers must be 1 to 1,000"),
        (builder().max_readers(1001), "max_readers must be 1 to 1,000"),
        (builder().max_pages(0), "max_pages must not be 0"),
        (
            builder().busy_timeout(Duration::from_hours(2)),
            "busy_timeout must be at most an hour",
        ),
    ] {
        assert_eq!(builder.open().await.unwrap_err().to_string(), line);
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// The part of a process that has fewer rights.
#[tokio::test]
async fn stranger() {
    let Some(path) = process::part() else { return };
    match SqliteSessionStore::open(&path).await {
        Ok(_) => process::say("opened"),
        Err(error) => process::say(&error.to_string()),
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_or_directory_without_the_right_to_it_is_refused_in_one_line() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    // Permissions do not bind root, so the part is played by somebody else then.
    let is_root = std::fs::metadata(directory.path()).unwrap().uid() == 0;
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("program");
    if is_root {
        mode(programs.path(), 0o755);
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        mode(&program, 0o755);
    }
    let said = |path: &Path| {
        let part = if is_root {
            Part::start_as(65_534, &program, "faults::stranger", path)
        } else {
            Part::start("faults::stranger", path)
        };
        part.end().unwrap()
    };

    mode(directory.path(), 0o555);
    assert_eq!(
        said(&path),
        [format!("cannot open {}: permission denied", path.display())]
    );
    mode(directory.path(), 0o755);
    SqliteSessionStore::open(&path).await.unwrap().close().await;
    mode(&path, 0o000);
    let refused = format!("cannot open {}: it may not be read or written", path.display());
    assert_eq!(said(&path), std::slice::from_ref(&refused));
    // It can be read, and not be written to.
    mode(&path, 0o444);
    mode(directory.path(), 0o555);
    assert_eq!(said(&path), [refused]);
    mode(directory.path(), 0o755);
}

/// Each operation is dropped after each number of polls; then another connection gets the lock at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d16_a_dropped_operation_holds_neither_the_lock_nor_the_writer() {
    let (_directory, path, store, _) = prepared().await;
    let ada = fixture::subject("ada");
    let mut other = raw::connect(&path).await;
    for polls in 0..12 {
        for _ in 0..4 {
            let record = fixture::of(&fixture::subject("bob")).build();
            let except = record.selector();
            dropped(store.create(&record, NOW), polls).await;
            dropped(store.delete_by_subject(&ada, Some(&except), NOW), polls).await;
            dropped(store.purge_expired(NOW, std::num::NonZeroU32::MIN), polls).await;
            dropped(store.list_by_subject(&ada, page(), NOW), polls).await;
            // The next in line gets the writer, and whatever was open is rolled back before its statement.
            assert!(store.touch(&except, NOW, NOW).await.is_ok());
            other
                .begin_with("BEGIN IMMEDIATE")
                .await
                .unwrap()
                .rollback()
                .await
                .unwrap();
        }
    }
}

/// Polls `operation` so many times, each time when it is woken, and drops it.
async fn dropped<F: Future>(operation: F, polls: usize) {
    let mut operation = std::pin::pin!(operation);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(());
        }
        left -= 1;
        if operation.as_mut().poll(context).is_ready() || left == 0 {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    })
    .await;
}
