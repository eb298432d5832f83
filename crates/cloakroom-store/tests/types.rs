//! Records, subjects, pages, errors, and the stores that stand for other stores.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use std::error::Error as _;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{IndexSecret, Selector, SubjectTag, VerifierHash};
use cloakroom_store::{
    Authentication, Change, Created, DynSessionStore, MAX_PAYLOAD, MemoryStore, NewRecord, Page, Previous,
    Rotation, RotationReason, SessionStore, StoreError, StoreErrorKind, Subject, SubjectIndex, Unindexed,
    Version,
};

const fn at(millis: i64) -> UnixTime {
    UnixTime::from_millis(1_767_225_600_000 + millis)
}

fn subject(id: &str) -> Subject {
    let bytes: Vec<u8> = (0x80..0xa0).collect();
    Subject::new(id, &IndexSecret::from_bytes(&bytes).unwrap()).unwrap()
}

fn selector(tag: [u8; 2]) -> Selector {
    let mut bytes = [7; 16];
    bytes[..2].copy_from_slice(&tag);
    Selector::from_bytes(bytes)
}

fn record(selector: Selector, authentication: Option<Authentication>, idle: i64) -> Option<NewRecord> {
    let (hash, payload) = (VerifierHash::from_bytes([1; 32]), Arc::from(*b"secret data"));
    NewRecord::new(selector, hash, authentication, at(idle), at(1000), payload).ok()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waited"),
    }
}

#[test]
fn a_record_lies_where_its_subject_does() {
    let user = subject("u1");
    // The tag is HMAC-SHA256(80..9f, "u1")[0..2], computed with Python's hmac.
    assert_eq!(user.tag(), SubjectTag::from_bytes([0x19, 0x3b]));
    let known = Some(Authentication {
        subject: user,
        at: at(0),
    });
    assert!(record(selector([0x19, 0x3b]), known.clone(), 10).is_some());
    assert!(record(selector([0x19, 0x3c]), known.clone(), 10).is_none());
    assert!(record(selector([0x18, 0x3b]), known, 10).is_none());
    assert!(record(selector([0, 0]), None, 10).is_some());
}

#[test]
fn d6_the_idle_deadline_is_never_after_the_absolute_one() {
    for (idle, expected) in [(999, 999), (1000, 1000), (1001, 1000), (i64::MAX / 2, 1000)] {
        let record = record(selector([0, 0]), None, idle).unwrap();
        assert_eq!(record.idle_deadline(), at(expected));
        assert_eq!(record.into_stored(at(5)).idle_deadline, at(expected));
    }
}

#[test]
fn d6_a_session_ends_at_its_deadline_and_not_before() {
    let stored = record(selector([0, 0]), None, 10).unwrap().into_stored(at(0));
    for (time, is_live) in [(9, true), (10, false), (11, false)] {
        assert_eq!(stored.is_live(at(time)), is_live, "{time}");
    }
    let mut stored = stored;
    (stored.idle_deadline, stored.absolute_deadline) = (at(20), at(10));
    for (time, is_live) in [(9, true), (10, false), (11, false)] {
        assert_eq!(
            stored.is_live(at(time)),
            is_live,
            "a store that kept the wrong order, {time}"
        );
    }
}

#[test]
fn d7_a_touch_goes_forward_and_no_further_than_the_absolute_deadline() {
    let stored = record(selector([0, 0]), None, 10).unwrap().into_stored(at(0));
    for (asked, becomes) in [(i64::MIN / 2, 10), (9, 10), (11, 11), (1000, 1000), (1001, 1000)] {
        assert_eq!(stored.touched_deadline(at(asked)), at(becomes), "{asked}");
    }
    assert_eq!(stored.touched_deadline(UnixTime::MAX), at(1000));
    assert_eq!(stored.touched_deadline(UnixTime::MIN), at(10));
}

#[test]
fn d22_a_cut_off_ends_what_stands_on_a_proof_of_its_own_time() {
    let user = subject("u1");
    let known = Some(Authentication {
        subject: user,
        at: at(3),
    });
    let stored = record(selector([0x19, 0x3b]), known, 10)
        .unwrap()
        .into_stored(at(5));
    assert_eq!((stored.lineage_at, stored.created_at), (at(3), at(5)));
    for (cutoff, is_cut_off) in [(2, false), (3, true), (4, true)] {
        assert_eq!(stored.is_cut_off(at(cutoff)), is_cut_off, "{cutoff}");
    }
    let visitor = record(selector([0, 0]), None, 10).unwrap().into_stored(at(5));
    assert_eq!(visitor.lineage_at, at(5));
}

#[test]
fn a_subject_is_1_to_255_bytes_without_nul() {
    let tag = SubjectTag::from_bytes([1, 2]);
    let (longest, longer) = ("a".repeat(255), "a".repeat(256));
    for (id, is_subject) in [
        ("a", true),
        (" ", true),
        ("\u{0}", false),
        ("a\u{0}b", false),
        ("", false),
        (&longest, true),
        (&longer, false),
        (&"\u{e9}".repeat(127), true),
        (&"\u{e9}".repeat(128), false),
        ("zo\u{eb}@example.org\n", true),
    ] {
        let subject = Subject::from_parts(id, tag);
        assert_eq!(subject.is_ok(), is_subject, "{id:?}");
        assert_eq!(
            subject.map_or(id.to_owned(), |subject| subject.as_str().to_owned()),
            id
        );
    }
    assert_ne!(subject("ada"), subject("Ada"), "compared byte for byte");
    let other_tag = Subject::from_parts("ada", tag).unwrap();
    assert_ne!(subject("ada"), other_tag);
    assert_eq!(format!("{other_tag:?}"), "Subject(tag 0102)");
}

#[test]
fn versions_begin_at_one_and_end_at_the_end() {
    assert_eq!(Version::FIRST.number(), 1);
    assert_eq!(Version::FIRST.next(), Version::from_number(2));
    assert!(Version::FIRST < Version::FIRST.next());
    assert_eq!(Version::from_number(u64::MAX).next().number(), u64::MAX);
}

#[test]
fn a_page_is_no_larger_than_stores_give() {
    for (limit, size) in [(1, 1), (1000, 1000), (1001, 1000), (u32::MAX, 1000)] {
        assert_eq!(Page::first(NonZeroU32::new(limit).unwrap()).size(), size);
    }
}

#[test]
fn an_error_says_what_it_is_and_no_more() {
    let kinds = [
        (
            StoreErrorKind::Unavailable,
            "unavailable",
            "the store is unavailable",
        ),
        (
            StoreErrorKind::Timeout,
            "timeout",
            "the store did not answer in time",
        ),
        (
            StoreErrorKind::Corrupt,
            "corrupt",
            "the store holds a record that cannot be read",
        ),
        (
            StoreErrorKind::TooLarge,
            "too_large",
            "the record is larger than its store takes",
        ),
        (StoreErrorKind::Full, "full", "the store is full"),
        (
            StoreErrorKind::Unsupported,
            "unsupported",
            "the store cannot do that",
        ),
        (StoreErrorKind::Other, "other", "the store failed"),
    ];
    for (kind, name, text) in kinds {
        let error = StoreError::new(kind, "the driver's own words");
        assert_eq!(
            (error.kind(), kind.as_str(), error.to_string().as_str()),
            (kind, name, text)
        );
        assert_eq!(error.source().unwrap().to_string(), "the driver's own words");
        assert!(StoreError::from(kind).source().is_none());
    }
}

#[test]
fn a_store_without_an_index_keeps_sessions_and_says_what_it_cannot() {
    let store = DynSessionStore::new(Unindexed(Arc::new(MemoryStore::new())));
    let record = record(selector([0, 0]), None, 10).unwrap();
    assert_eq!(now(store.create(&record, at(0))).unwrap(), Created::Done);
    assert!(now(store.load(&record.selector(), at(0))).unwrap().is_some());
    let (user, page) = (subject("u1"), Page::first(NonZeroU32::MIN));
    let refused = [
        now(store.list_by_subject(&user, page, at(0))).unwrap_err(),
        now(store.delete_one(&user, &record.selector())).unwrap_err(),
        now(store.delete_by_subject(&user, None, at(0))).unwrap_err(),
        now(store.revoke_all(at(0))).unwrap_err(),
    ];
    assert!(
        refused
            .iter()
            .all(|error| error.kind() == StoreErrorKind::Unsupported)
    );
    assert!(now(store.load(&record.selector(), at(0))).unwrap().is_some());
}

#[test]
fn clones_of_a_boxed_store_and_of_an_arc_are_one_store() {
    let memory = Arc::new(MemoryStore::new());
    let boxed = DynSessionStore::new(Arc::clone(&memory));
    let record = record(selector([0, 0]), None, 10).unwrap();
    assert_eq!(now(boxed.clone().create(&record, at(0))).unwrap(), Created::Done);
    assert_eq!(memory.usage().sessions, 1);
    assert!(now(boxed.delete(&record.selector())).unwrap());
    assert_eq!(memory.usage().sessions, 0);
    assert_eq!(format!("{boxed:?}"), "DynSessionStore(..)");
}

#[test]
fn what_is_too_large_is_refused_before_anything_else() {
    let store = MemoryStore::new();
    let large: Arc<[u8]> = vec![0; MAX_PAYLOAD + 1].into();
    let change = Change {
        payload: large,
        idle_deadline: at(1),
    };
    let refused = now(store.update(&selector([0, 0]), Version::FIRST, &change, at(0))).unwrap_err();
    assert_eq!(
        refused.kind(),
        StoreErrorKind::TooLarge,
        "though there is no such session"
    );
}

/// Data may be anything that an application keeps of a person, and hashes are what a database should not print.
#[test]
fn nothing_that_prints_a_record_shows_its_verifier_or_its_data() {
    let payload: Arc<[u8]> = Arc::from(*b"secret data");
    let record = record(selector([0, 0]), None, 10).unwrap();
    let hash = VerifierHash::from_bytes([1; 32]);
    let change = Change {
        payload: payload.clone(),
        idle_deadline: at(1),
    };
    let rotation = Rotation {
        verifier_hash: hash,
        reason: RotationReason::Periodic,
        authenticated_at: None,
        idle_deadline: at(1),
        absolute_deadline: None,
        data: Some((Version::FIRST, payload)),
    };
    let mut stored = record.clone().into_stored(at(0));
    stored.previous = Some(Box::new(Previous {
        verifier_hash: hash,
        rotated_at: at(0),
        reason: RotationReason::Periodic,
    }));
    for text in [
        format!("{record:?}"),
        format!("{stored:?}"),
        format!("{change:?}"),
        format!("{rotation:?}"),
    ] {
        assert!(
            text.contains("[11 bytes]") && !text.contains("115, 101") && !text.contains("1, 1, 1"),
            "{text}"
        );
    }
}
