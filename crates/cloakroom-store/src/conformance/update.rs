use std::sync::Arc;

use super::check::{assert_holds, created, ok, race, task};
use super::fixture::{HOUR, MINUTE, NOW, at, change, of, rotation, subject, visitor};
use crate::{Change, Rotated, Stored, SubjectIndex, Touched, Updated, Version};

/// Eight writers add 1 to a number 25 times each, and try again on every conflict: the sum is exact. Each conflict
/// tells a later version than the writer named, with the data of that very version.
pub async fn d4_parallel_increments_add_up(store: impl SubjectIndex) {
    const WRITERS: u64 = 8;
    const INCREMENTS: u64 = 25;
    let store = Arc::new(store);
    for round in 0..4 {
        let draft = if round < 2 {
            of(&subject("alice"))
        } else {
            visitor()
        };
        let row = created(&*store, draft.payload(0_u64.to_be_bytes()).build(), NOW).await;
        let selector = row.selector;
        race(
            round,
            (0..WRITERS).map(|writer| {
                let (store, row) = (Arc::clone(&store), row.clone());
                async move {
                    // All of them begin with the first version, so that seven meet a conflict at once.
                    let mut seen = row;
                    for increment in 0..INCREMENTS {
                        loop {
                            // A store that never waits would let one writer come to its end before the next begins.
                            tokio::task::yield_now().await;
                            let sum = sum_of(&seen) + 1;
                            let answer = store
                                .update(&selector, seen.version, &change(sum.to_be_bytes()), NOW)
                                .await;
                            match ok(answer) {
                                Updated::Done(version) => {
                                    assert_eq!(version, seen.version.next());
                                    (seen.version, seen.payload) = (version, sum.to_be_bytes().into());
                                    break;
                                }
                                Updated::Conflict(current) => {
                                    assert_ne!(current.version, seen.version, "a conflict of equal versions");
                                    assert!(current.version > seen.version, "a conflict with a stale row");
                                    seen = *current;
                                }
                                Updated::Gone => panic!("a live session is gone"),
                            }
                        }
                        if increment % 10 == writer {
                            let loaded = ok(store.load(&selector, NOW).await).expect("the session is live");
                            assert!(
                                loaded.version >= seen.version,
                                "a load older than an answer before"
                            );
                            seen = loaded;
                        }
                    }
                }
            }),
        )
        .await;
        let mut end = row;
        end.version = Version::from_number(1 + WRITERS * INCREMENTS);
        end.payload = (WRITERS * INCREMENTS).to_be_bytes().into();
        assert_holds(&*store, &end, NOW).await;
    }
}

/// What the row holds, which is as much as its version grew.
fn sum_of(row: &Stored) -> u64 {
    let sum = u64::from_be_bytes((*row.payload).try_into().expect("all writers write 8 bytes"));
    assert_eq!(sum, row.version.number() - 1, "data and version of one row");
    sum
}

/// An update replaces the data, counts the version up and touches; a conflict shows the row and changes nothing.
pub async fn d4_an_update_replaces_the_version_it_names(store: impl SubjectIndex) {
    let alice = subject("alice");
    for draft in [of(&alice), visitor()] {
        let mut row = created(&store, draft.build(), NOW).await;
        let next = Change {
            payload: Arc::from(*b"new"),
            idle_deadline: at(40 * MINUTE),
        };
        for wrong in [0, 2, 3, 1 << 40] {
            let answer = store
                .update(&row.selector, Version::from_number(wrong), &next, at(1))
                .await;
            assert_eq!(ok(answer), Updated::Conflict(Box::new(row.clone())));
        }
        assert_holds(&store, &row, at(1)).await;

        let answer = store.update(&row.selector, Version::FIRST, &next, at(2)).await;
        assert_eq!(ok(answer), Updated::Done(Version::from_number(2)));
        row.payload = next.payload.clone();
        row.version = Version::from_number(2);
        row.idle_deadline = at(40 * MINUTE);
        row.last_seen_at = at(2);
        assert_holds(&store, &row, at(2)).await;
        let answer = store.update(&row.selector, Version::FIRST, &next, at(3)).await;
        assert_eq!(ok(answer), Updated::Conflict(Box::new(row.clone())));

        // A deadline that is earlier moves nothing, one past the absolute one moves up to that, and a late clock leaves
        // the time of the last use.
        for (asked, now, idle, seen) in [
            (at(1), at(5), at(40 * MINUTE), at(5)),
            (at(50 * MINUTE), at(4), at(50 * MINUTE), at(5)),
            (at(13 * HOUR), at(6), at(12 * HOUR), at(6)),
        ] {
            let touching = Change {
                idle_deadline: asked,
                ..next.clone()
            };
            let answer = store.update(&row.selector, row.version, &touching, now).await;
            assert_eq!(ok(answer), Updated::Done(row.version.next()));
            row.version = row.version.next();
            (row.idle_deadline, row.last_seen_at) = (idle, seen);
            assert_holds(&store, &row, now).await;
        }
    }
}

/// An update of what is not there creates nothing.
pub async fn d4_an_update_never_creates(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let record = draft.build();
        for version in [0, 1, 2] {
            let answer = store
                .update(
                    &record.selector(),
                    Version::from_number(version),
                    &change(*b"x"),
                    NOW,
                )
                .await;
            assert_eq!(ok(answer), Updated::Gone);
        }
        assert_eq!(ok(store.load(&record.selector(), NOW).await), None);
        created(&store, record, NOW).await;
    }
}

/// Updates, rotations and touches of one session side by side: each that is done counts once, and none undoes what
/// another wrote.
pub async fn d4_updates_and_rotations_side_by_side_are_all_kept(store: impl SubjectIndex) {
    const TIMES: u64 = 12;
    let store = Arc::new(store);
    for round in 0..8 {
        let draft = if round % 4 < 2 {
            of(&subject("alice"))
        } else {
            visitor()
        };
        let row = created(&*store, draft.payload(0_u64.to_be_bytes()).build(), NOW).await;
        let selector = row.selector;
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let (store, mut seen) = (Arc::clone(&store), row.clone());
            tasks.push(task(async move {
                let mut done = 0;
                while done < TIMES {
                    tokio::task::yield_now().await;
                    let sum = u64::from_be_bytes((*seen.payload).try_into().expect("8 bytes")) + 1;
                    let next = change(sum.to_be_bytes());
                    match ok(store.update(&selector, seen.version, &next, NOW).await) {
                        Updated::Done(version) => {
                            done += 1;
                            (seen.version, seen.payload) = (version, next.payload);
                        }
                        Updated::Conflict(current) => seen = *current,
                        Updated::Gone => panic!("a live session is gone"),
                    }
                }
                None
            }));
        }
        for _ in 0..2 {
            let store = Arc::clone(&store);
            tasks.push(task(async move {
                let mut last = None;
                for _ in 0..TIMES {
                    loop {
                        let seen = ok(store.load(&selector, NOW).await).expect("the session is live");
                        tokio::task::yield_now().await;
                        let next = rotation();
                        match ok(store.rotate(&selector, &seen.verifier_hash, &next, NOW).await) {
                            Rotated::Done(version) => {
                                last = Some((version, next.verifier_hash));
                                break;
                            }
                            Rotated::Stale => {}
                            other => panic!("a rotation of a live session is {other:?}"),
                        }
                    }
                }
                last
            }));
        }
        let touching = Arc::clone(&store);
        tasks.push(task(async move {
            for minute in 31..=40 {
                tokio::task::yield_now().await;
                let answer = touching.touch(&selector, at(minute * MINUTE), at(1)).await;
                assert_eq!(ok(answer), Touched::Done);
            }
            None
        }));
        let rotations = race(round, tasks).await;
        let last = rotations
            .into_iter()
            .flatten()
            .max_by_key(|(version, _)| *version);
        let end = ok(store.load(&selector, NOW).await).expect("the session is live");
        assert_eq!(*end.payload, (3 * TIMES).to_be_bytes(), "each update counts once");
        assert_eq!(
            end.version,
            Version::from_number(1 + 5 * TIMES),
            "each change counts once"
        );
        assert_eq!(
            Some(end.verifier_hash),
            last.map(|(_, hash)| hash),
            "the last rotation's verifier"
        );
        assert_eq!(
            (end.idle_deadline, end.last_seen_at),
            (at(40 * MINUTE), at(1)),
            "no touch is lost"
        );
    }
}
