//! What a load with a limit leaves behind when its time is over.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use cloakroom_store::conformance::fixture::{self, NOW};
use cloakroom_store::{Created, NewRecord, SessionStore, StoreErrorKind};
use tokio::time::{pause, resume, timeout};

use super::SqliteSessionStore;
use crate::connections::Loan;

/// Longer than a load takes on a machine that runs the tests.
const LIMIT: Duration = Duration::from_secs(20);

async fn opened(path: &std::path::Path) -> (SqliteSessionStore, NewRecord) {
    let store = SqliteSessionStore::builder(path)
        .max_readers(2)
        .open()
        .await
        .unwrap();
    let record = fixture::visitor().build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    (store, record)
}

/// Has the statements of a connection wait until the sender is dropped. The receiver hears of the first.
async fn held(reader: &mut Loan<'_>) -> (Sender<()>, Receiver<()>) {
    let (hold, until) = channel::<()>();
    let (tell, told) = channel();
    let mut handle = reader.lock_handle().await.unwrap();
    handle.set_progress_handler(1, move || {
        let _ = tell.send(());
        let _ = until.recv();
        true
    });
    (hold, told)
}

#[tokio::test]
async fn d11_a_statement_that_hangs_keeps_no_later_load_from_another_reader() {
    let directory = tempfile::tempdir().unwrap();
    for open in [1, 2] {
        let (store, record) = opened(&directory.path().join(format!("{open}.db"))).await;
        let (database, selector) = (&store.0.database, record.selector());
        // The one that is given back last is lent first.
        let mut first = database.reader().await.unwrap();
        if open == 2 {
            let second = database.reader().await.unwrap();
            second.settle(Ok(())).unwrap();
        }
        let (hold, told) = held(&mut first).await;
        first.settle(Ok(())).unwrap();

        pause();
        let load = store.load_within(&selector, NOW, LIMIT).unwrap().await;
        assert_eq!(load.unwrap_err().kind(), StoreErrorKind::Timeout);
        resume();
        told.recv().unwrap();
        for _ in 0..3 {
            let load = store.load_within(&selector, NOW, LIMIT).unwrap().await;
            assert_eq!(
                load.unwrap(),
                Some(record.clone().into_stored(NOW)),
                "{open} open"
            );
        }
        drop(hold);
        store.close().await;
    }
}

#[tokio::test]
async fn d11_a_load_that_gets_no_reader_in_time_is_a_timeout() {
    let directory = tempfile::tempdir().unwrap();
    let (store, record) = opened(&directory.path().join("s.db")).await;
    let selector = record.selector();
    let readers = [
        store.0.database.reader().await.unwrap(),
        store.0.database.reader().await.unwrap(),
    ];
    pause();
    let load = store.load_within(&selector, NOW, LIMIT).unwrap();
    let load = timeout(2 * LIMIT, load).await.expect("it is bounded");
    assert_eq!(load.unwrap_err().kind(), StoreErrorKind::Timeout);
    resume();
    drop(readers);
    assert_eq!(
        store.load(&selector, NOW).await.unwrap(),
        Some(record.into_stored(NOW))
    );
}
