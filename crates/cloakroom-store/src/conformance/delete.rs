use std::sync::Arc;

use super::check::{assert_gone, assert_holds, created, listed, ok, race, task};
use super::fixture::{HOUR, NOW, at, change, of, rotation, subject, subjects_of_one_tag, visitor};
use crate::{Rotated, SubjectIndex, Touched, Updated, Version};

/// After a deletion each late write finds nothing, and leaves nothing.
pub async fn d1_a_late_write_does_not_bring_a_deleted_session_back(store: impl SubjectIndex) {
    let alice = subject("alice");
    for (number, draft) in [of(&alice), visitor(), of(&alice), of(&alice)]
        .into_iter()
        .enumerate()
    {
        let row = created(&store, draft.build(), NOW).await;
        match number {
            2 => assert!(ok(store.delete_one(&alice, &row.selector).await)),
            3 => assert_eq!(ok(store.delete_by_subject(&alice, None, at(1)).await), 1),
            _ => assert!(ok(store.delete(&row.selector).await)),
        }
        for _ in 0..2 {
            let answer = store
                .update(&row.selector, row.version, &change(*b"late"), at(2))
                .await;
            assert_eq!(ok(answer), Updated::Gone);
            let answer = store.touch(&row.selector, at(HOUR), at(2)).await;
            assert_eq!(ok(answer), Touched::Gone);
            let answer = store
                .rotate(&row.selector, &row.verifier_hash, &rotation(), at(2))
                .await;
            assert_eq!(ok(answer), Rotated::Gone);
            assert_gone(&store, &row.selector, Some(&alice), at(2)).await;
            assert!(!ok(store.delete(&row.selector).await), "a second deletion");
            assert!(
                !ok(store.delete_one(&alice, &row.selector).await),
                "a second deletion"
            );
        }
    }
}

/// Writes of all kinds beside a deletion, many times: nothing is left, in whatever order they came.
pub async fn d1_no_write_beside_a_deletion_brings_the_session_back(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    for round in 0..72 {
        let draft = if round % 3 == 0 { visitor() } else { of(&alice) };
        let row = created(&*store, draft.build(), NOW).await;
        let (selector, hash) = (row.selector, row.verifier_hash);
        let writes = [0_u8, 1, 2, 0, 1, 2].map(|kind| {
            let store = Arc::clone(&store);
            task(async move {
                match kind {
                    0 => drop(ok(store
                        .update(&selector, Version::FIRST, &change([1]), NOW)
                        .await)),
                    1 => {
                        let _ = ok(store.touch(&selector, at(HOUR), NOW).await);
                    }
                    _ => {
                        let _ = ok(store.rotate(&selector, &hash, &rotation(), NOW).await);
                    }
                }
            })
        });
        let deletion = {
            let (store, alice) = (Arc::clone(&store), alice.clone());
            task(async move {
                match round % 3 {
                    2 => assert!(ok(store.delete_one(&alice, &selector).await)),
                    _ => assert!(ok(store.delete(&selector).await)),
                }
            })
        };
        race(round, writes.into_iter().chain([deletion])).await;
        assert_gone(&*store, &selector, Some(&alice), NOW).await;
        assert!(!ok(store.delete(&selector).await), "nothing was left to delete");
    }
    assert_eq!(listed(&*store, &alice, NOW).await, []);
}

/// Of parallel deletions of one session exactly one tells that it did it.
pub async fn d1_one_of_parallel_deletions_did_it(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    for round in 0..16 {
        let row = created(&*store, of(&alice).build(), NOW).await;
        let answers = race(
            round,
            (0..8).map(|number| {
                let (store, alice) = (Arc::clone(&store), alice.clone());
                async move {
                    match number % 2 {
                        0 => ok(store.delete(&row.selector).await),
                        _ => ok(store.delete_one(&alice, &row.selector).await),
                    }
                }
            }),
        )
        .await;
        assert_eq!(answers.iter().filter(|&&done| done).count(), 1, "{answers:?}");
    }
}

/// Who names the selector of another subject's session changes nothing, and learns nothing.
pub async fn d20_a_subject_deletes_only_its_own(store: impl SubjectIndex) {
    let [bob, carol] = subjects_of_one_tag();
    let (alice, upper) = (subject("alice"), subject("Alice"));
    let mine = created(&store, of(&bob).build(), NOW).await;
    let nobodys = created(
        &store,
        visitor().selector(super::fixture::selector(bob.tag())).build(),
        NOW,
    )
    .await;
    for other in [&carol, &alice, &upper] {
        assert!(!ok(store.delete_one(other, &mine.selector).await));
        assert!(!ok(store.delete_one(other, &nobodys.selector).await));
        assert_holds(&store, &mine, NOW).await;
    }
    assert!(
        !ok(store.delete_one(&bob, &nobodys.selector).await),
        "a visitor's session"
    );
    assert!(
        !ok(store.delete_one(&bob, &super::fixture::selector(bob.tag())).await),
        "an unknown one"
    );
    assert!(
        !ok(store
            .delete_one(&bob, &super::fixture::selector(alice.tag()))
            .await),
        "an unknown one"
    );
    assert_holds(&store, &mine, NOW).await;
    assert_holds(&store, &nobodys, NOW).await;

    let second = created(&store, of(&bob).build(), NOW).await;
    assert!(ok(store.delete_one(&bob, &mine.selector).await));
    assert_gone(&store, &mine.selector, Some(&bob), NOW).await;
    assert_holds(&store, &second, NOW).await;
    assert!(!ok(store.delete_one(&bob, &mine.selector).await), "a second time");
}
