//! Checks beside a reader that applies, grows, drops and reloads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use cloakroom_revocation::conformance::fixture::{HOUR, at};
use cloakroom_revocation::{Answer, Polled, Refused};

use crate::common::{Node, STALE, credential, moment, token};

/// With a reader that never stops, whoever finds the snapshot as new as a poll finds what that poll brought, through each
/// growth and each reload.
#[test]
fn f10_a_fresh_snapshot_holds_what_made_it_fresh() {
    const POLLS: u64 = 3000;
    let mut node = Node::loaded(vec![], 0);
    let snapshot = node.snapshot.clone();
    // The newest poll that has been published.
    let published = AtomicU64::new(0);
    thread::scope(|scope| {
        for thread in 0..3 {
            let (snapshot, published) = (snapshot.clone(), &published);
            scope.spawn(move || {
                let mut seen = 0;
                while seen < POLLS {
                    seen = published.load(Ordering::Acquire);
                    let now = moment(i64::try_from(seen).expect("it is small"));
                    // Every one of the last, and some of all.
                    for back in 0..20 {
                        let number = if back % 2 == 0 {
                            seen.saturating_sub(back)
                        } else {
                            seen * back / 20 * (thread + 1) / 3
                        };
                        let id = format!("{number}");
                        let answer = snapshot.check(&credential("alice", &id), now);
                        assert!(
                            number == 0 || answer == Err(Refused::Denied) || answer == Err(STALE),
                            "{number} of {seen}: {answer:?}"
                        );
                        assert_ne!(
                            snapshot.check(&credential("bob", "ok"), now),
                            Err(Refused::Denied)
                        );
                    }
                }
            });
        }
        for poll in 1..=POLLS {
            let millis = i64::try_from(poll).expect("it is small");
            if poll % 1000 == 999 {
                node.give(Answer::Polled(Polled::Reload), moment(millis));
                let all = (1..poll).map(|number| token(&format!("{number}"), at(HOUR)));
                node.load(all.collect(), poll + 9, millis);
            }
            let entry = token(&format!("{poll}"), at(HOUR));
            assert_eq!(node.poll(vec![entry], poll + 10, millis), []);
            published.store(poll, Ordering::Release);
        }
    });
    assert_eq!(
        node.snapshot.entries(),
        usize::try_from(POLLS).expect("it is small")
    );
}
