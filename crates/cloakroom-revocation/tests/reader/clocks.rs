//! What clocks do: F12 and F13.

use cloakroom_revocation::conformance::fixture::{FLEET, HOUR, ISSUER, NOW, SECOND, SKEW, at};
use cloakroom_revocation::{MemoryRevocationStore, Reader, ReaderEvent, Refused, RevocationStore};

use crate::common::{Node, SETTINGS, STALE, clocks, credential, cursor, issued, moment, polled, turn};

/// Whichever clock moves on, the snapshot grows old; and one that is set back hides nothing.
#[test]
fn f12_staleness_is_seen_by_either_clock() {
    let node = Node::loaded(vec![], 0);
    let alice = credential("alice", "a-1");
    for (wall, tick, expected) in [
        (0, 0, Ok(())),
        (1000, 1000, Ok(())),
        (1001, 1000, Err(STALE)),
        (1000, 1001, Err(STALE)),
        // It slept: the monotonic clock stood still.
        (HOUR / 2, 1, Err(STALE)),
        (1001, 0, Err(STALE)),
        // Set forward.
        (HOUR / 2, 300, Err(STALE)),
        // Set back, by little: the other one counts.
        (-1, 1000, Ok(())),
        (-1, 1001, Err(STALE)),
        (-SKEW, 1000, Ok(())),
        (-SKEW, 1001, Err(STALE)),
        // By more than clocks may differ: it has no say, and the other may have stood still meanwhile.
        (-SKEW - 1, 0, Err(STALE)),
        (-SKEW - 1, 1001, Err(STALE)),
    ] {
        assert_eq!(
            node.check_at(&alice, clocks(wall, tick)),
            expected,
            "{wall} and {tick}"
        );
    }
    // An hour back, with a credential that is not from the future for it.
    let old = issued("alice", "a-1", at(-HOUR));
    for (tick, wall) in [(0, -HOUR), (5000, -HOUR + 5000)] {
        assert_eq!(node.check_at(&old, clocks(wall, tick)), Err(STALE));
    }
    assert_eq!(
        node.snapshot
            .age(clocks(-HOUR, 5))
            .expect("it is loaded")
            .as_secs(),
        3600
    );
}

/// The age is counted from the question, however long the answer took.
#[test]
fn f12_age_counts_from_the_question() {
    let mut node = Node::loaded(vec![], 0);
    let events = node
        .reader
        .answer(moment(200), polled(vec![], cursor(10), at(700)), moment(1900));
    assert_eq!(events, []);
    assert_eq!(node.check(&credential("alice", "a-1"), 1200), Ok(()));
    assert_eq!(node.check(&credential("alice", "a-1"), 1201), Err(STALE));
}

/// A node whose wall clock is further from the store's than the fleet's skew fails closed and says so, with the time
/// that question and answer took allowed for.
#[test]
fn f12_a_node_with_a_clock_that_is_off_fails_closed() {
    let alice = credential("alice", "a-1");
    let mut node = Node::loaded(vec![], 0);
    for (asked, store, received, is_off) in [
        (200, 200 - SKEW, 200, false),
        (200, 200 + SKEW, 200, false),
        (200, 200 - SKEW - 1, 200, true),
        (200, 200 + SKEW + 1, 200, true),
        (200, 200 + SKEW + 1, 201, false),
        (200, 200 + SKEW + 100, 300, false),
        (200, 200 + SKEW + 101, 300, true),
        (200, 200 - SKEW - 1, 300, true),
        (200, 250, 300, false),
    ] {
        let was_off = node.reader.skewed();
        let answer = polled(vec![], cursor(10), at(store));
        let events = node.reader.answer(moment(asked), answer, moment(received));
        let expected = match (was_off, is_off) {
            (false, true) => vec![ReaderEvent::ClockOff(at(store))],
            (true, false) => vec![ReaderEvent::ClockRight],
            _ => vec![],
        };
        assert_eq!(events, expected, "{asked} {store} {received}");
        assert_eq!(node.reader.skewed(), is_off);
        let expected = if is_off { Err(STALE) } else { Ok(()) };
        assert_eq!(
            node.check(&alice, received),
            expected,
            "{asked} {store} {received}"
        );
    }
}

/// A clock that is off from the beginning lets nothing be served, and nothing but the clock mends it.
#[test]
fn f12_a_clock_that_is_off_at_the_start_is_seen() {
    let mut node = Node::new();
    let events = node.load(vec![], 10, 0);
    assert_eq!(events, [ReaderEvent::Loaded(0)]);
    let far = moment(HOUR);
    assert_eq!(
        node.give(polled(vec![], cursor(10), at(300)), far),
        [ReaderEvent::ClockOff(at(300))]
    );
    assert_eq!(node.snapshot.age(far), None);
    let again = node.give(polled(vec![], cursor(10), at(400)), far);
    assert_eq!(again, [], "told once");
    let right = clocks(500, HOUR + 200);
    assert_eq!(
        node.give(polled(vec![], cursor(10), at(500)), right),
        [ReaderEvent::ClockRight]
    );
    assert_eq!(node.check_at(&credential("alice", "a-1"), right), Ok(()));
}

/// The issuer's clock is S ahead of the store's, the verifier's S behind, and the login falls into the second of the
/// cut-off: what is old is refused, what is new accepted, in milliseconds and in a JWT's seconds.
#[tokio::test]
async fn f13_old_is_refused_and_new_accepted_whatever_the_clocks() {
    for begin in [0, 1, 499, 500, 998, 999] {
        let store_now = begin;
        let store = MemoryRevocationStore::new(FLEET, move || at(store_now));
        let mut reader = Reader::new(FLEET, SETTINGS);
        let cutoff = store
            .cut_off(ISSUER, "alice", at(store_now))
            .await
            .expect("it is up");
        assert_eq!(cutoff, at(begin + SKEW));
        let verifier = moment(begin - SKEW);
        turn(&mut reader, &store, verifier).await;
        let check = |issued_at| {
            let snapshot = reader.snapshot();
            snapshot.check(&issued("alice", "a-1", issued_at), verifier)
        };
        // At the issuer, whose clock is ahead, just before the cut-off was written, and long before.
        let issuer_now = at(begin + SKEW);
        let floor = |millis: i64| at(millis.div_euclid(SECOND) * SECOND);
        for old in [issuer_now, floor(begin + SKEW), NOW, at(-HOUR / 2)] {
            assert_eq!(check(old), Err(Refused::CutOff), "{begin}");
        }
        // The new login stamps a time after the cut-off that it finds.
        assert_eq!(reader.snapshot().cutoff(ISSUER, "alice"), Some(cutoff));
        let new = at(begin + SKEW + 1);
        assert_eq!(check(new), Ok(()), "{begin}");
        let whole_second = at((begin + SKEW).div_euclid(SECOND) * SECOND + SECOND);
        assert_eq!(check(whole_second), Ok(()), "{begin}");
        // Any further is further than honest clocks come.
        assert_eq!(check(at(begin + SKEW + SECOND)), Ok(()));
        assert_eq!(check(at(begin + SKEW + SECOND + 1)), Err(Refused::FromTheFuture));
    }
}
