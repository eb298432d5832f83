use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, SubjectTag};
use cloakroom_store::conformance::fixture::{Draft, NOW, visitor};
use cloakroom_store::{Created, MemoryStore, SessionStore as _};

/// What the future gives, and after how many times of waiting. The store in memory waits for nobody but lets others run.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> (T, usize) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    let mut waits = 0;
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return (value, waits),
            Poll::Pending => waits += 1,
        }
    }
}

/// The same at the first call, where nothing may wait.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let (value, waits) = run(future);
    assert_eq!(waits, 0, "it waited");
    value
}

/// Creates a session at [`NOW`] for which there has to be room.
pub(crate) fn create(store: &MemoryStore, draft: Draft) -> Selector {
    let record = draft.build();
    assert_eq!(now(store.create(&record, NOW)).unwrap(), Created::Done);
    record.selector()
}

/// A visitor's session in the first shard.
pub(crate) fn visitor_of_one_shard() -> Draft {
    let selector = cloakroom_store::conformance::fixture::selector(SubjectTag::from_bytes([0, 0]));
    visitor().selector(selector)
}

pub(crate) fn is_live(store: &MemoryStore, selector: &Selector, time: UnixTime) -> bool {
    now(store.load(selector, time)).unwrap().is_some()
}
