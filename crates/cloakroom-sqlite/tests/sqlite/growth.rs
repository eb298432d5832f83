//! What an operation writes, counted in pages of the log: no clock is read.

use std::path::Path;

use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::conformance::fixture::{self, NOW, at};
use cloakroom_store::{Created, SessionStore as _, Touched, Updated, Version};

use crate::raw;

/// A page and the header of its frame in the log (<https://www.sqlite.org/fileformat2.html#walformat>).
const FRAME: u64 = 4096 + 24;

fn log(path: &Path) -> u64 {
    std::fs::metadata(path.with_extension("db-wal")).unwrap().len()
}

/// Fills the database, writes the log back, and starts a new one with a row.
async fn filled(path: &Path, rows: usize) -> (SqliteSessionStore, Vec<cloakroom_store::NewRecord>) {
    let store = SqliteSessionStore::open(path).await.unwrap();
    let mut records = Vec::new();
    for number in 0..rows {
        let subject = fixture::subject(&format!("subject {number}"));
        let record = fixture::of(&subject).payload(vec![b'x'; 300]).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        records.push(record);
    }
    store.close().await;
    let store = SqliteSessionStore::open(path).await.unwrap();
    assert_eq!(
        store.create(&fixture::visitor().build(), NOW).await.unwrap(),
        Created::Done
    );
    (store, records)
}

#[tokio::test]
async fn d7_a_touch_writes_one_page() {
    for rows in [100, 2_000] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.db");
        let (store, records) = filled(&path, rows).await;
        let before = log(&path);
        for (second, record) in (1..).zip(&records[..50]) {
            let asked = at(30 * fixture::MINUTE + second * 1000);
            let done = store.touch(&record.selector(), asked, at(second * 1000)).await;
            assert_eq!(done.unwrap(), Touched::Done);
        }
        assert_eq!(log(&path) - before, 50 * FRAME, "with {rows} rows");
    }
}

/// A page of the table, and one of each of the three indexes, save when one splits.
#[tokio::test]
async fn a_creation_and_a_change_write_as_much_among_many_as_among_few() {
    let mut written = Vec::new();
    for rows in [200, 2_000] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.db");
        let (store, records) = filled(&path, rows).await;
        let before = log(&path);
        for record in &records[..50] {
            let done = store
                .update(
                    &record.selector(),
                    Version::FIRST,
                    &fixture::change(vec![b'y'; 300]),
                    NOW,
                )
                .await;
            assert_eq!(done.unwrap(), Updated::Done(Version::FIRST.next()));
        }
        let changed = log(&path);
        for number in 0..50 {
            let subject = fixture::subject(&format!("another {number}"));
            let record = fixture::of(&subject).payload(vec![b'x'; 300]).build();
            assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        }
        written.push(((changed - before) / FRAME, (log(&path) - changed) / FRAME));
    }
    for (changes, creations) in written {
        // The version grows from a number that takes no byte to one that takes one.
        assert!((50..=100).contains(&changes), "{changes}");
        assert!((150..=300).contains(&creations), "{creations}");
    }
}

/// The purge meets each touched row once, moves it to where its deadline is now, and deletes at that time.
#[tokio::test]
async fn d10_a_purge_finds_what_was_touched_when_its_time_has_come() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let (store, records) = filled(&path, 1_200).await;
    for record in &records {
        let done = store
            .touch(&record.selector(), at(2 * fixture::HOUR), at(1))
            .await;
        assert_eq!(done.unwrap(), Touched::Done);
    }
    let all = std::num::NonZeroU32::new(5_000).unwrap();
    // The visitor alone was not touched.
    assert_eq!(store.purge_expired(at(fixture::HOUR), all).await.unwrap(), 1);
    let due = "SELECT count(*) FROM cloakroom_session WHERE purge_at <> idle_deadline";
    assert_eq!(raw::number(&path, due).await, 0);
    assert_eq!(
        store.purge_expired(at(2 * fixture::HOUR - 1), all).await.unwrap(),
        0
    );
    let batch = std::num::NonZeroU32::new(700).unwrap();
    assert_eq!(
        store.purge_expired(at(2 * fixture::HOUR), batch).await.unwrap(),
        700
    );
    assert_eq!(
        store.purge_expired(at(2 * fixture::HOUR), batch).await.unwrap(),
        500
    );
    assert_eq!(
        raw::number(&path, "SELECT count(*) FROM cloakroom_session").await,
        0
    );
}

#[tokio::test]
async fn old_cut_offs_are_forgotten_and_young_ones_kept() {
    use cloakroom_store::SubjectIndex as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let store = SqliteSessionStore::builder(&path)
        .cutoff_retention(std::time::Duration::from_hours(48))
        .open()
        .await
        .unwrap();
    for (name, time) in [("old", 0), ("young", 1)] {
        assert_eq!(
            store
                .delete_by_subject(&fixture::subject(name), None, at(time))
                .await
                .unwrap(),
            0
        );
    }
    let one = std::num::NonZeroU32::MIN;
    assert_eq!(
        store
            .purge_expired(at(48 * fixture::HOUR + 1), one)
            .await
            .unwrap(),
        0
    );
    let kept = "SELECT group_concat(subject) FROM cloakroom_session_cutoff";
    assert_eq!(raw::text(&path, kept).await, "young");
}
