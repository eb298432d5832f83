//! Each operation is one step under one lock, so whatever many threads do, one does in some order: here are the orders.

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::conformance::Model;
use cloakroom_store::conformance::fixture::{
    HOUR, MINUTE, NOW, at, change, of, rotation, subject, verifier_hash,
};
use cloakroom_store::{
    MemoryStore, NewRecord, Page, Rotation, RotationReason, SessionStore as _, Subject, SubjectIndex, Version,
};

use crate::common::now;

/// When the subject is cut off.
const CUT: UnixTime = at(MINUTE);
/// When everything happens.
const LATER: UnixTime = at(2 * MINUTE);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Operation {
    CreateOnAnEarlierProof,
    CreateOnALaterProof,
    RotateOnAnEarlierProof,
    RotateOnALaterProof,
    Update,
    Touch,
    EndOthers,
    EndAll,
    RevokeAll,
    Delete,
}

use Operation::{
    CreateOnALaterProof, CreateOnAnEarlierProof, Delete, EndAll, EndOthers, RevokeAll, RotateOnALaterProof,
    RotateOnAnEarlierProof, Touch, Update,
};

const ALL: [Operation; 10] = [
    CreateOnAnEarlierProof,
    CreateOnALaterProof,
    RotateOnAnEarlierProof,
    RotateOnALaterProof,
    Update,
    Touch,
    EndOthers,
    EndAll,
    RevokeAll,
    Delete,
];

struct Scene {
    subject: Subject,
    there: NewRecord,
    earlier: NewRecord,
    later: NewRecord,
    on_earlier: Rotation,
    on_later: Rotation,
}

impl Scene {
    fn new() -> Self {
        let subject = subject("user");
        let on = |time| Rotation {
            verifier_hash: verifier_hash(),
            reason: RotationReason::Authentication,
            authenticated_at: Some(time),
            absolute_deadline: Some(at(24 * HOUR)),
            ..rotation()
        };
        Self {
            there: of(&subject).build(),
            earlier: of(&subject).authenticated(CUT).build(),
            later: of(&subject).authenticated(LATER).build(),
            on_earlier: on(CUT),
            on_later: on(LATER),
            subject,
        }
    }

    fn perform(&self, store: &impl SubjectIndex, operation: Operation) -> String {
        let row = self.there.selector();
        let rotate = |rotation| now(store.rotate(&row, self.there.verifier_hash(), rotation, LATER)).unwrap();
        match operation {
            CreateOnAnEarlierProof => format!("{:?}", now(store.create(&self.earlier, LATER)).unwrap()),
            CreateOnALaterProof => format!("{:?}", now(store.create(&self.later, LATER)).unwrap()),
            RotateOnAnEarlierProof => format!("{:?}", rotate(&self.on_earlier)),
            RotateOnALaterProof => format!("{:?}", rotate(&self.on_later)),
            Update => {
                let change = change(*b"new");
                format!(
                    "{:?}",
                    now(store.update(&row, Version::FIRST, &change, LATER)).unwrap()
                )
            }
            Touch => format!("{:?}", now(store.touch(&row, at(HOUR), LATER)).unwrap()),
            EndOthers => {
                let ended = now(store.delete_by_subject(&self.subject, Some(&row), CUT)).unwrap();
                format!("{ended} ended")
            }
            EndAll => format!(
                "{} ended",
                now(store.delete_by_subject(&self.subject, None, CUT)).unwrap()
            ),
            RevokeAll => format!("{:?}", now(store.revoke_all(CUT))),
            Delete => format!("{:?}", now(store.delete(&row)).unwrap()),
        }
    }
}

/// Every sequence of four of the ten operations, no two the same: each answers as the model does, and leaves the same.
#[test]
fn d22_every_order_of_operations_answers_as_the_model() {
    let scene = Scene::new();
    let mut sequences = 0;
    for first in ALL {
        for second in ALL {
            for third in ALL {
                for fourth in ALL {
                    let sequence = [first, second, third, fourth];
                    let is_repeated = |(at, one): (usize, &Operation)| sequence[..at].contains(one);
                    if !sequence.iter().enumerate().any(is_repeated) {
                        compare(&scene, &sequence);
                        sequences += 1;
                    }
                }
            }
        }
    }
    assert_eq!(sequences, 10 * 9 * 8 * 7);
}

fn compare(scene: &Scene, sequence: &[Operation]) {
    let (store, model) = (MemoryStore::new(), Model::new());
    let created = [
        now(store.create(&scene.there, NOW)),
        now(model.create(&scene.there, NOW)),
    ];
    assert!(created.iter().all(Result::is_ok));
    for &operation in sequence {
        let (said, expected) = (scene.perform(&store, operation), scene.perform(&model, operation));
        assert_eq!(said, expected, "{operation:?} of {sequence:?}");
    }
    for record in [&scene.there, &scene.earlier, &scene.later] {
        let (held, expected) = (
            now(store.load(&record.selector(), LATER)).unwrap(),
            now(model.load(&record.selector(), LATER)).unwrap(),
        );
        assert_eq!(held, expected, "after {sequence:?}");
        let cut_off = |time: UnixTime| held.as_ref().is_some_and(|held| held.lineage_at <= time);
        let is_cut = [EndOthers, EndAll, RevokeAll]
            .iter()
            .any(|end| sequence.contains(end));
        assert!(!is_cut || !cut_off(CUT), "after {sequence:?}");
    }
    let page = Page::first(std::num::NonZeroU32::MAX);
    assert_eq!(
        now(store.list_by_subject(&scene.subject, page, LATER))
            .unwrap()
            .sessions,
        now(model.list_by_subject(&scene.subject, page, LATER))
            .unwrap()
            .sessions,
        "after {sequence:?}"
    );
}
