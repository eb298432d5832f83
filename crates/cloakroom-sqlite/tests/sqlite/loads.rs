use std::sync::Arc;
use std::time::Duration;

use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::conformance::fixture::{self, NOW};
use cloakroom_store::conformance::{Fault, Faulty, Operation};
use cloakroom_store::{Created, DynSessionStore, NewRecord, SessionStore, StoreErrorKind, Unindexed};
use tokio::task::JoinSet;

use crate::raw;

async fn created(store: &SqliteSessionStore, count: u8) -> Vec<NewRecord> {
    let mut records = Vec::new();
    for number in 0..count {
        let record = fixture::of(&fixture::subject("ada")).payload([number]).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        records.push(record);
    }
    records
}

/// They stand in one statement, which a row that cannot be read does not spoil.
#[tokio::test]
async fn d11_a_corrupt_row_fails_its_own_load_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let store = SqliteSessionStore::open(&path).await.unwrap();
    let records = created(&store, 20).await;
    raw::run(
        &path,
        "UPDATE cloakroom_session SET format = 2 WHERE payload = x'07'; \
         UPDATE cloakroom_session SET verifier = x'00' WHERE payload = x'08'",
    )
    .await;
    let mut loads = JoinSet::new();
    for (number, record) in records.into_iter().enumerate() {
        let store = store.clone();
        loads.spawn(async move { (number, store.load(&record.selector(), NOW).await, record) });
    }
    for (number, loaded, record) in loads.join_all().await {
        match loaded {
            Err(error) => assert_eq!(
                (error.kind(), matches!(number, 7 | 8)),
                (StoreErrorKind::Corrupt, true)
            ),
            Ok(loaded) => assert_eq!(loaded, Some(record.into_stored(NOW)), "{number}"),
        }
    }
}

/// Whatever stands in front of a store hands its limit on.
#[tokio::test]
async fn loads_keep_a_limit_behind_other_stores() {
    async fn check(store: impl SessionStore, record: &NewRecord) {
        let selector = record.selector();
        let load = store.load_within(&selector, NOW, Duration::from_mins(5));
        let loaded = load.unwrap().await.unwrap();
        assert_eq!(loaded, Some(record.clone().into_stored(NOW)));
    }
    let store = SqliteSessionStore::open_in_memory().await.unwrap();
    let record = &created(&store, 1).await[0];
    check(store.clone(), record).await;
    check(Arc::new(store.clone()), record).await;
    check(Unindexed(store.clone()), record).await;
    check(DynSessionStore::new(store.clone()), record).await;
    let faulty = Faulty::new(store);
    check(faulty.clone(), record).await;
    assert_eq!(faulty.take_calls(), [Operation::Load]);
    // Nobody keeps the time of a load that is written to hang.
    faulty.next(Operation::Load, Fault::HangBefore);
    let selector = record.selector();
    let load = faulty.load_within(&selector, NOW, Duration::from_mins(5));
    assert!(load.is_none());
    assert_eq!(faulty.take_calls(), []);
}

#[tokio::test]
async fn d11_loads_that_fail_together_fail_alike() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let store = SqliteSessionStore::open(&path).await.unwrap();
    let records = Arc::new(created(&store, 5).await);
    store.close().await;
    let mut loads = JoinSet::new();
    for number in 0..5 {
        let (store, records) = (store.clone(), Arc::clone(&records));
        loads.spawn(async move { store.load(&records[number].selector(), NOW).await });
    }
    for loaded in loads.join_all().await {
        assert_eq!(loaded.unwrap_err().kind(), StoreErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn d11_a_damaged_page_fails_the_loads_that_need_it_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let store = SqliteSessionStore::open(&path).await.unwrap();
    let mut records = Vec::new();
    for number in 0..40 {
        let record = fixture::visitor().payload([number; 1000]).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        records.push(record);
    }
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    let page = bytes
        .chunks_exact_mut(4096)
        .find(|page| page.windows(1000).any(|bytes| bytes == [20; 1000]))
        .unwrap();
    page.fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let store = SqliteSessionStore::open(&path).await.unwrap();
    let mut loads = JoinSet::new();
    for (number, record) in records.into_iter().enumerate() {
        let store = store.clone();
        loads.spawn(async move { (number, store.load(&record.selector(), NOW).await, record) });
    }
    let mut failed = Vec::new();
    for (number, loaded, record) in loads.join_all().await {
        match loaded {
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Corrupt);
                failed.push(number);
            }
            Ok(loaded) => assert_eq!(loaded, Some(record.into_stored(NOW)), "{number}"),
        }
    }
    // Three of them fill a page.
    assert!(failed.contains(&20) && failed.len() <= 4, "{failed:?}");
}
