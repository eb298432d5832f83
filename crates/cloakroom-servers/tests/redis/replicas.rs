//! Writes that wait for replicas.

use cloakroom_store::conformance::fixture::{NOW, at, of, subject, visitor};
use cloakroom_store::{Created, SessionStore as _, StoreErrorKind, SubjectIndex as _, Touched};

use crate::place::{Place, pair};

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_a_replica_has_is_done_and_one_that_it_has_not_is_unavailable() {
    let (master, mut replica, _scratch) = pair().await;
    let place = Place::on(&master.url());
    let store = place.builder().min_replicas(1).connect(&place.url).await.unwrap();
    let on_replica = place.by_port(replica.port()).store().await;
    let ada = subject("ada");
    for _ in 0..50 {
        let record = of(&ada).build();
        assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
        // It has been received and so it has been done, in this order, before the answer came.
        assert!(on_replica.load(&record.selector(), NOW).await.unwrap().is_some());
        assert!(store.delete(&record.selector()).await.unwrap());
        assert_eq!(on_replica.load(&record.selector(), NOW).await.unwrap(), None);
    }
    store.revoke_all(at(-1)).await.unwrap();

    replica.kill9();
    let record = visitor().build();
    let error = store.create(&record, NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let loaded = store.load(&record.selector(), NOW).await.unwrap();
    assert!(loaded.is_some(), "it was made nevertheless");
    assert_eq!(
        store.touch(&record.selector(), NOW, NOW).await.unwrap(),
        Touched::Done,
        "touches do not wait"
    );
    let error = store.revoke_all(NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}
