//! Times, subjects and records to test with. All of it is made up: nothing here is random, and no clock is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cloakroom_core::UnixTime;
use cloakroom_id::{IndexSecret, Selector, SubjectTag, VerifierHash};

use crate::{Authentication, Change, NewRecord, Rotation, RotationReason, Subject, Version};

/// The fake clock's time at the beginning of each case: 2026-01-01T00:00:00Z.
pub const NOW: UnixTime = UnixTime::from_millis(1_767_225_600_000);

/// A minute, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;

/// So many milliseconds after [`NOW`].
pub const fn at(millis: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + millis)
}

/// So many milliseconds after `time`.
pub(super) fn after(time: UnixTime, millis: i64) -> UnixTime {
    UnixTime::from_millis(time.as_millis() + millis)
}

/// The subject called `id`, under an index secret that is known to everyone.
pub fn subject(id: &str) -> Subject {
    let secret = IndexSecret::from_bytes(b"\x00an index secret for testing \xff\xff\xff")
        .expect("it has 32 bytes and is no text");
    Subject::new(id, &secret).expect("cases name subjects that there can be")
}

/// Two subjects whose sessions have selectors with the same tag.
pub fn subjects_of_one_tag() -> [Subject; 2] {
    // One in 65,536 has the other's tag. This one was found by search, which takes a test seconds.
    let [first, second] = ["neighbour", "neighbour-62035"].map(subject);
    assert_eq!(first.tag(), second.tag());
    [first, second]
}

/// A verifier's hash that no other call gives.
pub fn verifier_hash() -> VerifierHash {
    VerifierHash::from_bytes(unique())
}

/// A selector that no other call gives, of a subject with this tag.
pub fn selector(tag: SubjectTag) -> Selector {
    let mut bytes: [u8; 16] = unique();
    bytes[..2].copy_from_slice(tag.as_bytes());
    Selector::from_bytes(bytes)
}

/// A draft of a session of a visitor.
pub fn visitor() -> Draft {
    Draft {
        selector: Selector::from_bytes(unique()),
        verifier_hash: verifier_hash(),
        authentication: None,
        idle_deadline: at(30 * MINUTE),
        absolute_deadline: at(12 * HOUR),
        payload: Arc::from(*b"data"),
    }
}

/// A draft of a session of `subject`, who authenticated at [`NOW`].
pub fn of(subject: &Subject) -> Draft {
    Draft {
        selector: selector(subject.tag()),
        authentication: Some(Authentication {
            subject: subject.clone(),
            at: NOW,
        }),
        ..visitor()
    }
}

/// A record to be changed before it is built. Its deadlines are those usual: half an hour and twelve.
#[derive(Clone, Debug)]
pub struct Draft {
    selector: Selector,
    verifier_hash: VerifierHash,
    authentication: Option<Authentication>,
    idle_deadline: UnixTime,
    absolute_deadline: UnixTime,
    payload: Arc<[u8]>,
}

impl Draft {
    /// With this selector.
    pub fn selector(mut self, selector: Selector) -> Self {
        self.selector = selector;
        self
    }

    /// Authenticated at this time, if it is a subject's.
    pub fn authenticated(mut self, time: UnixTime) -> Self {
        if let Some(known) = &mut self.authentication {
            known.at = time;
        }
        self
    }

    /// With this idle deadline.
    pub fn idle(mut self, deadline: UnixTime) -> Self {
        self.idle_deadline = deadline;
        self
    }

    /// With this absolute deadline.
    pub fn absolute(mut self, deadline: UnixTime) -> Self {
        self.absolute_deadline = deadline;
        self
    }

    /// With this data.
    pub fn payload(mut self, payload: impl Into<Arc<[u8]>>) -> Self {
        self.payload = payload.into();
        self
    }

    /// The record.
    pub fn build(self) -> NewRecord {
        NewRecord::new(
            self.selector,
            self.verifier_hash,
            self.authentication,
            self.idle_deadline,
            self.absolute_deadline,
            self.payload,
        )
        .expect("the selector was made of the subject's tag")
    }
}

/// New data; the idle deadline stays.
pub fn change(payload: impl Into<Arc<[u8]>>) -> Change {
    Change {
        payload: payload.into(),
        idle_deadline: UnixTime::EPOCH,
    }
}

/// A periodic rotation to a new verifier; data and deadlines stay.
pub fn rotation() -> Rotation {
    Rotation {
        verifier_hash: verifier_hash(),
        reason: RotationReason::Periodic,
        authenticated_at: None,
        idle_deadline: UnixTime::EPOCH,
        absolute_deadline: None,
        data: None,
    }
}

/// A rotation because the subject authenticated at `time`; data and deadlines stay.
pub fn reauthentication(time: UnixTime) -> Rotation {
    Rotation {
        reason: RotationReason::Authentication,
        authenticated_at: Some(time),
        ..rotation()
    }
}

/// `rotation` with new data for the session of this version.
pub(super) fn with_data(mut rotation: Rotation, expect: Version, payload: &[u8]) -> Rotation {
    rotation.data = Some((expect, payload.into()));
    rotation
}

/// Bytes that no other call gives, spread over all values as hashes are.
fn unique<const N: usize>() -> [u8; N] {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut random = Random::new(NEXT.fetch_add(1, Ordering::Relaxed));
    std::array::from_fn(|_| random.byte())
}

/// A small generator of numbers that look random (SplitMix64): the same seed, the same numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        // Seeds in a row would otherwise give one sequence, shifted.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An index of something that has so many, which are not 0.
    pub fn index(&mut self, of: usize) -> usize {
        usize::try_from(self.below(of as u64)).expect("it is below a usize")
    }

    /// A byte.
    pub const fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[7]
    }

    /// True in one of `n` cases.
    pub const fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
