//! What many entries take, and no allocation in a check.

use cloakroom_revocation::conformance::fixture::{HOUR, MINUTE, at};
use cloakroom_revocation::{Answer, Entry, Head, Page, Polled, ReaderEvent, Refused};

use crate::common::{Node, credential, cursor, moment, polled, subject, token};

const MANY: usize = 131_072 / 4 * 3;

fn many() -> impl Iterator<Item = Entry> {
    (0..MANY).map(|number| match number % 4 {
        0 => subject(&format!("subject-{number}"), at(1000)),
        _ => token(&format!("token-{number}"), at(30 * MINUTE)),
    })
}

/// Some tens of bytes an entry, so a million in 44 MB; each is found, and no other.
#[test]
fn an_entry_takes_some_tens_of_bytes() {
    let mut node = Node::new();
    let events = node.load(many().collect(), 10, 0);
    assert_eq!(events, [ReaderEvent::Loaded(MANY)]);
    assert_eq!(node.snapshot.bytes(), 131_072 * 21);
    for number in (0..MANY).step_by(97) {
        let (name, id) = (format!("subject-{number}"), format!("token-{number}"));
        let expected = if number % 4 == 0 {
            Refused::CutOff
        } else {
            Refused::Denied
        };
        assert_eq!(node.check(&credential(&name, &id), 0), Err(expected));
        assert_eq!(node.check(&credential(&id, &name), 0), Ok(()));
    }
    // When most are over they go, and so does the memory.
    node.give(polled(vec![], cursor(10), at(40 * MINUTE)), moment(40 * MINUTE));
    assert_eq!(node.snapshot.entries(), MANY / 4);
    assert_eq!(node.snapshot.bytes(), 65_536 * 21);
    node.give(polled(vec![], cursor(10), at(2 * HOUR)), moment(2 * HOUR));
    assert_eq!((node.snapshot.entries(), node.snapshot.bytes()), (0, 64 * 21));
}

fn tokens(count: usize) -> Vec<Entry> {
    (0..count)
        .map(|number| token(&format!("another-{number}"), at(HOUR)))
        .collect()
}

/// Many entries, and whatever is done with a large table as a whole.
#[test]
fn what_takes_long_is_told_beforehand() {
    let takes_long = |node: &Node, answer: &Answer, millis| node.reader.takes_long(answer, moment(millis));
    let few = Node::loaded(vec![], 0);
    assert!(!takes_long(&few, &polled(tokens(500), cursor(11), at(0)), 0));
    assert!(takes_long(&few, &polled(tokens(501), cursor(11), at(0)), 0));
    let page = |count| {
        Answer::Page(Page {
            entries: tokens(count),
            next: None,
            time: at(0),
        })
    };
    assert!(!takes_long(&few, &page(500), 0));
    assert!(takes_long(&few, &page(501), 0));
    let head = Answer::Head(Head {
        cursor: cursor(10),
        time: at(0),
    });
    let nothing = || polled(vec![], cursor(10), at(0));
    // The tick of all these moments is 10 s more.
    for answer in [&head, &nothing(), &Answer::Polled(Polled::Reload)] {
        assert!(!takes_long(&few, answer, 50_000));
    }

    let mut node = Node::loaded(many().collect(), 0);
    assert!(!takes_long(&node, &nothing(), 49_999));
    assert!(takes_long(&node, &nothing(), 50_000), "swept");
    assert!(takes_long(&node, &Answer::Polled(Polled::Reload), 0), "dropped");
    let one = polled(tokens(1), cursor(11), at(0));
    assert!(takes_long(&node, &one, 0), "built anew");
    node.give(one, moment(0));
    assert_eq!(node.snapshot.bytes(), 262_144 * 21);
    let nothing = || polled(vec![], cursor(11), at(0));
    assert!(takes_long(&node, &nothing(), 0), "the old one is dropped");
    node.give(nothing(), moment(0));
    assert!(!takes_long(&node, &nothing(), 0));
    assert!(!takes_long(&node, &polled(tokens(500), cursor(12), at(0)), 0));
}

/// Whatever a check answers, it allocates nothing.
#[test]
fn a_check_allocates_nothing() {
    let node = Node::loaded(vec![subject("cut", at(1000)), token("denied", at(HOUR))], 0);
    // The first check of a thread may set up what it keeps.
    let _ = node.snapshot.check(&credential("alice", "a-1"), moment(0));
    for (name, id) in [
        ("alice", "a-1"),
        ("cut", "a-1"),
        ("alice", "denied"),
        ("alice", ""),
    ] {
        for millis in [0, 5000] {
            let count = allocation_counter::measure(|| {
                let _ = node.snapshot.check(&credential(name, id), moment(millis));
            });
            assert_eq!(count.count_total, 0, "{name} {id} at {millis}");
        }
    }
}
