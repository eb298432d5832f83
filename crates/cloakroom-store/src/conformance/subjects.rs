use std::slice;
use std::sync::Arc;

use super::check::{assert_gone, assert_holds, created, listed, listed_by, ok, race, task};
use super::fixture::{
    HOUR, MINUTE, NOW, after, at, change, of, selector, subject, subjects_of_one_tag, visitor,
};
use crate::{Created, Stored, Subject, SubjectIndex, Touched, Updated, Version};

/// Ten thousand sessions of one subject, among those of others: each is listed once, in the order of selectors, in
/// parts of any size, and all of them end at once.
pub async fn d9_ten_thousand_sessions_of_one_subject(store: impl SubjectIndex) {
    const SESSIONS: usize = 10_000;
    const WRITERS: usize = 16;
    let (store, [bob, carol]) = (Arc::new(store), subjects_of_one_tag());
    let rows = race(
        0,
        (0..WRITERS).map(|_| {
            let (store, bob) = (Arc::clone(&store), bob.clone());
            async move {
                let mut rows = Vec::new();
                for _ in 0..SESSIONS / WRITERS {
                    rows.push(created(&*store, of(&bob).build(), NOW).await);
                }
                rows
            }
        }),
    )
    .await;
    let mut rows: Vec<Stored> = rows.into_iter().flatten().collect();
    rows.sort_by_key(|row| row.selector);
    let other = created(&*store, of(&carol).build(), NOW).await;
    for limit in [97, 1000, u32::MAX] {
        let listed = listed_by(&*store, &bob, limit, NOW).await;
        assert_eq!(listed.len(), SESSIONS);
        assert!(listed == rows, "a list shows something else than was created");
    }
    let spared = rows[SESSIONS / 2].clone();
    let ended = ok(store.delete_by_subject(&bob, Some(&spared.selector), at(1)).await);
    assert_eq!(ended, (SESSIONS - 1) as u64);
    assert_eq!(listed(&*store, &bob, at(1)).await, [just_after(spared, 1)]);
    assert_eq!(listed(&*store, &carol, at(1)).await, [other]);
}

/// What a deletion by subject at `at(cutoff)` makes of the session that it spares.
fn just_after(mut row: Stored, cutoff: i64) -> Stored {
    row.lineage_at = row.lineage_at.max(at(cutoff + 1));
    row
}

/// A list shows the subject's live sessions as they are now, and pages begin where they are asked to.
pub async fn d9_a_list_shows_what_is_live_now(store: impl SubjectIndex) {
    let alice = subject("alice");
    assert_eq!(listed(&store, &alice, NOW).await, []);
    let mut rows = Vec::new();
    for minute in 1..=9 {
        rows.push(created(&store, of(&alice).idle(at(minute * MINUTE)).build(), NOW).await);
    }
    rows.sort_by_key(|row| row.selector);
    for limit in [1, 2, 3, 8, 9, 10] {
        assert_eq!(listed_by(&store, &alice, limit, NOW).await, rows);
        // Some have ended, between those that have not.
        for minute in 0..=9 {
            let live: Vec<_> = rows
                .iter()
                .filter(|row| at(minute * MINUTE) < row.idle_deadline)
                .cloned()
                .collect();
            assert_eq!(listed_by(&store, &alice, limit, at(minute * MINUTE)).await, live);
        }
    }
    for (number, row) in rows.iter_mut().enumerate() {
        match number % 3 {
            0 => {
                let answer = store
                    .update(&row.selector, Version::FIRST, &change(*b"new"), at(5))
                    .await;
                assert_eq!(ok(answer), Updated::Done(Version::from_number(2)));
                (row.version, row.payload) = (Version::from_number(2), b"new".as_slice().into());
                row.last_seen_at = at(5);
            }
            1 => {
                assert_eq!(
                    ok(store.touch(&row.selector, at(HOUR), at(6)).await),
                    Touched::Done
                );
                (row.idle_deadline, row.last_seen_at) = (at(HOUR), at(6));
            }
            _ => {}
        }
    }
    assert_eq!(listed_by(&store, &alice, 4, at(7)).await, rows);
    let gone = rows.remove(4);
    assert!(ok(store.delete(&gone.selector).await));
    assert_eq!(listed_by(&store, &alice, 4, at(7)).await, rows);
    // A page may begin after a session that there is not.
    let page = crate::Page {
        after: Some(gone.selector),
        limit: crate::Page::MAX,
    };
    let rest = ok(store.list_by_subject(&alice, page, at(7)).await);
    assert_eq!((rest.sessions.as_slice(), rest.next), (&rows[4..], None));
}

/// Subjects that look alike are not, whether or not their sessions have the same tag.
pub async fn d9_similar_subjects_are_kept_apart(store: impl SubjectIndex) {
    let [bob, carol] = subjects_of_one_tag();
    let long = "x".repeat(Subject::MAX_LEN);
    let mut subjects: Vec<Subject> = [
        "a",
        "ab",
        "A",
        "a ",
        " a",
        "aa",
        "a\n",
        "a%",
        "a_",
        "a*",
        "a:b",
        "a{b}",
        "a'b",
        "a\"b",
        "a\\b",
        // The same letter composed and not, a letter that folds to two, one that looks like another script's.
        "\u{e9}",
        "e\u{301}",
        "stra\u{df}e",
        "strasse",
        "STRASSE",
        "\u{430}",
        "\u{1f9e5}",
        "\u{fffd}",
        &long,
        &long[1..],
    ]
    .into_iter()
    .map(subject)
    .collect();
    subjects.extend([bob, carol]);
    let mut rows = Vec::new();
    for subject in &subjects {
        let row = created(&store, of(subject).build(), NOW).await;
        let nobodys = visitor().selector(selector(subject.tag())).build();
        rows.push((row, created(&store, nobodys, NOW).await));
    }
    for (subject, (row, nobodys)) in subjects.iter().zip(&rows) {
        assert_eq!(
            listed(&store, subject, NOW).await,
            slice::from_ref(row),
            "{:?}",
            subject.as_str()
        );
        assert_holds(&store, nobodys, NOW).await;
    }
    for ended in 0..subjects.len() {
        let subject = &subjects[ended];
        assert_eq!(ok(store.delete_by_subject(subject, None, at(1)).await), 1);
        for (number, (row, nobodys)) in rows.iter().enumerate() {
            if number <= ended {
                assert_gone(&store, &row.selector, Some(&subjects[number]), at(1)).await;
            } else {
                assert_holds(&store, row, at(1)).await;
            }
            assert_holds(&store, nobodys, at(1)).await;
        }
    }
}

/// `except` keeps exactly one session of the subject's own; its lineage moves to just after the cut-off.
pub async fn d9_an_exception_keeps_exactly_one(store: impl SubjectIndex) {
    let alice = subject("alice");
    let mut rows = Vec::new();
    for _ in 0..5 {
        rows.push(created(&store, of(&alice).build(), NOW).await);
    }
    let nobodys = created(&store, visitor().selector(selector(alice.tag())).build(), NOW).await;
    let spared = just_after(rows.remove(2), 3);
    assert_eq!(
        ok(store
            .delete_by_subject(&alice, Some(&spared.selector), at(3))
            .await),
        4
    );
    assert_eq!(listed(&store, &alice, at(3)).await, slice::from_ref(&spared));
    assert_holds(&store, &spared, at(3)).await;
    for row in &rows {
        assert_gone(&store, &row.selector, Some(&alice), at(3)).await;
    }
    assert_holds(&store, &nobodys, at(3)).await;

    // Once more, by a clock that is late: the cut-off stays where it is, and so does the lineage.
    assert_eq!(
        ok(store
            .delete_by_subject(&alice, Some(&spared.selector), at(2))
            .await),
        0
    );
    assert_holds(&store, &spared, at(3)).await;
    // A lineage that is later already stays.
    let later = created(&store, of(&alice).authenticated(at(20)).build(), at(20)).await;
    assert_eq!(
        ok(store
            .delete_by_subject(&alice, Some(&later.selector), at(10))
            .await),
        1
    );
    assert_holds(&store, &later, at(20)).await;
    assert_gone(&store, &spared.selector, Some(&alice), at(20)).await;
    assert_eq!(ok(store.delete_by_subject(&alice, None, at(20)).await), 1);
    assert_eq!(listed(&store, &alice, at(20)).await, []);
    assert_eq!(ok(store.delete_by_subject(&alice, None, at(21)).await), 0);
    assert_holds(&store, &nobodys, at(21)).await;
}

/// Somebody else's session, a visitor's or an unknown one is no exception, and is left alone.
pub async fn d9_an_exception_of_somebody_else_is_none(store: impl SubjectIndex) {
    let [bob, carol] = subjects_of_one_tag();
    let others = [
        created(&store, of(&carol).build(), NOW).await,
        created(&store, visitor().selector(selector(bob.tag())).build(), NOW).await,
        created(&store, of(&subject("alice")).build(), NOW).await,
    ];
    let unknown = selector(bob.tag());
    for except in others.iter().map(|row| row.selector).chain([unknown]) {
        // Authenticated after the cut-off of the round before, and deleted nevertheless.
        for _ in 0..2 {
            created(&store, of(&bob).authenticated(at(HOUR)).build(), NOW).await;
        }
        assert_eq!(ok(store.delete_by_subject(&bob, Some(&except), at(1)).await), 2);
        assert_eq!(listed(&store, &bob, at(1)).await, []);
        for other in &others {
            assert_holds(&store, other, at(1)).await;
        }
    }
    assert_eq!(ok(store.load(&unknown, at(1)).await), None);
}

/// Only sessions that were live are counted as ended, and those that were not do not come back.
pub async fn d9_ended_sessions_are_not_counted(store: impl SubjectIndex) {
    let alice = subject("alice");
    let short = created(&store, of(&alice).idle(at(MINUTE)).build(), NOW).await;
    let long = created(&store, of(&alice).build(), NOW).await;
    assert_eq!(listed(&store, &alice, at(MINUTE)).await, slice::from_ref(&long));
    let spared = Some(&short.selector);
    assert_eq!(ok(store.delete_by_subject(&alice, spared, at(MINUTE)).await), 1);
    assert_gone(&store, &long.selector, Some(&alice), at(MINUTE)).await;
    assert_gone(&store, &short.selector, Some(&alice), at(MINUTE)).await;
    assert_gone(&store, &long.selector, Some(&alice), NOW).await;
}

/// Sessions created beside a deletion of their subject's: what was authenticated at or before it neither loads nor
/// lists afterwards, whoever came first, and whoever came first is told.
pub async fn d9_no_creation_survives_a_deletion_beside_it(store: impl SubjectIndex) {
    let store = Arc::new(store);
    for round in 0..40 {
        let alice = subject(&format!("alice-{round}"));
        let spared = created(&*store, of(&alice).build(), NOW).await;
        let drafts: Vec<_> = (-4..=3)
            .map(|millis| of(&alice).authenticated(at(100 + millis)).build())
            .collect();
        let creations = drafts.clone().into_iter().map(|record| {
            let store = Arc::clone(&store);
            task(async move { Some(ok(store.create(&record, at(100)).await)) })
        });
        let deletion = {
            let (store, alice, spared) = (Arc::clone(&store), alice.clone(), spared.selector);
            task(async move {
                let except = (round % 4 < 2).then_some(&spared);
                ok(store.delete_by_subject(&alice, except, at(100)).await);
                None
            })
        };
        let answers = race(round, creations.chain([deletion])).await;
        let listed = listed(&*store, &alice, at(100)).await;
        for (record, answer) in drafts.iter().zip(answers) {
            let known = record.authentication().expect("it is a subject's");
            let late = known.at > at(100);
            let loaded = ok(store.load(&record.selector(), at(100)).await);
            if late {
                assert_eq!(answer, Some(Created::Done), "authenticated after the cut-off");
                // Created before the deletion it is gone, after it it is not.
                assert_eq!(
                    loaded.is_some(),
                    listed.iter().any(|row| row.selector == record.selector())
                );
            } else {
                assert_ne!(answer, Some(Created::Exists));
                assert_eq!(loaded, None, "authenticated at or before a deletion that is done");
                assert!(listed.iter().all(|row| row.selector != record.selector()));
                assert_eq!(ok(store.create(record, at(101)).await), Created::Refused);
            }
        }
        if round % 4 < 2 {
            assert_holds(&*store, &just_after(spared, 100), at(100)).await;
        } else {
            assert_gone(&*store, &spared.selector, Some(&alice), at(100)).await;
        }
    }
}

/// Writes to a session beside the deletion of all of its subject's: none brings it back.
pub async fn d9_no_write_survives_a_deletion_beside_it(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    for round in 0..40 {
        let now = at(10 * i64::try_from(round).expect("rounds are few"));
        let rows = [
            created(&*store, of(&alice).authenticated(now).build(), now).await,
            created(&*store, of(&alice).authenticated(now).build(), now).await,
        ];
        let spared = created(&*store, of(&alice).authenticated(now).build(), now).await;
        let writes = rows.iter().flat_map(|row| {
            let (selector, hash) = (row.selector, row.verifier_hash);
            [0, 1, 2].map(|kind| {
                let store = Arc::clone(&store);
                task(async move {
                    match kind {
                        0 => drop(ok(store
                            .update(&selector, Version::FIRST, &change([1]), now)
                            .await)),
                        1 => {
                            let _ = ok(store.touch(&selector, at(HOUR), now).await);
                        }
                        _ => {
                            let rotation = super::fixture::reauthentication(after(now, 1));
                            let _ = ok(store.rotate(&selector, &hash, &rotation, now).await);
                        }
                    }
                })
            })
        });
        let deletion = {
            let (store, alice, spared) = (Arc::clone(&store), alice.clone(), spared.selector);
            task(async move {
                ok(store.delete_by_subject(&alice, Some(&spared), now).await);
            })
        };
        race(round, writes.chain([deletion])).await;
        let mut expected = spared;
        expected.lineage_at = after(now, 1);
        assert_eq!(listed(&*store, &alice, now).await, [expected.clone()]);
        for row in &rows {
            assert_gone(&*store, &row.selector, Some(&alice), now).await;
        }
        assert!(ok(store.delete(&expected.selector).await));
    }
}

/// What is written to a spared session beside the deletion of the others is kept, and the session is never away.
pub async fn d9_a_spared_session_keeps_what_is_written_beside(store: impl SubjectIndex) {
    let store = Arc::new(store);
    for round in 0..24 {
        let alice = subject(&format!("alice-{round}"));
        created(&*store, of(&alice).build(), NOW).await;
        let mut row = created(&*store, of(&alice).build(), NOW).await;
        let selector = row.selector;
        let mut tasks = Vec::new();
        for number in 1..=3 {
            let (store, alice) = (Arc::clone(&store), alice.clone());
            tasks.push(task(async move {
                let answer = store.delete_by_subject(&alice, Some(&selector), at(number)).await;
                assert!(ok(answer) <= 1);
            }));
        }
        let writing = Arc::clone(&store);
        tasks.push(task(async move {
            for number in 1..=4 {
                let version = Version::from_number(number);
                let answer = writing.update(&selector, version, &change([7]), at(1)).await;
                assert_eq!(ok(answer), Updated::Done(version.next()));
            }
        }));
        let touching = Arc::clone(&store);
        tasks.push(task(async move {
            for minute in 31..=34 {
                let answer = touching.touch(&selector, at(minute * MINUTE), at(2)).await;
                assert_eq!(ok(answer), Touched::Done);
                assert!(ok(touching.load(&selector, at(2)).await).is_some(), "it is away");
            }
        }));
        race(round, tasks).await;
        row.lineage_at = at(4);
        (row.version, row.payload) = (Version::from_number(5), Arc::from([7]));
        (row.idle_deadline, row.last_seen_at) = (at(34 * MINUTE), at(2));
        assert_holds(&*store, &row, at(3)).await;
        assert_eq!(listed(&*store, &alice, at(3)).await, [row]);
    }
}

/// Who reads a list in parts while sessions come and go sees each that stays exactly once.
pub async fn d9_a_list_in_parts_shows_what_stays(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    let mut stay = Vec::new();
    for _ in 0..60 {
        stay.push(created(&*store, of(&alice).build(), NOW).await.selector);
    }
    stay.sort();
    for round in 0..4 {
        let come_and_go = (0..4).map(|number| {
            let (store, alice) = (Arc::clone(&store), alice.clone());
            task(async move {
                for _ in 0..10 {
                    let row = created(&*store, of(&alice).build(), NOW).await;
                    let shown = listed_by(&*store, &alice, 7 + number, NOW).await;
                    assert!(shown.contains(&row), "what is created is listed");
                    tokio::task::yield_now().await;
                    assert!(ok(store.delete(&row.selector).await));
                    let shown = listed_by(&*store, &alice, 7 + number, NOW).await;
                    assert!(!shown.contains(&row), "what is deleted is not listed");
                }
            })
        });
        let read = (1..=4).map(|limit| {
            let (store, alice, stay) = (Arc::clone(&store), alice.clone(), stay.clone());
            task(async move {
                let mut shown = listed_by(&*store, &alice, limit * 5, NOW).await;
                shown.retain(|row| stay.binary_search(&row.selector).is_ok());
                assert_eq!(shown.len(), stay.len(), "a session is missing from the list");
            })
        });
        race(round, come_and_go.chain(read).collect::<Vec<_>>()).await;
    }
}
