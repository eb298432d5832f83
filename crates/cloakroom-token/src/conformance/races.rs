use std::sync::Arc;

use super::Tested;
use super::check::{Task, assert_gone, assert_holds, created, listed, ok, race, task};
use super::fixture::{NOW, access_token_of, at, client, confirmation, family, key, presented, subject};
use super::rotate::rotated;
use crate::{Created, NewFamily, Presented, Rotated, TokenStore as _};

const ROUNDS: u64 = 24;

/// Two tabs, or 64: of parallel rotations of one token one is done, and the others are told the same family, for the
/// same successor.
pub async fn f1_of_64_parallel_rotations_one_is_done_and_63_retry(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..8 {
        let new = family(&subject("alice"));
        let mut stored = created(tested.store(), &new, NOW).await;
        // And the next generation after it, likewise.
        for generation in 0..2 {
            // Half of the servers would use another key.
            let tokens: Vec<Presented> = (0..64)
                .map(|number| Presented {
                    next_key: key(number % 2),
                    ..presented(&new, generation)
                })
                .collect();
            let answers = race(
                round,
                tokens.clone().into_iter().enumerate().map(|(number, token)| {
                    let tested = Arc::clone(&tested);
                    let now = at(i64::try_from(number % 8).expect("it is below 8"));
                    async move { (now, ok(tested.store().rotate(&token, now).await)) }
                }),
            )
            .await;
            let done: Vec<_> = tokens
                .iter()
                .zip(&answers)
                .filter(|(_, (_, answer))| matches!(answer, Rotated::Done(_)))
                .map(|(token, (now, _))| rotated(&stored, token, *now))
                .collect();
            assert_eq!(done.len(), 1, "{answers:?}");
            stored = done[0].clone();
            for (_, answer) in &answers {
                assert!(
                    *answer == Rotated::Done(stored.clone()) || *answer == Rotated::Retry(stored.clone()),
                    "{answer:?}"
                );
            }
            assert_holds(tested.store(), &new, &stored, at(8)).await;
        }
    }
}

/// What is wrong about a token beside right ones changes nothing of what they get.
pub async fn f3_wrong_tokens_beside_a_rotation_end_nothing(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..ROUNDS {
        let new = NewFamily {
            confirmation: Some(confirmation(1)),
            ..family(&subject("alice"))
        };
        let stored = created(tested.store(), &new, NOW).await;
        let right = presented(&new, 0);
        let wrong = [
            (
                Presented {
                    client: client("other"),
                    ..right.clone()
                },
                Rotated::WrongClient,
            ),
            (
                Presented {
                    confirmation: None,
                    ..right.clone()
                },
                Rotated::WrongConfirmation,
            ),
            (
                Presented {
                    secret_hash: super::fixture::hash(),
                    ..right.clone()
                },
                Rotated::WrongSecret,
            ),
            (
                Presented {
                    generation: 2,
                    ..right.clone()
                },
                Rotated::Ahead,
            ),
        ];
        let tokens = wrong
            .iter()
            .map(|(token, _)| token)
            .chain([&right, &right])
            .cloned();
        let answers = race(
            round,
            tokens.map(|token| {
                let tested = Arc::clone(&tested);
                async move { ok(tested.store().rotate(&token, NOW).await) }
            }),
        )
        .await;
        for ((_, expected), answer) in wrong.iter().zip(&answers) {
            assert_eq!(answer, expected);
        }
        let stored = rotated(&stored, &right, NOW);
        let (done, retry) = (Rotated::Done(stored.clone()), Rotated::Retry(stored.clone()));
        assert!(
            answers[4..] == [done.clone(), retry.clone()] || answers[4..] == [retry, done],
            "{answers:?}"
        );
        assert_holds(tested.store(), &new, &stored, NOW).await;
    }
}

/// A thief and the owner at once: when reuse was found, nothing is left that anybody could rotate.
pub async fn f2_reuse_beside_rotations_ends_the_family(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..ROUNDS {
        let new = family(&subject("alice"));
        created(tested.store(), &new, NOW).await;
        for generation in 0..3 {
            let answer = ok(tested.store().rotate(&presented(&new, generation), NOW).await);
            assert!(matches!(answer, Rotated::Done(_)));
        }
        let answers = race(
            round,
            [0, 3, 3, 2, 0, 4, 5].map(|generation| {
                let (tested, token) = (Arc::clone(&tested), presented(&new, generation));
                async move { ok(tested.store().rotate(&token, at(1)).await) }
            }),
        )
        .await;
        let reused = answers
            .iter()
            .filter(|answer| matches!(answer, Rotated::Reused(_)))
            .count();
        assert_eq!(reused, 1, "{answers:?}");
        assert_gone(tested.store(), &new, at(1)).await;
        for generation in 0..7 {
            assert_eq!(
                ok(tested.store().rotate(&presented(&new, generation), at(1)).await),
                Rotated::Gone
            );
        }
    }
}

/// What ends a family wins over the rotations beside it: whichever came first, nothing is left.
pub async fn f4_an_end_beside_rotations_wins(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..ROUNDS {
        let new = family(&subject("alice"));
        let token = access_token_of(&new);
        created(tested.store(), &new, NOW).await;
        let mut tasks: Vec<Task<Option<Rotated>>> = Vec::new();
        for generation in [0, 1, 0] {
            let (tested, token) = (Arc::clone(&tested), presented(&new, generation));
            tasks.push(task(
                async move { Some(ok(tested.store().rotate(&token, NOW).await)) },
            ));
        }
        let (also, with) = (Arc::clone(&tested), token.clone());
        tasks.push(task(async move {
            let created = ok(also.store().create_access(&with, NOW).await);
            assert!(matches!(created, Created::Done | Created::Refused), "{created:?}");
            None
        }));
        let (also, ends) = (Arc::clone(&tested), new.clone());
        tasks.push(task(async move {
            let store = also.store();
            match round % 6 {
                0 | 1 => assert!(ok(store
                    .end_family(&ends.id, &ends.secret_hash, &ends.client)
                    .await)),
                2 | 3 => assert!(ok(store.end_one(&ends.subject, &ends.id).await)),
                _ => assert_eq!(ok(store.revoke_subject(&ends.subject, at(-1), NOW).await), 1),
            }
            None
        }));
        let answers = race(round, tasks).await;
        for answer in answers.iter().flatten() {
            assert!(
                matches!(
                    answer,
                    Rotated::Done(_) | Rotated::Retry(_) | Rotated::Ahead | Rotated::Late | Rotated::Gone
                ),
                "{answer:?}"
            );
        }
        assert_gone(tested.store(), &new, NOW).await;
        assert_eq!(ok(tested.store().load_access(&token.hash, NOW).await), None);
        for generation in 0..4 {
            assert_eq!(
                ok(tested.store().rotate(&presented(&new, generation), NOW).await),
                Rotated::Gone
            );
        }
    }
}

/// A subject is revoked while families of it are created and rotated: whatever the order, nothing that is as old as the
/// cut-off is left, and nothing newer is refused.
pub async fn f4_revoking_a_subject_beside_creations_and_rotations_wins(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..ROUNDS {
        let alice = subject(&format!("alice {round}"));
        let old: Vec<NewFamily> = (0..4).map(|_| family(&alice)).collect();
        for new in &old {
            created(tested.store(), new, NOW).await;
        }
        let fresh: Vec<NewFamily> = (0..6)
            .map(|number| NewFamily {
                authenticated_at: at(1000 * (number % 3)),
                ..family(&alice)
            })
            .collect();
        let mut tasks: Vec<Task<()>> = Vec::new();
        for new in &old {
            let (tested, token) = (Arc::clone(&tested), presented(new, 0));
            tasks.push(task(async move {
                let answer = ok(tested.store().rotate(&token, NOW).await);
                assert!(matches!(answer, Rotated::Done(_) | Rotated::Gone), "{answer:?}");
            }));
        }
        for new in fresh.clone() {
            let tested = Arc::clone(&tested);
            tasks.push(task(async move {
                let answer = ok(tested.store().create_family(&new, NOW).await);
                let is_newer = new.authenticated_at > at(1000);
                assert!(
                    answer == Created::Done || (!is_newer && answer == Created::Refused),
                    "{answer:?}"
                );
                if !is_newer && answer == Created::Done {
                    let with = ok(tested.store().create_access(&access_token_of(&new), NOW).await);
                    assert!(matches!(with, Created::Done | Created::Refused), "{with:?}");
                }
            }));
        }
        let (also, who) = (Arc::clone(&tested), alice.clone());
        tasks.push(task(async move {
            let ended = ok(also.store().revoke_subject(&who, at(1000), NOW).await);
            assert!((4..=10).contains(&ended), "{ended} ended");
        }));
        race(round, tasks).await;
        for new in old
            .iter()
            .chain(&fresh)
            .filter(|new| new.authenticated_at <= at(1000))
        {
            assert_gone(tested.store(), new, NOW).await;
            assert_eq!(
                ok(tested.store().rotate(&presented(new, 0), NOW).await),
                Rotated::Gone
            );
            assert_eq!(
                ok(tested.store().rotate(&presented(new, 1), NOW).await),
                Rotated::Gone
            );
        }
        for left in listed(tested.store(), &alice, NOW).await {
            assert_eq!(left.authenticated_at, at(2000));
        }
    }
}

/// The whole store is revoked while families are created and rotated.
pub async fn f4_revoke_all_beside_creations_and_rotations_wins(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..8 {
        let cutoff = i64::try_from(round).expect("it is small") * 1000;
        let families: Vec<NewFamily> = (0..8)
            .map(|number| NewFamily {
                authenticated_at: at(cutoff + number % 2),
                ..family(&subject(&format!("subject {number}")))
            })
            .collect();
        for new in &families[..4] {
            created(tested.store(), new, NOW).await;
        }
        let mut tasks: Vec<Task<()>> = Vec::new();
        for (number, new) in families.iter().enumerate() {
            let (tested, new) = (Arc::clone(&tested), new.clone());
            let is_newer = number % 2 == 1;
            tasks.push(task(async move {
                let store = tested.store();
                if number < 4 {
                    let answer = ok(store.rotate(&presented(&new, 0), NOW).await);
                    let fits = matches!(answer, Rotated::Done(_)) || (!is_newer && answer == Rotated::Gone);
                    assert!(fits, "{answer:?}");
                } else {
                    let answer = ok(store.create_family(&new, NOW).await);
                    assert!(
                        answer == Created::Done || (!is_newer && answer == Created::Refused),
                        "{answer:?}"
                    );
                }
            }));
        }
        let also = Arc::clone(&tested);
        tasks.push(task(async move { ok(also.store().revoke_all(at(cutoff)).await) }));
        race(round, tasks).await;
        for (number, new) in families.iter().enumerate() {
            let loaded = ok(tested.store().load_family(&new.id, &new.secret_hash, NOW).await);
            assert_eq!(loaded.is_some(), number % 2 == 1, "family {number}");
            let seen = listed(tested.store(), &new.subject, NOW).await;
            assert_eq!(seen.iter().any(|seen| seen.id == new.id), number % 2 == 1);
        }
    }
}
