//! What a check refuses, and in which order.

use std::time::Duration;

use cloakroom_revocation::conformance::fixture::{
    FLEET, HOUR, ISSUER, KEPT, MINUTE, NOW, SECOND, SKEW, at, denial,
};
use cloakroom_revocation::{
    Credential, Entry, MemoryRevocationStore, Reader, Refused, RevocationCheck, RevocationStore,
};

use crate::common::{Node, SETTINGS, STALE, clocks, credential, issued, moment, subject, token, turn};

/// What is issued at a cut-off or before it is refused, what is issued after it passes; a JWT's whole second counts as
/// its beginning.
#[test]
fn f6_cut_offs_refuse_by_the_one_rule_of_time() {
    let node = Node::loaded(vec![subject("alice", at(2500)), subject("bob", at(3000))], 0);
    for (name, issued_at, expected) in [
        ("alice", -HOUR / 2, Err(Refused::CutOff)),
        ("alice", 2000, Err(Refused::CutOff)),
        ("alice", 2499, Err(Refused::CutOff)),
        ("alice", 2500, Err(Refused::CutOff)),
        ("alice", 2501, Ok(())),
        ("alice", 3000, Ok(())),
        ("bob", 3000, Err(Refused::CutOff)),
        ("bob", 4000, Ok(())),
        ("carol", 0, Ok(())),
    ] {
        assert_eq!(
            node.check(&issued(name, "id", at(issued_at)), 100),
            expected,
            "{name} at {issued_at}"
        );
    }
}

/// The cut-off of everything covers everybody, and the later of two counts.
#[test]
fn f6_the_cut_off_of_everything_refuses_everybody() {
    let all = |millis| Entry::All { at: at(millis) };
    let mut node = Node::loaded(
        vec![all(1000), subject("early", at(500)), subject("late", at(1500))],
        0,
    );
    for (name, cutoff) in [("early", 1000), ("late", 1500), ("nobody", 1000)] {
        assert_eq!(node.snapshot.cutoff(ISSUER, name), Some(at(cutoff)));
        assert_eq!(
            node.check(&issued(name, "id", at(cutoff)), 100),
            Err(Refused::CutOff)
        );
        assert_eq!(node.check(&issued(name, "id", at(cutoff + 1)), 100), Ok(()));
    }
    // It never goes back.
    node.poll(vec![all(900), subject("late", at(100))], 12, 200);
    assert_eq!(node.snapshot.cutoff("other", "x"), Some(at(1000)));
    assert_eq!(node.snapshot.cutoff(ISSUER, "late"), Some(at(1500)));
    assert_eq!(Node::new().snapshot.cutoff(ISSUER, "late"), None);
}

/// A denied credential stays denied until its end and the leeway have passed and the skew on top, through all that
/// happens to the table meanwhile.
#[test]
fn f6_a_denied_credential_is_never_dropped_before_its_end() {
    let keep_until = MINUTE + 30_500;
    let mut node = Node::loaded(vec![token("a-1", at(keep_until))], 0);
    let (mut position, mut millis) = (10, 0);
    // In whole seconds, rounded up.
    let bound = keep_until + 500 + SKEW;
    while millis <= bound {
        assert_eq!(
            node.check(&credential("alice", "a-1"), millis),
            Err(Refused::Denied),
            "{millis}"
        );
        millis += if (bound - 1000..=bound).contains(&millis) {
            1
        } else {
            199
        };
        position += 1;
        // Others come and go, and a poll may try to make it shorter.
        let other = token(&format!("other-{position}"), at(millis - HOUR));
        node.poll(vec![other, token("a-1", at(1))], position, millis);
    }
    // Then it goes, when the table is built anew.
    for _ in 0..2 {
        millis += MINUTE;
        node.poll(vec![], position, millis);
    }
    assert_eq!(node.snapshot.entries(), 0);
    assert_eq!(node.check(&credential("alice", "a-1"), millis), Ok(()));
}

/// The wall clock of a node that is ahead within the skew, or of a store that is, drops nothing early.
#[test]
fn f6_the_earlier_of_two_clocks_drops() {
    for (node_off, store_off) in [(SKEW, 0), (0, SKEW), (-1000, SKEW - 1000)] {
        let mut node = Node::loaded(vec![token("a-1", at(10_000))], 0);
        let true_time = 10_000 + SKEW;
        let now = clocks(true_time + node_off, 2 * MINUTE);
        let answer = crate::common::polled(vec![], crate::common::cursor(10), at(true_time + store_off));
        assert_eq!(node.give(answer, now), []);
        assert_eq!(
            node.check_at(&credential("alice", "a-1"), now),
            Err(Refused::Denied)
        );
    }
}

/// A cut-off is dropped only when the longest greatest age is over, and a check for a longer life cannot be built.
#[test]
fn f15_a_carrier_with_a_longer_life_cannot_be_checked() {
    let node = Node::loaded(vec![subject("alice", at(SKEW))], 0);
    let check = |age| RevocationCheck::new(FLEET, age, [node.snapshot.clone()]);
    let millisecond = Duration::from_millis(1);
    assert!(check(FLEET.longest_age).is_ok());
    assert!(check(Duration::ZERO).is_ok());
    assert!(check(FLEET.longest_age + millisecond).is_err());
    assert!(check(Duration::MAX).is_err());
    assert!(RevocationCheck::new(FLEET, FLEET.longest_age, []).is_err());

    let mut node = Node::loaded(vec![subject("alice", at(SKEW))], 0);
    let bound = SKEW + KEPT + SKEW;
    for millis in [MINUTE, HOUR, KEPT, SKEW + KEPT, bound - 1, bound] {
        node.poll(vec![], 10, millis);
        assert_eq!(node.snapshot.cutoff(ISSUER, "alice"), Some(at(SKEW)), "{millis}");
        // What it refuses is never older than what it is kept for.
        let last = issued("alice", "a-1", at(SKEW));
        let expected = if millis < SKEW + KEPT {
            Refused::CutOff
        } else {
            Refused::TooOld
        };
        assert_eq!(node.check(&last, millis), Err(expected));
    }
    node.poll(vec![], 10, bound + MINUTE);
    assert_eq!(node.snapshot.cutoff(ISSUER, "alice"), None);
}

/// One issuer's subjects and ids are not another's.
#[tokio::test]
async fn f14_revoking_at_one_issuer_leaves_the_other() {
    let store = MemoryRevocationStore::new(FLEET, || NOW);
    let _ = store.deny(&denial("alice", "a-1"), NOW).await.expect("it is up");
    store.cut_off(ISSUER, "bob", NOW).await.expect("it is up");
    let mut reader = Reader::new(FLEET, SETTINGS);
    turn(&mut reader, &store, moment(0)).await;
    let snapshot = reader.snapshot();
    let here = |name, id| snapshot.check(&credential(name, id), moment(0));
    let there = |name, id| {
        let other = Credential {
            issuer: "https://other.example",
            ..credential(name, id)
        };
        snapshot.check(&other, moment(0))
    };
    assert_eq!(here("alice", "a-1"), Err(Refused::Denied));
    assert_eq!(here("alice", "a-2"), Ok(()));
    assert_eq!(here("bob", "b-1"), Err(Refused::CutOff));
    assert_eq!(there("alice", "a-1"), Ok(()));
    assert_eq!(there("bob", "b-1"), Ok(()));
    // A subject is no id.
    assert_eq!(here("a-1", "bob"), Ok(()));
}

/// A credential without subject, time of issue or id, or with one that no revocation could name, is refused.
#[test]
fn f14_what_could_not_be_revoked_is_refused() {
    let node = Node::loaded(vec![], 0);
    let whole = credential("alice", "a-1");
    let (long, longest) = ("x".repeat(256), "x".repeat(255));
    assert_eq!(node.check(&whole, 0), Ok(()));
    assert_eq!(
        node.check(
            &Credential {
                issuer: &longest,
                subject: Some(&longest),
                token_id: Some(&longest),
                ..whole
            },
            0
        ),
        Ok(())
    );
    for credential in [
        Credential {
            subject: None,
            ..whole
        },
        Credential {
            issued_at: None,
            ..whole
        },
        Credential {
            token_id: None,
            ..whole
        },
        Credential { issuer: "", ..whole },
        Credential {
            subject: Some(""),
            ..whole
        },
        Credential {
            token_id: Some(""),
            ..whole
        },
        Credential {
            issuer: "a\0b",
            ..whole
        },
        Credential {
            subject: Some("\0"),
            ..whole
        },
        Credential {
            token_id: Some("a-1\0"),
            ..whole
        },
        Credential {
            issuer: &long,
            ..whole
        },
        Credential {
            subject: Some(&long),
            ..whole
        },
        Credential {
            token_id: Some(&long),
            ..whole
        },
    ] {
        assert_eq!(
            node.check(&credential, 0),
            Err(Refused::Incomplete),
            "{credential:?}"
        );
    }
}

/// The first reason in order: what the credential itself is wrong in, then staleness, and 401 for what is revoked only
/// from a snapshot that is fresh.
#[test]
fn f19_a_stale_snapshot_is_never_a_401() {
    let node = Node::loaded(vec![subject("cut", at(5000)), token("denied", at(HOUR))], 0);
    let never = Node::new();
    let future = 2 * SKEW + SECOND;
    for (credential, fresh, stale) in [
        (credential("ok", "ok"), Ok(()), Err(STALE)),
        (credential("cut", "ok"), Err(Refused::CutOff), Err(STALE)),
        (credential("ok", "denied"), Err(Refused::Denied), Err(STALE)),
        (credential("cut", "denied"), Err(Refused::CutOff), Err(STALE)),
        (
            Credential {
                issued_at: None,
                ..credential("cut", "denied")
            },
            Err(Refused::Incomplete),
            Err(Refused::Incomplete),
        ),
        (issued("ok", "ok", at(1000 + future)), Ok(()), Err(STALE)),
        (
            issued("ok", "ok", at(1 - KEPT)),
            Err(Refused::TooOld),
            Err(Refused::TooOld),
        ),
        (issued("ok", "ok", at(1002 - KEPT)), Ok(()), Err(STALE)),
        (
            issued("cut", "denied", at(1002 + future)),
            Err(Refused::FromTheFuture),
            Err(Refused::FromTheFuture),
        ),
    ] {
        assert_eq!(node.check(&credential, 1000), fresh, "{credential:?}");
        assert_eq!(node.check(&credential, 1001), stale, "{credential:?}");
        assert_eq!(never.check(&credential, 1001), stale, "{credential:?}");
    }
}

/// Several feeds: fresh only when all are, refused when one refuses.
#[test]
fn f19_one_stale_feed_of_two_is_stale() {
    let one = Node::loaded(vec![subject("cut", at(5000)), token("denied", at(HOUR))], 0);
    let other = Node::loaded(vec![token("other", at(HOUR)), token("both", at(HOUR))], 500);
    let snapshots = [one.snapshot.clone(), other.snapshot.clone()];
    let check = RevocationCheck::new(FLEET, FLEET.longest_age, snapshots).expect("the age is the fleet's");
    for (name, id, expected) in [
        ("ok", "ok", Ok(())),
        ("ok", "denied", Err(Refused::Denied)),
        ("ok", "other", Err(Refused::Denied)),
        ("cut", "ok", Err(Refused::CutOff)),
        ("cut", "both", Err(Refused::CutOff)),
    ] {
        assert_eq!(
            check.check(&credential(name, id), moment(1000)),
            expected,
            "{name} {id}"
        );
        assert_eq!(check.check(&credential(name, id), moment(1001)), Err(STALE));
        // Another bound, for those who ask for it.
        let within =
            |millis| check.check_aged(&credential(name, id), moment(1001), Duration::from_millis(millis));
        assert_eq!(within(1001), expected);
        assert_eq!(within(1000), Err(STALE));
    }
    assert_eq!(check.age(moment(1001)), Some(Duration::from_millis(1001)));
    let with_unknown = [other.snapshot.clone(), Node::new().snapshot];
    let check = RevocationCheck::new(FLEET, FLEET.longest_age, with_unknown).expect("the age is the fleet's");
    assert_eq!(check.age(moment(600)), None);
    assert_eq!(
        check.check_aged(&credential("ok", "ok"), moment(600), Duration::MAX),
        Err(STALE)
    );
    assert_eq!(check.fleet(), &FLEET);
}

/// A policy's own greatest age counts, and the leeway behind it.
#[test]
fn too_old_is_what_the_policy_calls_so() {
    let node = Node::loaded(vec![], 0);
    let ten_minutes = Duration::from_secs(600);
    let check = RevocationCheck::new(FLEET, ten_minutes, [node.snapshot.clone()]).expect("it is shorter");
    for (issued_at, expected) in [
        (-11 * MINUTE + 1, Ok(())),
        (-11 * MINUTE, Err(Refused::TooOld)),
        (-HOUR, Err(Refused::TooOld)),
    ] {
        assert_eq!(
            check.check(&issued("alice", "a-1", at(issued_at)), moment(0)),
            expected
        );
    }
}
