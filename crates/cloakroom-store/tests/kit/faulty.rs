use std::task::{Context, Poll, Waker};
use std::{future::Future, pin::pin};

use cloakroom_store::conformance::fixture::{HOUR, NOW, at, change, of, subject};
use cloakroom_store::conformance::{Fault, Faulty, Model, Operation};
use cloakroom_store::{Created, SessionStore, StoreErrorKind, SubjectIndex as _, Touched, Updated, Version};

cloakroom_store::conformance_tests! {{
    // What gives way at any time is still the same store.
    let store = Faulty::new(Model::new());
    for operation in Operation::ALL {
        store.always(operation, Fault::YieldBefore(2));
    }
    store
}}

#[tokio::test]
async fn a_fault_comes_before_the_operation_or_after_it() {
    let store = Faulty::new(Model::new());
    let record = of(&subject("alice")).build();
    store.next(Operation::Create, Fault::FailBefore(StoreErrorKind::Unavailable));
    store.next(Operation::Create, Fault::FailAfter(StoreErrorKind::Timeout));
    let error = store.create(&record, NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert_eq!(store.store().rows(), 0);
    let error = store.create(&record, NOW).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert_eq!(store.store().rows(), 1);
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Exists);
    assert_eq!(store.count(Operation::Create), 3);
    assert_eq!(store.take_calls(), [Operation::Create; 3]);
    assert_eq!(store.count(Operation::Create), 0);
}

#[tokio::test]
async fn a_script_is_followed_and_then_what_is_always_so_until_healed() {
    let store = Faulty::new(Model::new());
    let record = of(&subject("alice")).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    store.always(Operation::Load, Fault::FailBefore(StoreErrorKind::Corrupt));
    store.script(
        Operation::Load,
        [None, Some(Fault::FailAfter(StoreErrorKind::Other)), None],
    );
    let mut kinds = Vec::new();
    for _ in 0..5 {
        let loaded = store.load(&record.selector(), NOW).await;
        kinds.push(loaded.map(|_| ()).map_err(|error| error.kind()));
    }
    let corrupt = Err(StoreErrorKind::Corrupt);
    assert_eq!(
        kinds,
        [Ok(()), Err(StoreErrorKind::Other), Ok(()), corrupt, corrupt]
    );
    store.always_all(&Fault::FailBefore(StoreErrorKind::Full));
    assert_eq!(
        store.revoke_all(NOW).await.unwrap_err().kind(),
        StoreErrorKind::Full
    );
    store.heal();
    assert!(store.load(&record.selector(), NOW).await.unwrap().is_some());
}

#[tokio::test]
async fn a_hanging_operation_never_answers() {
    for (fault, expected) in [(Fault::HangBefore, 0), (Fault::HangAfter, 1)] {
        let store = Faulty::new(Model::new());
        store.next(Operation::Create, fault);
        let record = of(&subject("alice")).build();
        let mut hanging = pin!(store.create(&record, NOW));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(matches!(hanging.as_mut().poll(&mut context), Poll::Pending));
        }
        assert_eq!(store.store().rows(), expected);
    }
}

#[tokio::test]
async fn a_paused_operation_lets_others_pass() {
    let store = Faulty::new(Model::new());
    let record = of(&subject("alice")).build();
    let selector = record.selector();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let pause = store.pause_before(Operation::Update);
    let late = tokio::spawn({
        let store = store.clone();
        async move {
            let change = change(*b"late");
            store.update(&selector, Version::FIRST, &change, NOW).await
        }
    });
    pause.reached().await;
    assert_eq!(
        store.touch(&selector, at(HOUR), NOW).await.unwrap(),
        Touched::Done
    );
    assert!(store.delete(&selector).await.unwrap());
    pause.resume();
    assert_eq!(late.await.unwrap().unwrap(), Updated::Gone);
}
