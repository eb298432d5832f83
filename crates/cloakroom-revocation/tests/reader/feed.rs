//! How a reader follows its feed: F7 and F11.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cloakroom_revocation::conformance::fixture::{FLEET, HOUR, ISSUER, MINUTE, NOW, at, denial};
use cloakroom_revocation::{
    Answer, Cursor, FeedId, Head, MemoryRevocationStore, Next, Page, PageMark, Polled, Question, Reader,
    ReaderEvent, ReaderSettings, Refused, RevocationStore,
};

use crate::common::{Node, SETTINGS, STALE, credential, cursor, moment, polled, subject, token, turn};

/// What is acknowledged is refused by every node after its next poll, which it makes five times within the bound.
#[tokio::test]
async fn f7_a_revocation_reaches_every_node_within_the_bound() {
    let clock = Arc::new(AtomicI64::new(0));
    let time = Arc::clone(&clock);
    let store = MemoryRevocationStore::new(FLEET, move || at(time.load(Ordering::Relaxed)));
    let mut nodes: Vec<Reader> = (0..8)
        .map(|seed| {
            Reader::new(
                FLEET,
                ReaderSettings {
                    seed,
                    spread: Duration::from_millis(100),
                    ..SETTINGS
                },
            )
        })
        .collect();
    let mut acknowledged = Vec::new();
    for millis in 0..2000 {
        clock.store(millis, Ordering::Relaxed);
        if millis % 7 == 0 {
            let id = format!("t-{millis}");
            let _ = store
                .deny(&denial(&format!("s-{}", millis / 100), &id), at(millis))
                .await;
            acknowledged.push((millis, id));
        }
        for node in &mut nodes {
            turn(node, &store, moment(millis)).await;
            if millis < 200 {
                continue;
            }
            let snapshot = node.snapshot();
            assert!(snapshot.age(moment(millis)).expect("it is loaded") <= Duration::from_millis(200));
            // All but the newest, which one of the next polls brings.
            for (since, id) in acknowledged.iter().rev().take(40) {
                let answer = snapshot.check(&credential("nobody", id), moment(millis));
                assert!(
                    answer == Err(Refused::Denied) || millis - since < 200,
                    "{id} at {millis}"
                );
            }
        }
    }
}

/// With the feed cut every node fails closed at the bound, and recovers by itself.
#[test]
fn f7_a_cut_feed_fails_closed_and_recovers() {
    let mut node = Node::loaded(vec![token("a-1", at(HOUR))], 0);
    let (ok, denied) = (credential("alice", "a-2"), credential("alice", "a-1"));
    let mut asked = Vec::new();
    for millis in 0..20_000 {
        if let Next::Ask(question) = node.reader.next(moment(millis)) {
            assert_eq!(question, Question::Poll(cursor(10)));
            asked.push(millis);
            node.reader.failed(moment(millis));
        }
        let (expected, refused) = if millis <= 1000 {
            (Ok(()), Err(Refused::Denied))
        } else {
            (Err(STALE), Err(STALE))
        };
        assert_eq!(node.check(&ok, millis), expected);
        assert_eq!(node.check(&denied, millis), refused);
    }
    // Several attempts within the bound, then fewer, and never none.
    assert!(
        asked.iter().filter(|millis| **millis <= 1000).count() >= 3,
        "{asked:?}"
    );
    assert!(
        asked.windows(2).all(|pair| pair[1] - pair[0] <= 3200),
        "{asked:?}"
    );
    assert!(asked.len() < 20, "{asked:?}");
    // A hint hurries nobody whose feed fails.
    node.reader.hint();
    let next = node
        .reader
        .next(moment(asked.last().expect("there are some") + 1));
    assert!(matches!(next, Next::Wait(_)), "{next:?}");

    assert_eq!(node.poll(vec![], 10, 23_300), []);
    assert_eq!(node.check(&ok, 24_300), Ok(()));
    assert_eq!(node.check(&denied, 24_300), Err(Refused::Denied));
    assert_eq!(
        node.reader.next(moment(23_500)),
        Next::Ask(Question::Poll(cursor(10)))
    );
}

/// A node that starts lets nothing pass before head, pages and polls are all there.
#[test]
fn f7_a_restart_loads_before_it_serves() {
    let mut node = Node::new();
    let (ok, denied) = (credential("alice", "a-2"), credential("alice", "a-1"));
    let mark = |byte| Some(PageMark([byte].into()));
    let stale = |node: &Node| {
        assert_eq!(node.check(&ok, 0), Err(STALE));
        assert_eq!(node.check(&denied, 0), Err(STALE));
        assert_eq!(node.snapshot.entries(), 0);
    };
    stale(&node);
    assert_eq!(node.reader.next(moment(0)), Next::Ask(Question::Head));
    node.give(
        Answer::Head(Head {
            cursor: cursor(10),
            time: NOW,
        }),
        moment(0),
    );
    for (after, next) in [(None, mark(1)), (mark(1), mark(2)), (mark(2), None)] {
        stale(&node);
        assert_eq!(
            node.reader.next(moment(0)),
            Next::Ask(Question::Page(after.clone()))
        );
        // A failure in between is asked again.
        node.reader.failed(moment(0));
        assert!(matches!(node.reader.next(moment(0)), Next::Wait(_)));
        assert_eq!(
            node.reader.next(moment(200)),
            Next::Ask(Question::Page(after.clone()))
        );
        let id = format!("a-{}", next.as_ref().map_or(1, |mark| mark.0[0] + 10));
        node.give(
            Answer::Page(Page {
                entries: vec![token(&id, at(HOUR))],
                next,
                time: NOW,
            }),
            moment(0),
        );
    }
    // What came meanwhile, in two polls.
    for (position, more) in [(11, true), (12, false)] {
        stale(&node);
        assert_eq!(
            node.reader.next(moment(0)),
            Next::Ask(Question::Poll(cursor(position - 1)))
        );
        let answer = Answer::Polled(Polled::Entries {
            entries: vec![token(&format!("b-{position}"), at(HOUR))],
            cursor: cursor(position),
            more,
            time: NOW,
        });
        let events = node.give(answer, moment(0));
        assert_eq!(
            events,
            if more {
                vec![]
            } else {
                vec![ReaderEvent::Loaded(5)]
            }
        );
    }
    assert_eq!(node.check(&ok, 0), Ok(()));
    for id in ["a-1", "a-11", "a-12", "b-11", "b-12"] {
        assert_eq!(
            node.check(&credential("alice", id), 0),
            Err(Refused::Denied),
            "{id}"
        );
    }
}

/// Polls come at their times; a hint brings one at once, unless everything is being loaded.
#[test]
fn f7_polls_come_in_time_and_by_hint() {
    let mut node = Node::new();
    node.reader.hint();
    node.load(vec![], 10, 0);
    let Next::Wait(wait) = node.reader.next(moment(0)) else {
        panic!("it has just polled");
    };
    assert!((175..=200).contains(&wait.as_millis()), "{wait:?}");
    assert_eq!(
        node.reader.next(moment(200)),
        Next::Ask(Question::Poll(cursor(10)))
    );
    assert!(matches!(node.reader.next(moment(1)), Next::Wait(_)));
    node.reader.hint();
    assert_eq!(node.reader.next(moment(1)), Next::Ask(Question::Poll(cursor(10))));
    node.poll(vec![], 10, 1);
    assert!(
        matches!(node.reader.next(moment(1)), Next::Wait(_)),
        "one hint, one poll"
    );
    assert_eq!(node.reader.page(), NonZeroU32::MAX);
}

/// Of an answer that says that there is more nothing is taken for the newest.
#[test]
fn f7_an_answer_with_more_behind_it_is_not_the_newest() {
    let mut node = Node::loaded(vec![], 0);
    let part = |position| {
        Answer::Polled(Polled::Entries {
            entries: vec![token(&format!("{position}"), at(HOUR))],
            cursor: cursor(position),
            more: true,
            time: at(900),
        })
    };
    assert_eq!(node.give(part(11), moment(900)), []);
    assert_eq!(
        node.reader.next(moment(900)),
        Next::Ask(Question::Poll(cursor(11)))
    );
    // What it brought counts already, and the age is the old one.
    assert_eq!(node.check(&credential("alice", "11"), 1000), Err(Refused::Denied));
    assert_eq!(node.check(&credential("alice", "ok"), 1001), Err(STALE));
    assert_eq!(node.poll(vec![], 11, 1002), []);
    assert_eq!(node.check(&credential("alice", "ok"), 2002), Ok(()));
    // More, and nothing: no answer at all.
    let nothing = Answer::Polled(Polled::Entries {
        entries: vec![],
        cursor: cursor(11),
        more: true,
        time: at(2000),
    });
    assert_eq!(node.give(nothing, moment(2000)), []);
    assert!(matches!(node.reader.next(moment(2000)), Next::Wait(_)));
    assert_eq!(node.check(&credential("alice", "ok"), 2003), Err(STALE));
}

/// A feed that does not know the cursor, goes back, uses positions again, or is another one: nothing is believed, all is
/// loaded anew, and what the old one denied goes only when the new one is in its place.
#[test]
fn f11_a_feed_that_went_back_is_loaded_anew() {
    let other = Cursor {
        feed: FeedId([8; 16]),
        ..cursor(11)
    };
    let retagged = Cursor {
        tag: [0xee; 8],
        ..cursor(10)
    };
    for (what, answer) in [
        ("it says so", Answer::Polled(Polled::Reload)),
        ("another feed", polled(vec![], other, at(100))),
        ("back", polled(vec![], cursor(9), at(100))),
        (
            "back to nothing",
            polled(vec![token("x", at(HOUR))], cursor(0), at(100)),
        ),
        ("another tag", polled(vec![], retagged, at(100))),
        (
            "entries without a step",
            polled(vec![token("x", at(HOUR))], cursor(10), at(100)),
        ),
    ] {
        let mut node = Node::loaded(vec![token("old", at(HOUR)), subject("alice", at(10))], 0);
        assert_eq!(node.give(answer, moment(100)), [ReaderEvent::Reloading], "{what}");
        assert_eq!(node.snapshot.age(moment(100)), None);
        assert_eq!(node.check(&credential("bob", "ok"), 100), Err(STALE), "{what}");
        assert_eq!(node.snapshot.entries(), 2, "the old ones are still there");
        // No poll of the old feed brings it back.
        assert_eq!(node.poll(vec![], 10, 101), []);
        assert_eq!(node.check(&credential("bob", "ok"), 101), Err(STALE));

        let events = node.load(vec![token("new", at(HOUR))], 3, 400);
        assert_eq!(events, [ReaderEvent::Loaded(1)], "{what}");
        assert_eq!(node.check(&credential("bob", "new"), 400), Err(Refused::Denied));
        assert_eq!(node.check(&credential("alice", "old"), 400), Ok(()));
        assert_eq!(node.snapshot.cutoff(ISSUER, "alice"), None);
    }
}

/// The same while it is loaded: the bootstrap begins anew.
#[test]
fn f11_a_feed_that_goes_back_during_a_bootstrap_is_seen() {
    let mut node = Node::new();
    let head = |position| {
        Answer::Head(Head {
            cursor: cursor(position),
            time: NOW,
        })
    };
    node.give(head(10), moment(0));
    let page = Page {
        entries: vec![token("a-1", at(HOUR))],
        next: None,
        time: NOW,
    };
    node.give(Answer::Page(page), moment(0));
    assert_eq!(
        node.give(Answer::Polled(Polled::Reload), moment(0)),
        [ReaderEvent::Reloading]
    );
    assert_eq!(node.check(&credential("bob", "ok"), 0), Err(STALE));
    assert_eq!(node.load(vec![], 2, 0), [ReaderEvent::Loaded(0)]);
    assert_eq!(node.check(&credential("alice", "a-1"), 0), Ok(()));
}

/// Pages that go in a circle are not followed for ever.
#[test]
fn f11_pages_in_a_circle_begin_anew() {
    let mut node = Node::new();
    node.give(
        Answer::Head(Head {
            cursor: cursor(1),
            time: NOW,
        }),
        moment(0),
    );
    let page = || {
        Answer::Page(Page {
            entries: vec![],
            next: Some(PageMark([1].into())),
            time: NOW,
        })
    };
    node.give(page(), moment(0));
    node.give(page(), moment(0));
    assert!(matches!(node.reader.next(moment(0)), Next::Wait(_)));
    assert_eq!(node.reader.next(moment(200)), Next::Ask(Question::Head));
}

/// Bootstraps of many nodes are spread over the time that the settings say.
#[test]
fn f11_reloads_are_spread() {
    let spread = Duration::from_secs(1);
    let mut waits: Vec<Duration> = (0..100)
        .map(|seed| {
            let settings = ReaderSettings {
                seed,
                spread,
                ..SETTINGS
            };
            match Reader::new(FLEET, settings).next(moment(0)) {
                Next::Wait(wait) => wait,
                Next::Ask(_) => Duration::ZERO,
            }
        })
        .collect();
    waits.sort();
    assert!(waits[99] <= spread);
    for (index, wait) in waits.iter().enumerate().step_by(20) {
        let due = spread * u32::try_from(index).expect("it is below 100") / 100;
        assert!(wait.abs_diff(due) < spread / 5, "{waits:?}");
    }
    assert_ne!(ReaderSettings::default().seed, ReaderSettings::default().seed);
}

/// The memory store's own steps are forgotten by a purge beyond the newest, and who is that far behind loads anew.
#[tokio::test]
async fn f11_a_reader_too_far_behind_loads_anew() {
    let store = MemoryRevocationStore::new(FLEET, || NOW);
    let mut reader = Reader::new(FLEET, SETTINGS);
    let _ = store.deny(&denial("alice", "a-1"), NOW).await.expect("it is up");
    assert_eq!(
        turn(&mut reader, &store, moment(0)).await,
        [ReaderEvent::Loaded(1)]
    );
    for number in 0..MemoryRevocationStore::STEPS {
        let now = at(i64::try_from(number).expect("it is small"));
        store.cut_off(ISSUER, "bob", now).await.expect("it is up");
        if number + 2 == MemoryRevocationStore::STEPS {
            store.purge(NOW, NonZeroU32::MIN).await.expect("it is up");
        }
    }
    let snapshot = reader.snapshot();
    store.purge(NOW, NonZeroU32::MIN).await.expect("it is up");
    let events = turn(&mut reader, &store, moment(200)).await;
    assert_eq!(events, [ReaderEvent::Reloading, ReaderEvent::Loaded(2)]);
    let last = i64::try_from(MemoryRevocationStore::STEPS).expect("it is small") - 1;
    assert_eq!(snapshot.cutoff(ISSUER, "bob"), Some(at(last + 2000)));
    assert!(last < 2 * MINUTE);
}
