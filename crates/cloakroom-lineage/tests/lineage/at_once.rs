//! A store that answers at once needs neither a timer nor a runtime.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cloakroom_lineage::cloakroom_revocation::{
    Credential, Fleet, LOCAL, MemoryRevocationStore, Reader, ReaderSettings, RevocationCheck,
};
use cloakroom_lineage::{Gate, Lineages};

use crate::clock::Clock;

/// What the future answers when it is polled for the first time.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn a_stamp_from_memory_needs_no_runtime() {
    let clock = Clock::default();
    let now = clock.now().wall;
    let store = MemoryRevocationStore::new(Fleet::default(), move || now);
    let lineages = Lineages::new(store).with_clocks(clock.clocks());
    let stamp = at_once(lineages.stamp("ada")).unwrap();
    assert_eq!(stamp.authenticated_at(), now);
    let renewed = at_once(lineages.renewal_stamp("ada", now)).unwrap();
    assert_eq!(renewed, Some(stamp));
}

#[test]
fn a_look_into_memory_when_stale_needs_no_runtime() {
    let clock = Clock::default();
    let now = clock.now().wall;
    let fleet = Fleet::default();
    let store = Arc::new(MemoryRevocationStore::new(fleet, move || now));
    let reader = Reader::new(fleet, ReaderSettings::default());
    let check = RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).unwrap();
    let gate = Gate::new(check, clock.clocks()).look_up_when_stale(store);
    let credential = Credential {
        issuer: LOCAL,
        subject: Some("ada"),
        issued_at: Some(now),
        token_id: Some("one"),
    };
    assert_eq!(at_once(gate.check(&credential)), Ok(()));
}
