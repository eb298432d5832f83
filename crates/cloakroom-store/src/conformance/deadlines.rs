use cloakroom_core::UnixTime;

use super::check::{assert_gone, assert_holds, created, listed, ok};
use super::fixture::{HOUR, MINUTE, NOW, after, change, of, reauthentication, rotation, subject, visitor};
use super::rotate::rotated;
use crate::{Rotated, Stored, Subject, SubjectIndex, Touched, Updated, Version};

/// The first instants of 2026 at the ends of the world, +14:00 and -12:00, and in Greenwich: a time is a number of
/// milliseconds, and where a server stands moves no deadline.
const MIDNIGHTS: [UnixTime; 3] = [
    UnixTime::from_millis(NOW.as_millis() - 14 * HOUR),
    NOW,
    UnixTime::from_millis(NOW.as_millis() + 12 * HOUR),
];

/// The idle deadline, the absolute one, and the earlier of both, counted from now.
const DEADLINES: [(i64, i64, i64); 4] = [
    (30 * MINUTE, 12 * HOUR, 30 * MINUTE),
    (12 * HOUR, 30 * MINUTE, 30 * MINUTE),
    (HOUR, HOUR, HOUR),
    (30 * MINUTE, 30 * MINUTE + 1, 30 * MINUTE),
];

/// Each kind of session, each pair of deadlines and each midnight: the sessions to be tried with, one made by each
/// call, and its end.
async fn sessions(store: &impl SubjectIndex, alice: &Subject) -> Vec<(Stored, UnixTime)> {
    let mut made = Vec::new();
    for midnight in MIDNIGHTS {
        for (idle, absolute, end) in DEADLINES {
            for draft in [of(alice), visitor()] {
                let record = draft
                    .authenticated(midnight)
                    .idle(after(midnight, idle))
                    .absolute(after(midnight, absolute))
                    .build();
                let row = created(store, record, midnight).await;
                made.push((row, after(midnight, end)));
            }
        }
    }
    made
}

/// A load sees a session until the last millisecond before a deadline, and from the deadline on nothing.
pub async fn d6_a_load_ends_at_the_deadline(store: impl SubjectIndex) {
    for (row, end) in sessions(&store, &subject("alice")).await {
        let selector = row.selector;
        assert_eq!(ok(store.load(&selector, after(end, -1)).await), Some(row.clone()));
        for late in [0, 1, 90 * 24 * HOUR] {
            assert_eq!(
                ok(store.load(&selector, after(end, late)).await),
                None,
                "{late} ms late"
            );
        }
        // Nothing happens to the row by being looked at.
        assert_eq!(ok(store.load(&selector, after(end, -1)).await), Some(row));
    }
}

/// A list shows a session until the last millisecond before a deadline, and no ghost of it.
pub async fn d6_a_list_ends_at_the_deadline(store: impl SubjectIndex) {
    let alice = subject("alice");
    let own: Vec<_> = sessions(&store, &alice)
        .await
        .into_iter()
        .filter(|(row, _)| row.authentication.is_some())
        .collect();
    for (_, end) in &own {
        for now in [after(*end, -1), *end, after(*end, 1)] {
            let mut live: Vec<Stored> = own
                .iter()
                .filter(|(_, end)| now < *end)
                .map(|(row, _)| row.clone())
                .collect();
            live.sort_by_key(|row| row.selector);
            assert_eq!(listed(&store, &alice, now).await, live);
        }
    }
}

/// An update at the deadline or after it changes nothing; a version that is wrong makes no difference then.
pub async fn d6_an_update_ends_at_the_deadline(store: impl SubjectIndex) {
    for (mut row, end) in sessions(&store, &subject("alice")).await {
        for late in [0, 1] {
            for version in [1, 2] {
                let (expect, now) = (Version::from_number(version), after(end, late));
                let mut late_change = change(*b"late");
                late_change.idle_deadline = after(now, HOUR);
                let answer = store.update(&row.selector, expect, &late_change, now).await;
                assert_eq!(ok(answer), Updated::Gone, "{late} ms late");
            }
        }
        let last = after(end, -1);
        assert_holds(&store, &row, last).await;
        let answer = store
            .update(&row.selector, Version::FIRST, &change(*b"last"), last)
            .await;
        assert_eq!(ok(answer), Updated::Done(Version::from_number(2)));
        (row.version, row.payload) = (Version::from_number(2), b"last".as_slice().into());
        row.last_seen_at = last;
        assert_holds(&store, &row, last).await;
        assert_gone(&store, &row.selector, Some(&subject("alice")), end).await;
    }
}

/// A touch at the deadline or after it revives nothing.
pub async fn d6_a_touch_ends_at_the_deadline(store: impl SubjectIndex) {
    for (mut row, end) in sessions(&store, &subject("alice")).await {
        for late in [0, 1] {
            let now = after(end, late);
            let answer = store.touch(&row.selector, after(now, HOUR), now).await;
            assert_eq!(ok(answer), Touched::Gone, "{late} ms late");
        }
        let last = after(end, -1);
        assert_holds(&store, &row, last).await;
        assert_eq!(
            ok(store.touch(&row.selector, after(end, 1), last).await),
            Touched::Done
        );
        row.idle_deadline = row.touched_deadline(after(end, 1));
        row.last_seen_at = last;
        assert_holds(&store, &row, last).await;
    }
}

/// A rotation at the deadline or after it changes nothing, a fresh authentication neither.
pub async fn d6_a_rotation_ends_at_the_deadline(store: impl SubjectIndex) {
    for (row, end) in sessions(&store, &subject("alice")).await {
        for late in [0, 1] {
            let now = after(end, late);
            let mut attempts = vec![rotation()];
            if row.authentication.is_some() {
                attempts.push(reauthentication(now));
            }
            for mut attempt in attempts {
                attempt.idle_deadline = after(now, HOUR);
                attempt.absolute_deadline = attempt.authenticated_at.map(|now| after(now, HOUR));
                let answer = store
                    .rotate(&row.selector, &row.verifier_hash, &attempt, now)
                    .await;
                assert_eq!(ok(answer), Rotated::Gone, "{late} ms late");
            }
        }
        let (last, next) = (after(end, -1), rotation());
        assert_holds(&store, &row, last).await;
        let answer = store.rotate(&row.selector, &row.verifier_hash, &next, last).await;
        assert_eq!(ok(answer), Rotated::Done(Version::from_number(2)));
        assert_holds(&store, &rotated(&row, &next, last), last).await;
    }
}

/// Whoever uses a session without a pause is logged out at its absolute deadline all the same.
pub async fn d6_continuous_use_ends_at_the_absolute_deadline(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let mut row = created(&store, draft.build(), NOW).await;
        let end = row.absolute_deadline;
        let mut now = NOW;
        for step in 0.. {
            now = after(now, 20 * MINUTE);
            let idle = after(now, 30 * MINUTE);
            let live = now < end;
            match step % 3 {
                0 => {
                    let answer = ok(store.touch(&row.selector, idle, now).await);
                    assert_eq!(answer == Touched::Done, live);
                }
                1 => {
                    let mut change = change(*b"used");
                    change.idle_deadline = idle;
                    let answer = store.update(&row.selector, row.version, &change, now).await;
                    row.version = row.version.next();
                    assert_eq!(ok(answer) == Updated::Done(row.version), live);
                }
                _ => {
                    let mut next = rotation();
                    next.idle_deadline = idle;
                    let answer = store.rotate(&row.selector, &row.verifier_hash, &next, now).await;
                    row = rotated(&row, &next, now);
                    assert_eq!(ok(answer) == Rotated::Done(row.version), live);
                }
            }
            assert_eq!(ok(store.load(&row.selector, now).await).is_some(), live);
            if !live {
                break;
            }
        }
        assert_eq!(now, end, "twelve hours are a multiple of 20 minutes");
    }
}
