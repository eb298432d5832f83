use cloakroom_sqlite::SqliteSessionStore;
use cloakroom_store::conformance::fixture::{self, NOW, at};
use cloakroom_store::{
    Created, SessionStore as _, StoreErrorKind, SubjectIndex as _, Touched, Updated, Version,
};

/// Pages that are not in a full database hold what was acknowledged; nothing else changes.
#[tokio::test]
async fn d11_a_full_database_keeps_what_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.db");
    let store = SqliteSessionStore::builder(&path)
        .max_pages(120)
        .open()
        .await
        .unwrap();
    let subject = fixture::subject("ada");
    let mut acknowledged = Vec::new();
    let full = loop {
        assert!(acknowledged.len() < 1000, "it is never full");
        let record = fixture::of(&subject).payload(vec![b'x'; 3000]).build();
        match store.create(&record, NOW).await {
            Ok(Created::Done) => acknowledged.push(record),
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), StoreErrorKind::Full, "{full:?}");
    assert!(acknowledged.len() > 50);

    // A change that needs more room is refused, and the old data stays.
    let first = acknowledged[0].selector();
    let change = fixture::change(vec![b'y'; 500_000]);
    let error = store
        .update(&first, Version::FIRST, &change, NOW)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert_eq!(
        store.touch(&first, at(fixture::HOUR), NOW).await.unwrap(),
        Touched::Done
    );
    let smaller = fixture::change(*b"small");
    assert_eq!(
        store.update(&first, Version::FIRST, &smaller, NOW).await.unwrap(),
        Updated::Done(Version::FIRST.next())
    );

    // Past a restart too.
    store.close().await;
    let store = SqliteSessionStore::builder(&path)
        .max_pages(120)
        .open()
        .await
        .unwrap();
    for record in &acknowledged[1..] {
        let stored = store.load(&record.selector(), NOW).await.unwrap().unwrap();
        assert_eq!(stored, record.clone().into_stored(NOW));
    }

    // What takes privilege away needs no room, and makes some.
    let count = u64::try_from(acknowledged.len()).unwrap();
    assert_eq!(
        store.delete_by_subject(&subject, None, at(1)).await.unwrap(),
        count
    );
    let record = fixture::of(&subject).authenticated(at(2)).build();
    assert_eq!(store.create(&record, at(2)).await.unwrap(), Created::Done);
}

/// SQLite rolls back the whole transaction in which it finds no room. The next one begins nevertheless.
#[tokio::test]
async fn d11_sessions_are_ended_after_a_database_was_too_full_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteSessionStore::builder(directory.path().join("s.db"))
        .max_pages(60)
        .open()
        .await
        .unwrap();
    let ada = fixture::subject("ada");
    let hers = fixture::of(&ada).payload(vec![b'x'; 20_000]).build();
    assert_eq!(store.create(&hers, NOW).await.unwrap(), Created::Done);
    for size in [20_000, 3000, 500, 10] {
        loop {
            let record = fixture::visitor().payload(vec![b'x'; size]).build();
            match store.create(&record, NOW).await {
                Ok(created) => assert_eq!(created, Created::Done),
                Err(error) => break assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}"),
            }
        }
    }
    // Cut-offs of people who have no session need room, until there is none.
    let mut number = 0;
    let error = loop {
        assert!(number < 1000, "there is always room for another cut-off");
        let subject = fixture::subject(&format!("{number} {}", "x".repeat(200)));
        number += 1;
        match store.delete_by_subject(&subject, None, NOW).await {
            Ok(ended) => assert_eq!(ended, 0),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}");

    // Hers leaves some.
    assert_eq!(store.delete_by_subject(&ada, None, at(1)).await.unwrap(), 1);
    assert_eq!(store.load(&hers.selector(), at(1)).await.unwrap(), None);
}
