use std::sync::Arc;

use super::check::{assert_gone, assert_holds, created, ok, race};
use super::fixture::{
    HOUR, MINUTE, NOW, at, of, reauthentication, rotation, subject, verifier_hash, visitor, with_data,
};
use crate::{Created, Previous, Rotated, Rotation, RotationReason, Stored, SubjectIndex, Version};

/// What `row` becomes by `rotation` at `now`.
pub(super) fn rotated(row: &Stored, rotation: &Rotation, now: cloakroom_core::UnixTime) -> Stored {
    let mut row = row.clone();
    row.previous = Some(Box::new(Previous {
        verifier_hash: row.verifier_hash,
        rotated_at: now,
        reason: rotation.reason,
    }));
    row.verifier_hash = rotation.verifier_hash;
    row.version = row.version.next();
    if let (Some(known), Some(time)) = (&mut row.authentication, rotation.authenticated_at) {
        known.at = time;
        row.lineage_at = row.lineage_at.max(time);
        if let Some(later) = rotation.absolute_deadline {
            row.absolute_deadline = row.absolute_deadline.max(later);
        }
    }
    if let Some((_, payload)) = &rotation.data {
        row.payload = payload.clone();
    }
    row.idle_deadline = row.touched_deadline(rotation.idle_deadline);
    row.last_seen_at = row.last_seen_at.max(now);
    row
}

/// A rotation keeps the verifier that it replaced, when it did and why, counts the version up, and touches.
pub async fn rotate_keeps_the_verifier_before_it(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let mut row = created(&store, draft.build(), NOW).await;
        for (number, asked) in [at(MINUTE), at(40 * MINUTE), at(13 * HOUR)]
            .into_iter()
            .enumerate()
        {
            let now = at(10 - i64::from(number == 2));
            let next = Rotation {
                idle_deadline: asked,
                ..rotation()
            };
            let answer = store.rotate(&row.selector, &row.verifier_hash, &next, now).await;
            assert_eq!(ok(answer), Rotated::Done(row.version.next()));
            row = rotated(&row, &next, now);
            assert_holds(&store, &row, now).await;
        }
        assert_eq!((row.idle_deadline, row.last_seen_at), (at(12 * HOUR), at(10)));
        assert_eq!(row.version, Version::from_number(4));
    }
}

/// A fresh authentication moves its time, and may move the absolute deadline, but only to later.
pub async fn rotate_takes_a_fresh_authentication(store: impl SubjectIndex) {
    let mut row = created(&store, of(&subject("alice")).build(), NOW).await;
    for (time, absolute, expected) in [
        (at(MINUTE), None, at(12 * HOUR)),
        (at(2 * MINUTE), Some(at(24 * HOUR)), at(24 * HOUR)),
        (at(3 * MINUTE), Some(at(23 * HOUR)), at(24 * HOUR)),
        (at(4 * MINUTE), Some(at(24 * HOUR + 1)), at(24 * HOUR + 1)),
        // A proof that is older than the last one, but not cut off.
        (at(MINUTE), None, at(24 * HOUR + 1)),
    ] {
        let next = Rotation {
            idle_deadline: at(30 * 24 * HOUR),
            absolute_deadline: absolute,
            ..reauthentication(time)
        };
        let answer = store
            .rotate(&row.selector, &row.verifier_hash, &next, at(5 * MINUTE))
            .await;
        assert_eq!(ok(answer), Rotated::Done(row.version.next()));
        row = rotated(&row, &next, at(5 * MINUTE));
        assert_eq!((row.absolute_deadline, row.idle_deadline), (expected, expected));
        assert_holds(&store, &row, at(5 * MINUTE)).await;
    }
    assert_eq!(row.lineage_at, at(4 * MINUTE));
    let previous = row.previous.expect("it was rotated");
    assert_eq!(previous.reason, RotationReason::Authentication);
}

/// Without a fresh authentication no rotation moves the absolute deadline.
pub async fn rotate_without_authentication_extends_nothing(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let row = created(&store, draft.build(), NOW).await;
        let next = Rotation {
            idle_deadline: at(24 * HOUR),
            absolute_deadline: Some(at(24 * HOUR)),
            ..rotation()
        };
        let answer = store
            .rotate(&row.selector, &row.verifier_hash, &next, at(1))
            .await;
        assert_eq!(ok(answer), Rotated::Done(Version::from_number(2)));
        let row = rotated(&row, &next, at(1));
        assert_eq!(
            (row.absolute_deadline, row.idle_deadline),
            (at(12 * HOUR), at(12 * HOUR))
        );
        assert_holds(&store, &row, at(1)).await;
        assert_gone(&store, &row.selector, Some(&subject("alice")), at(12 * HOUR)).await;
    }
}

/// New data is swapped in with the verifier, both or neither.
pub async fn rotate_swaps_data_with_the_verifier(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let mut row = created(&store, draft.build(), NOW).await;
        for wrong in [0, 2, 9] {
            let next = with_data(rotation(), Version::from_number(wrong), b"wrong");
            let answer = store
                .rotate(&row.selector, &row.verifier_hash, &next, at(1))
                .await;
            assert_eq!(ok(answer), Rotated::Stale);
            assert_holds(&store, &row, at(1)).await;
        }
        for payload in [b"next".as_slice(), b""] {
            let next = with_data(rotation(), row.version, payload);
            let answer = store
                .rotate(&row.selector, &row.verifier_hash, &next, at(2))
                .await;
            assert_eq!(ok(answer), Rotated::Done(row.version.next()));
            row = rotated(&row, &next, at(2));
            assert_holds(&store, &row, at(2)).await;
        }
    }
}

/// Who names another verifier than the current one changes nothing: not even the one before it may be named.
pub async fn rotate_by_a_stale_verifier_changes_nothing(store: impl SubjectIndex) {
    let alice = subject("alice");
    for draft in [of(&alice), visitor()] {
        let before = created(&store, draft.build(), NOW).await;
        let next = rotation();
        let answer = store
            .rotate(&before.selector, &before.verifier_hash, &next, at(1))
            .await;
        assert_eq!(ok(answer), Rotated::Done(Version::from_number(2)));
        let row = rotated(&before, &next, at(1));
        for stale in [before.verifier_hash, verifier_hash()] {
            let mut attempts = vec![rotation(), with_data(rotation(), row.version, b"stale")];
            if row.authentication.is_some() {
                attempts.push(reauthentication(at(2)));
            }
            for attempt in attempts {
                let answer = store.rotate(&row.selector, &stale, &attempt, at(2)).await;
                assert_eq!(ok(answer), Rotated::Stale);
                assert_holds(&store, &row, at(2)).await;
            }
        }
    }
}

/// Nobody can authenticate anew in a session that belongs to nobody: that is a login, which begins a new session.
pub async fn rotate_refuses_an_authentication_of_a_visitor(store: impl SubjectIndex) {
    let row = created(&store, visitor().build(), NOW).await;
    let attempt = reauthentication(at(1));
    let answer = store
        .rotate(&row.selector, &row.verifier_hash, &attempt, at(1))
        .await;
    assert_eq!(ok(answer), Rotated::Refused);
    assert_holds(&store, &row, at(1)).await;
}

/// A rotation of what is not there creates nothing.
pub async fn rotate_never_creates(store: impl SubjectIndex) {
    let alice = subject("alice");
    for draft in [of(&alice), visitor()] {
        let record = draft.build();
        for attempt in [
            rotation(),
            reauthentication(at(1)),
            with_data(rotation(), Version::FIRST, b"x"),
        ] {
            let answer = store
                .rotate(&record.selector(), record.verifier_hash(), &attempt, at(1))
                .await;
            assert_eq!(ok(answer), Rotated::Gone);
        }
        assert_gone(&store, &record.selector(), Some(&alice), at(1)).await;
        assert_eq!(ok(store.create(&record, at(1)).await), Created::Done);
    }
}

/// Two tabs, or 64: of parallel rotations of one verifier one is done, and the row has that one's.
pub async fn d2_of_64_parallel_rotations_one_wins(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    for round in 0..16 {
        let draft = if round % 4 < 2 { of(&alice) } else { visitor() };
        let row = created(&*store, draft.build(), NOW).await;
        let (selector, old) = (row.selector, row.verifier_hash);
        let rotations: Vec<Rotation> = (0..64_u8)
            .map(|number| match number % 2 {
                0 => rotation(),
                _ => with_data(rotation(), Version::FIRST, &[number]),
            })
            .collect();
        let answers = race(
            round,
            rotations.clone().into_iter().map(|rotation| {
                let store = Arc::clone(&store);
                async move { ok(store.rotate(&selector, &old, &rotation, at(1)).await) }
            }),
        )
        .await;
        let winners: Vec<_> = (0..64)
            .filter(|&number| answers[number] == Rotated::Done(Version::from_number(2)))
            .collect();
        let losers = answers.iter().filter(|&&answer| answer == Rotated::Stale).count();
        assert_eq!((winners.len(), losers), (1, 63), "{answers:?}");
        assert_holds(&*store, &rotated(&row, &rotations[winners[0]], at(1)), at(1)).await;
    }
}
