//! What `usage` says of bytes, against what the allocator was asked for.

use cloakroom_store::conformance::fixture::{Draft, NOW, of, subject, visitor};
use cloakroom_store::{Created, MemoryStore, SessionStore as _};

use crate::common::now;

/// Bytes that the allocator was asked for, and those that `usage` tells, for each of so many sessions.
fn bytes(sessions: u64, draft: impl Fn(u64) -> Draft) -> (u64, u64) {
    let mut store = None;
    let measured = allocation_counter::measure(|| {
        let filled = MemoryStore::new();
        for number in 0..sessions {
            let record = draft(number).build();
            assert_eq!(now(filled.create(&record, NOW)).unwrap(), Created::Done);
        }
        store = Some(filled);
    });
    let held = u64::try_from(measured.bytes_current).unwrap();
    let told = store.unwrap().usage().bytes as u64;
    (held / sessions, told / sessions)
}

/// A limit in bytes is worth what the estimate is: never a fifth below what is taken, and at most half above.
#[test]
fn the_estimate_of_bytes_is_near_the_truth() {
    let data = vec![0_u8; 100];
    // Tables are filled between 44 and 87 percent; these sizes lie on both sides of a step.
    for sessions in [20_000, 30_000] {
        let visitors = bytes(sessions, |_| visitor().payload(data.clone()));
        let users = bytes(sessions, |number| {
            of(&subject(&format!("user-{number:06}"))).payload(data.clone())
        });
        for (whose, (held, told)) in [("visitors", visitors), ("users", users)] {
            println!("{sessions} {whose}: {held} bytes a session held, {told} told");
            assert!(
                told * 5 >= held * 4 && told * 2 <= held * 3,
                "{sessions} {whose}: {held} held, {told} told"
            );
        }
    }
}
