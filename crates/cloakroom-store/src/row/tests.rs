use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, SubjectTag, VerifierHash};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{InvalidRow, Row};
use crate::{Authentication, Previous, RotationReason, StoreError, StoreErrorKind, Stored, Subject, Version};

/// A row that has everything.
fn whole() -> Row<'static> {
    Row {
        format: 1,
        selector: &[7; 16],
        verifier_hash: &[1; 32],
        previous_hash: Some(&[2; 32]),
        rotated_at: Some(5),
        rotation_reason: Some(2),
        subject: Some(b"alice"),
        authenticated_at: Some(1),
        lineage_at: 2,
        created_at: 3,
        last_seen_at: 4,
        idle_deadline: 6,
        absolute_deadline: i64::MAX,
        version: 9,
        payload: b"payload",
    }
}

fn alice(tag: [u8; 2]) -> Authentication {
    let subject = Subject::from_parts("alice", SubjectTag::from_bytes(tag)).unwrap();
    let at = UnixTime::from_millis(1);
    Authentication { subject, at }
}

/// The session of it.
fn session() -> Stored {
    let at = UnixTime::from_millis;
    Stored {
        selector: Selector::from_bytes([7; 16]),
        verifier_hash: VerifierHash::from_bytes([1; 32]),
        previous: Some(Box::new(Previous {
            verifier_hash: VerifierHash::from_bytes([2; 32]),
            rotated_at: at(5),
            reason: RotationReason::Authentication,
        })),
        authentication: Some(alice([7, 7])),
        lineage_at: at(2),
        created_at: at(3),
        last_seen_at: at(4),
        idle_deadline: at(6),
        absolute_deadline: UnixTime::MAX,
        version: Version::from_number(9),
        payload: b"payload"[..].into(),
    }
}

#[test]
fn a_row_is_the_session_and_the_session_the_row() {
    assert!(whole().decode() == Ok(session()));
    assert!(Row::encode(&session()) == Ok(whole()));
    let visitor = Row {
        previous_hash: None,
        rotated_at: None,
        rotation_reason: None,
        subject: None,
        authenticated_at: None,
        payload: b"",
        ..whole()
    };
    let stored = visitor.decode().unwrap();
    assert_eq!((&stored.previous, &stored.authentication), (&None, &None));
    assert!(Row::encode(&stored) == Ok(visitor));
}

/// A way to spoil a whole row, and the part that is wrong then.
type Wrong = (fn(&mut Row<'static>), &'static str);

const WRONG: &[Wrong] = &[
    (|row| row.format = 0, "format"),
    (|row| row.format = 2, "format"),
    (|row| row.selector = &[7; 15], "selector"),
    (|row| row.selector = &[7; 17], "selector"),
    (|row| row.verifier_hash = &[1; 31], "verifier_hash"),
    (|row| row.verifier_hash = b"", "verifier_hash"),
    (|row| row.previous_hash = None, "previous_hash"),
    (|row| row.previous_hash = Some(&[2; 33]), "previous_hash"),
    (|row| row.rotated_at = None, "rotated_at"),
    (|row| row.rotation_reason = None, "rotation_reason"),
    (|row| row.rotation_reason = Some(0), "rotation_reason"),
    (|row| row.rotation_reason = Some(3), "rotation_reason"),
    (|row| row.rotation_reason = Some(257), "rotation_reason"),
    (|row| row.subject = None, "subject"),
    (|row| row.subject = Some(b""), "subject"),
    (|row| row.subject = Some(b"a\0"), "subject"),
    (|row| row.subject = Some(b"\xff"), "subject"),
    (|row| row.subject = Some(&[b'a'; 256]), "subject"),
    (|row| row.authenticated_at = None, "authenticated_at"),
    (|row| row.absolute_deadline = 5, "idle_deadline"),
    (|row| row.version = 0, "version"),
    (|row| row.version = i64::MIN, "version"),
];

#[test]
fn d11_a_wrong_part_is_corrupt_and_is_named() {
    for (number, (spoil, part)) in WRONG.iter().enumerate() {
        let mut row = whole();
        spoil(&mut row);
        let error = row.decode().unwrap_err();
        assert_eq!(error.part(), *part, "{number}");
        assert_eq!(StoreError::from(error).kind(), StoreErrorKind::Corrupt);
        // What is of another format is not looked at.
        row.format = 3;
        assert!(row.decode() == Err(InvalidRow::of("format")), "{number}");
    }
}

#[test]
fn what_no_store_can_have_is_not_encoded() {
    let mut sessions = [session(), session(), session(), session()];
    sessions[0].authentication = Some(alice([7, 8]));
    sessions[1].absolute_deadline = UnixTime::MIN;
    sessions[2].version = Version::from_number(0);
    sessions[3].version = Version::from_number(1 << 63);
    for (session, part) in sessions
        .iter()
        .zip(["subject", "idle_deadline", "version", "version"])
    {
        assert!(Row::encode(session) == Err(InvalidRow::of(part)), "{part}");
    }
}

proptest! {
    #[test]
    fn d11_a_row_that_decodes_says_the_same_again(
        format in prop_oneof![9 => Just(1), 1 => any::<i64>()],
        lengths in (14_usize..18, 30_usize..34, 30_usize..34),
        byte in any::<u8>(),
        parts in any::<(bool, bool, bool, bool, bool)>(),
        reason in -1_i64..4,
        subject in prop_oneof![
            3 => any::<String>().prop_map(String::into_bytes),
            1 => vec(any::<u8>(), 0..300),
        ],
        times in any::<[i64; 7]>(),
        version in prop_oneof![-1_i64..3, any::<i64>()],
        payload in vec(any::<u8>(), 0..100),
    ) {
        let bytes = [byte; 40];
        let row = Row {
            format,
            selector: &bytes[..lengths.0],
            verifier_hash: &bytes[..lengths.1],
            previous_hash: parts.0.then_some(&bytes[..lengths.2]),
            rotated_at: parts.1.then_some(times[0]),
            rotation_reason: parts.2.then_some(reason),
            subject: parts.3.then_some(&subject[..]),
            authenticated_at: parts.4.then_some(times[1]),
            lineage_at: times[2],
            created_at: times[3],
            last_seen_at: times[4],
            idle_deadline: times[5],
            absolute_deadline: times[6],
            version,
            payload: &payload,
        };
        if let Ok(session) = row.decode() {
            prop_assert!(Row::encode(&session) == Ok(row));
        }
    }
}
