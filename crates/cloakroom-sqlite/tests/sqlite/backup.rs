use std::num::NonZeroU32;

use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::conformance::fixture::{self, NOW, at};
use cloakroom_store::{Created, SessionStore as _, SubjectIndex as _};

use crate::raw;

/// The backup knows nothing of the logout, so `revoke_all` comes before the first request.
#[tokio::test]
async fn d24_a_restored_backup_revives_nothing_after_revoke_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let backup = directory.path().join("backup.db");
    let store = SqliteSessionStore::open(&path).await.unwrap();
    let ada = fixture::subject("ada");
    let records = [fixture::of(&ada).build(), fixture::visitor().build()];
    for record in &records {
        assert_eq!(store.create(record, NOW).await.unwrap(), Created::Done);
    }
    // What an operator does while the program runs: a consistent copy, log and all.
    raw::run(&path, &format!("VACUUM INTO '{}'", backup.display())).await;
    assert_eq!(store.delete_by_subject(&ada, None, at(1)).await.unwrap(), 1);
    store.close().await;

    std::fs::rename(&backup, &path).unwrap();
    let store = SqliteSessionStore::open(&path).await.unwrap();
    assert!(store.load(&records[0].selector(), at(2)).await.unwrap().is_some());
    store.revoke_all(at(2)).await.unwrap();
    for record in &records {
        assert_eq!(store.load(&record.selector(), at(3)).await.unwrap(), None);
    }
    let new = fixture::of(&ada).authenticated(at(3)).build();
    assert_eq!(store.create(&new, at(3)).await.unwrap(), Created::Done);

    // The purge takes the rows away, however few it may at once, and the new one stays.
    for purged in [1, 1, 0] {
        assert_eq!(store.purge_expired(at(4), NonZeroU32::MIN).await.unwrap(), purged);
    }
    assert!(store.load(&new.selector(), at(4)).await.unwrap().is_some());
    // It has looked at every row, and does not look again.
    let rest = "SELECT count(*) FROM cloakroom_session_store WHERE swept_to IS NOT NULL";
    assert_eq!(raw::number(&path, rest).await, 0);
}
