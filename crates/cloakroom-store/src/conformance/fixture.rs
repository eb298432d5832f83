//! Times, subjects and records to test with. All of it is made up: nothing here is random, and no clock is read.

use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{IndexSecret, Selector, SubjectTag, VerifierHash};
use cloakroom_kit::unique;
pub use cloakroom_kit::{HOUR, MINUTE, NOW, Random, after, at};

use crate::{Authentication, Change, NewRecord, Rotation, RotationReason, Subject, Version};

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
