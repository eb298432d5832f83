use std::sync::Arc;

use super::check::{assert_gone, assert_holds, created, listed, ok, race, task};
use super::fixture::{
    HOUR, MINUTE, NOW, after, at, change, of, reauthentication, rotation, selector, subject,
    subjects_of_one_tag, visitor,
};
use super::rotate::rotated;
use crate::{Created, Rotated, Stored, Subject, SubjectIndex, Touched, Updated};

/// A session of a proof given at or before the subject's cut-off is not created; one of a later proof is.
pub async fn d22_a_creation_at_or_before_the_cut_off_is_refused(store: impl SubjectIndex) {
    let [bob, carol] = subjects_of_one_tag();
    assert_eq!(ok(store.delete_by_subject(&bob, None, at(HOUR)).await), 0);
    // A second deletion by a clock that is late moves nothing back.
    assert_eq!(ok(store.delete_by_subject(&bob, None, at(MINUTE)).await), 0);
    for now in [NOW, at(HOUR), at(HOUR + 1), at(2 * HOUR)] {
        for (millis, expected) in [
            (-HOUR, Created::Refused),
            (-1, Created::Refused),
            (0, Created::Refused),
            (1, Created::Done),
            (HOUR, Created::Done),
        ] {
            let draft = of(&bob).authenticated(at(HOUR + millis)).idle(at(3 * HOUR));
            let record = draft.build();
            assert_eq!(
                ok(store.create(&record, now).await),
                expected,
                "{millis} ms after the cut-off"
            );
            if expected == Created::Done {
                assert_holds(&store, &record.into_stored(now), now).await;
            } else {
                assert_gone(&store, &record.selector(), Some(&bob), now).await;
            }
        }
    }
    // Neither another subject of the same tag nor a visitor is meant.
    for draft in [of(&carol), visitor().selector(selector(bob.tag()))] {
        let row = created(&store, draft.build(), NOW).await;
        assert_holds(&store, &row, NOW).await;
    }
}

/// A spared session is rotated only by a proof given after the cut-off that spared it.
pub async fn d22_a_rotation_at_or_before_the_cut_off_is_refused(store: impl SubjectIndex) {
    let alice = subject("alice");
    let mut row = created(&store, of(&alice).build(), NOW).await;
    assert_eq!(
        ok(store
            .delete_by_subject(&alice, Some(&row.selector), at(MINUTE))
            .await),
        0
    );
    row.lineage_at = at(MINUTE + 1);
    for millis in [-MINUTE, -1, 0] {
        let attempt = reauthentication(at(MINUTE + millis));
        let answer = store
            .rotate(&row.selector, &row.verifier_hash, &attempt, at(2 * MINUTE))
            .await;
        assert_eq!(ok(answer), Rotated::Refused, "{millis} ms after the cut-off");
        assert_holds(&store, &row, at(2 * MINUTE)).await;
    }
    for next in [
        rotation(),
        reauthentication(at(MINUTE + 1)),
        reauthentication(at(2 * MINUTE)),
    ] {
        let answer = store
            .rotate(&row.selector, &row.verifier_hash, &next, at(2 * MINUTE))
            .await;
        row = rotated(&row, &next, at(2 * MINUTE));
        assert_eq!(ok(answer), Rotated::Done(row.version));
        assert_holds(&store, &row, at(2 * MINUTE)).await;
    }
}

/// Creations, fresh authentications and deletions side by side: when all are done, nothing live is as old as the
/// latest cut-off.
pub async fn d22_nothing_live_is_as_old_as_the_cut_off(store: impl SubjectIndex) {
    let store = Arc::new(store);
    for round in 0..40 {
        let alice = subject(&format!("alice-{round}"));
        let spared = created(&*store, of(&alice).build(), NOW).await;
        let other = created(&*store, of(&alice).build(), NOW).await;
        let mut tasks = Vec::new();
        let mut selectors = vec![spared.selector, other.selector];
        for millis in [99, 100, 101, 104, 105, 106] {
            let record = of(&alice).authenticated(at(millis)).build();
            selectors.push(record.selector());
            let store = Arc::clone(&store);
            tasks.push(task(async move {
                assert_ne!(ok(store.create(&record, at(100)).await), Created::Exists);
            }));
        }
        for (row, millis) in [(&spared, 100), (&spared, 105), (&other, 105), (&other, 101)] {
            let (store, selector, hash) = (Arc::clone(&store), row.selector, row.verifier_hash);
            tasks.push(task(async move {
                let attempt = reauthentication(at(millis));
                let _ = ok(store.rotate(&selector, &hash, &attempt, at(100)).await);
            }));
        }
        for millis in [100, 105] {
            let (store, alice, spared) = (Arc::clone(&store), alice.clone(), spared.selector);
            tasks.push(task(async move {
                ok(store.delete_by_subject(&alice, Some(&spared), at(millis)).await);
            }));
        }
        if round % 4 < 2 {
            tasks.reverse();
        }
        race(round, tasks).await;
        let listed = listed(&*store, &alice, at(110)).await;
        assert!(listed.iter().all(|row| row.lineage_at > at(105)), "{listed:?}");
        assert!(
            listed.iter().any(|row| row.selector == spared.selector),
            "it was spared twice"
        );
        for selector in &selectors {
            let loaded = ok(store.load(selector, at(110)).await);
            let shown = listed.iter().find(|row| row.selector == *selector);
            assert_eq!(
                loaded.as_ref(),
                shown,
                "what loads is listed, and what is listed loads"
            );
        }
        // The cut-off is the later one, whichever came last.
        let refused = of(&alice).authenticated(at(105)).build();
        assert_eq!(ok(store.create(&refused, at(110)).await), Created::Refused);
        created(&*store, of(&alice).authenticated(at(106)).build(), at(110)).await;
    }
}

/// Asserts that no operation finds the session, and that none brings it back.
async fn assert_ended(store: &impl SubjectIndex, row: &Stored, now: cloakroom_core::UnixTime) {
    let subject = row.authentication.as_ref().map(|known| &known.subject);
    let answer = store
        .update(&row.selector, row.version, &change(*b"late"), now)
        .await;
    assert_eq!(ok(answer), Updated::Gone);
    let answer = store
        .update(&row.selector, row.version.next(), &change(*b"late"), now)
        .await;
    assert_eq!(ok(answer), Updated::Gone);
    assert_eq!(ok(store.touch(&row.selector, at(HOUR), now).await), Touched::Gone);
    let answer = store
        .rotate(&row.selector, &row.verifier_hash, &rotation(), now)
        .await;
    assert_eq!(ok(answer), Rotated::Gone);
    if subject.is_some() {
        // A late proof does not revive a session either: it is for a new one.
        let fresh = reauthentication(after(now, MINUTE));
        let answer = store.rotate(&row.selector, &row.verifier_hash, &fresh, now).await;
        assert_eq!(ok(answer), Rotated::Gone);
    }
    assert_gone(store, &row.selector, subject, now).await;
}

/// After `revoke_all` no session of an earlier proof is found by anything, a visitor's neither; later ones are.
pub async fn d24_revoke_all_ends_what_is_earlier(store: impl SubjectIndex) {
    let subjects: Vec<Subject> = ["alice", "bob"].map(subject).into();
    let mut ended = Vec::new();
    for subject in &subjects {
        for millis in [-HOUR, -1, 0] {
            let draft = of(subject).authenticated(at(MINUTE + millis)).build();
            ended.push(created(&store, draft, at(MINUTE)).await);
        }
    }
    for millis in [-1, 0] {
        ended.push(created(&store, visitor().build(), at(MINUTE + millis)).await);
    }
    // Created by a server whose clock is ahead, before the cut-off came.
    let early = [
        created(
            &store,
            of(&subjects[0]).authenticated(at(MINUTE + 1)).build(),
            at(MINUTE + 1),
        )
        .await,
        created(&store, visitor().build(), at(MINUTE + 1)).await,
    ];
    ok(store.revoke_all(at(MINUTE)).await);
    for row in &ended {
        assert_ended(&store, row, at(MINUTE)).await;
        assert_ended(&store, row, at(2 * MINUTE)).await;
    }
    assert_eq!(listed(&store, &subjects[1], at(MINUTE)).await, []);
    for row in &early {
        assert_holds(&store, row, at(MINUTE + 1)).await;
    }
    for millis in [-HOUR, 0] {
        let record = of(&subjects[0]).authenticated(at(MINUTE + millis)).build();
        assert_eq!(ok(store.create(&record, at(2 * MINUTE)).await), Created::Refused);
        let record = visitor().build();
        assert_eq!(
            ok(store.create(&record, at(MINUTE + millis)).await),
            Created::Refused
        );
        assert_gone(&store, &record.selector(), None, at(MINUTE + millis)).await;
    }
    for draft in [of(&subjects[0]), of(&subject("new")), visitor()] {
        let record = draft.authenticated(at(MINUTE + 1)).build();
        let row = created(&store, record, at(MINUTE + 1)).await;
        assert_holds(&store, &row, at(MINUTE + 1)).await;
        let answer = store
            .update(&row.selector, row.version, &change(*b"new"), at(MINUTE + 2))
            .await;
        assert_eq!(ok(answer), Updated::Done(row.version.next()));
    }
}

/// An earlier `revoke_all` moves nothing back, and a later one ends what came between.
pub async fn d24_revoke_all_only_moves_forward(store: impl SubjectIndex) {
    let alice = subject("alice");
    ok(store.revoke_all(at(MINUTE)).await);
    ok(store.revoke_all(NOW).await);
    let record = of(&alice).authenticated(at(MINUTE)).build();
    assert_eq!(ok(store.create(&record, at(2 * MINUTE)).await), Created::Refused);
    let between = [
        created(
            &store,
            of(&alice).authenticated(at(2 * MINUTE)).build(),
            at(2 * MINUTE),
        )
        .await,
        created(&store, visitor().build(), at(2 * MINUTE)).await,
    ];
    ok(store.revoke_all(at(MINUTE)).await);
    for row in &between {
        assert_holds(&store, row, at(2 * MINUTE)).await;
    }
    ok(store.revoke_all(at(2 * MINUTE)).await);
    for row in &between {
        assert_ended(&store, row, at(2 * MINUTE)).await;
    }
}

/// The later of both cut-offs counts, whichever was set first.
pub async fn d24_both_cut_offs_count(store: impl SubjectIndex) {
    for (number, [whole, own]) in [[2, 1], [1, 2], [2, 2]].into_iter().enumerate() {
        let shift = i64::try_from(number).expect("it is small") * HOUR;
        let alice = subject(&format!("alice-{number}"));
        if number == 1 {
            ok(store.revoke_all(at(shift + whole)).await);
            ok(store.delete_by_subject(&alice, None, at(shift + own)).await);
        } else {
            ok(store.delete_by_subject(&alice, None, at(shift + own)).await);
            ok(store.revoke_all(at(shift + whole)).await);
        }
        for (millis, expected) in [(1, Created::Refused), (2, Created::Refused), (3, Created::Done)] {
            let deadline = at(shift + MINUTE);
            let draft = of(&alice).authenticated(at(shift + millis)).idle(deadline);
            assert_eq!(
                ok(store.create(&draft.build(), at(shift + 5)).await),
                expected,
                "{millis} ms"
            );
        }
        assert_eq!(listed(&store, &alice, at(shift + 5)).await.len(), 1);
    }
}

/// Sparing a session that a cut-off has ended does not bring it back.
pub async fn d24_an_exception_does_not_bring_an_ended_session_back(store: impl SubjectIndex) {
    let alice = subject("alice");
    let ended = created(&store, of(&alice).build(), NOW).await;
    ok(store.revoke_all(at(1)).await);
    let live = created(&store, of(&alice).authenticated(at(2)).build(), at(2)).await;
    let spared = Some(&ended.selector);
    assert_eq!(ok(store.delete_by_subject(&alice, spared, at(MINUTE)).await), 1);
    for row in [&ended, &live] {
        assert_ended(&store, row, at(MINUTE)).await;
        assert_ended(&store, row, at(2 * MINUTE)).await;
    }
}

/// A spared session outlives its subject's cut-off, but not the next `revoke_all`.
pub async fn d24_a_spared_session_ends_with_the_others(store: impl SubjectIndex) {
    let alice = subject("alice");
    let mut spared = created(&store, of(&alice).build(), NOW).await;
    let selector = spared.selector;
    assert_eq!(
        ok(store.delete_by_subject(&alice, Some(&selector), at(MINUTE)).await),
        0
    );
    spared.lineage_at = at(MINUTE + 1);
    ok(store.revoke_all(at(MINUTE)).await);
    assert_holds(&store, &spared, at(MINUTE + 1)).await;
    ok(store.revoke_all(at(MINUTE + 1)).await);
    assert_ended(&store, &spared, at(MINUTE + 1)).await;
}

/// Sessions created beside `revoke_all`: none of an earlier proof is there when all is done.
pub async fn d24_no_creation_survives_a_revocation_beside_it(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    for round in 1..=16 {
        let cutoff = at(10 * i64::try_from(round).expect("rounds are few"));
        let records: Vec<_> = (0..8)
            .map(|number| match number % 2 {
                0 => of(&alice).authenticated(after(cutoff, -number)).build(),
                _ => visitor().build(),
            })
            .collect();
        let creations = records.clone().into_iter().map(|record| {
            let store = Arc::clone(&store);
            task(async move {
                assert_ne!(ok(store.create(&record, cutoff).await), Created::Exists);
            })
        });
        let revocation = {
            let store = Arc::clone(&store);
            task(async move { ok(store.revoke_all(cutoff).await) })
        };
        race(round, creations.chain([revocation])).await;
        for record in &records {
            assert_gone(&*store, &record.selector(), Some(&alice), cutoff).await;
        }
    }
}
