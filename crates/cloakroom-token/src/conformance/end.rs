use std::num::NonZeroU32;
use std::sync::Arc;

use super::Tested;
use super::check::{assert_gone, assert_holds, created, created_access, ok, race};
use super::fixture::{
    NOW, access_token, access_token_of, at, client, family, hash, presented, subject, subjects_of_one_tag,
};
use crate::{AccessToken, Created, NewFamily, Rotated, TokenStore as _};

/// Who holds a token ends its family; who has a part of it alone ends nothing.
pub async fn f3_a_family_is_ended_by_its_own_client_and_secret(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let stored = created(store, &new, NOW).await;
    let other = family(&subject("alice"));
    created(store, &other, NOW).await;
    for (id, secret, owner) in [
        (&new.id, &hash(), "app"),
        (&new.id, &other.secret_hash, "app"),
        (&new.id, &new.secret_hash, "other"),
        (&new.id, &new.secret_hash, "App"),
        (&other.id, &new.secret_hash, "app"),
        (&super::fixture::family_id(new.id.tag()), &new.secret_hash, "app"),
    ] {
        assert!(!ok(store.end_family(id, secret, &client(owner)).await));
    }
    assert_holds(store, &new, &stored, at(1)).await;
    assert_holds(store, &other, &other.stored(NOW), at(1)).await;
    assert!(ok(store.end_family(&new.id, &new.secret_hash, &new.client).await));
    assert_gone(store, &new, at(1)).await;
    assert!(!ok(store
        .end_family(&new.id, &new.secret_hash, &new.client)
        .await));
    assert_eq!(ok(store.rotate(&presented(&new, 0), at(1)).await), Rotated::Gone);
    assert_holds(store, &other, &other.stored(NOW), at(1)).await;
}

/// The row of a family that is not live any more is ended all the same.
pub async fn f3_an_expired_family_can_be_ended(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        idle_deadline: at(-1),
        ..family(&subject("alice"))
    };
    created(store, &new, NOW).await;
    assert_gone(store, &new, NOW).await;
    assert!(ok(store.end_family(&new.id, &new.secret_hash, &new.client).await));
    assert!(!ok(store
        .end_family(&new.id, &new.secret_hash, &new.client)
        .await));
    created(store, &new, NOW).await;
}

/// A list of devices ends the subject's own families, and answers to another's id as to an unknown one.
pub async fn f3_a_subject_ends_only_its_own_families(tested: impl Tested) {
    let store = tested.store();
    let [bob, carol] = subjects_of_one_tag();
    let (own, others) = (family(&bob), family(&carol));
    created(store, &own, NOW).await;
    created(store, &others, NOW).await;
    assert!(!ok(store.end_one(&bob, &others.id).await));
    assert!(!ok(store.end_one(&subject("alice"), &others.id).await));
    assert!(!ok(store
        .end_one(&bob, &super::fixture::family_id(bob.tag()))
        .await));
    assert_holds(store, &others, &others.stored(NOW), NOW).await;
    assert!(ok(store.end_one(&bob, &own.id).await));
    assert!(!ok(store.end_one(&bob, &own.id).await));
    assert_gone(store, &own, NOW).await;
    assert_holds(store, &others, &others.stored(NOW), NOW).await;
}

/// Of parallel ends of one family exactly one did it.
pub async fn f4_one_of_parallel_ends_did_it(tested: impl Tested) {
    let tested = Arc::new(tested);
    let alice = subject("alice");
    for round in 0..8 {
        let new = family(&alice);
        created(tested.store(), &new, NOW).await;
        let answers = race(
            round,
            (0..16).map(|number| {
                let (tested, new) = (Arc::clone(&tested), new.clone());
                async move {
                    let store = tested.store();
                    ok(match number % 2 {
                        0 => store.end_family(&new.id, &new.secret_hash, &new.client).await,
                        _ => store.end_one(&new.subject, &new.id).await,
                    })
                }
            }),
        )
        .await;
        assert_eq!(answers.iter().filter(|&&did| did).count(), 1, "{answers:?}");
        assert_gone(tested.store(), &new, NOW).await;
    }
}

/// However a family ends, its access tokens end with it, and no new one can come with it.
pub async fn f4_access_tokens_end_with_their_family(tested: impl Tested) {
    let store = tested.store();
    let alice = subject("alice");
    let free = access_token(&alice);
    created_access(store, &free, NOW).await;
    for way in 0..4 {
        let (new, spared) = (family(&alice), family(&alice));
        created(store, &new, NOW).await;
        created(store, &spared, NOW).await;
        let (token, other) = (access_token_of(&new), access_token_of(&spared));
        created_access(store, &token, NOW).await;
        created_access(store, &other, NOW).await;
        match way {
            0 => assert!(ok(store.end_family(&new.id, &new.secret_hash, &new.client).await)),
            1 => assert!(ok(store.end_one(&alice, &new.id).await)),
            2 => {
                for generation in [0, 1, 2] {
                    let answer = ok(store.rotate(&presented(&new, generation), NOW).await);
                    assert!(matches!(answer, Rotated::Done(_)));
                }
                // A rotation ends no access token.
                assert_eq!(
                    ok(store.load_access(&token.hash, NOW).await).as_ref(),
                    Some(&token)
                );
                let answer = ok(store.rotate(&presented(&new, 0), NOW).await);
                assert!(matches!(answer, Rotated::Reused(_)));
            }
            _ => {
                tested.set_generation(&new.id, u64::from(u32::MAX)).await;
                let answer = ok(store.rotate(&presented(&new, u32::MAX), NOW).await);
                assert!(matches!(answer, Rotated::Exhausted(_)));
            }
        }
        assert_eq!(ok(store.load_access(&token.hash, at(1)).await), None, "way {way}");
        assert_eq!(
            ok(store.create_access(&access_token_of(&new), at(1)).await),
            Created::Refused
        );
        assert_eq!(ok(store.load_access(&other.hash, at(1)).await), Some(other));
    }
    assert_eq!(ok(store.load_access(&free.hash, at(1)).await), Some(free));
    assert_eq!(
        ok(store.create_access(&access_token_of(&family(&alice)), NOW).await),
        Created::Refused
    );
}

/// An access token is ended by its own client alone, and nothing else ends with it.
pub async fn f20_an_access_token_is_ended_by_its_own_client(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    created(store, &new, NOW).await;
    let (token, other) = (access_token_of(&new), access_token_of(&new));
    created_access(store, &token, NOW).await;
    created_access(store, &other, NOW).await;
    for id in ["other", "App", "app\u{301}"] {
        assert!(!ok(store.end_access(&token.hash, &client(id)).await));
    }
    assert!(!ok(store.end_access(&hash(), &client("app")).await));
    assert_eq!(ok(store.load_access(&token.hash, NOW).await), Some(token.clone()));
    assert!(ok(store.end_access(&token.hash, &client("app")).await));
    assert!(!ok(store.end_access(&token.hash, &client("app")).await));
    assert_eq!(ok(store.load_access(&token.hash, NOW).await), None);
    assert_eq!(ok(store.load_access(&other.hash, NOW).await), Some(other));
    assert_holds(store, &new, &new.stored(NOW), NOW).await;
}

/// A list shows what is live now, in the order of the ids, in parts of any size.
pub async fn list_shows_what_is_live_in_parts(tested: impl Tested) {
    let store = tested.store();
    let [bob, carol] = subjects_of_one_tag();
    let mut expected = Vec::new();
    for number in 0..17 {
        let new = family(&bob);
        let stored = created(store, &new, at(number)).await;
        expected.push(stored);
        created(
            store,
            &NewFamily {
                idle_deadline: at(50),
                ..family(&bob)
            },
            at(number),
        )
        .await;
        created(
            store,
            &NewFamily {
                absolute_deadline: at(49),
                ..family(&bob)
            },
            at(number),
        )
        .await;
        created(store, &family(&carol), at(number)).await;
    }
    expected.sort_by_key(|family| family.id);
    for size in [1, 2, 3, 16, 17, 18, u32::MAX] {
        assert_eq!(
            super::check::listed_by(store, &bob, size, at(50)).await,
            expected,
            "parts of {size}"
        );
    }
    assert_eq!(super::check::listed(store, &bob, at(48)).await.len(), 51);
    assert_eq!(super::check::listed(store, &subject("nobody"), at(50)).await, []);
    // A mark need not be there any more.
    let mark = expected[8].id;
    assert!(ok(store.end_one(&bob, &mark).await));
    let rest = ok(store
        .list_by_subject(&bob, Some(&mark), NonZeroU32::MAX, at(50))
        .await);
    assert_eq!(rest, expected[9..]);
}

/// A purge deletes what is not live, in batches no larger than it is told, and nothing that is.
pub async fn purge_deletes_what_is_not_live(tested: impl Tested) {
    let store = tested.store();
    let names = ["alice", "bob", "carol"].map(subject);
    let (mut live, mut dead, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    for who in &names {
        for _ in 0..4 {
            live.push(NewFamily {
                authenticated_at: at(1),
                ..family(who)
            });
            dead.push(NewFamily {
                idle_deadline: at(100),
                authenticated_at: at(1),
                ..family(who)
            });
            dead.push(NewFamily {
                absolute_deadline: at(99),
                authenticated_at: at(1),
                ..family(who)
            });
            dead.push(family(who));
            for end in [100, 101] {
                tokens.push(AccessToken {
                    expires_at: at(end),
                    authenticated_at: at(1),
                    ..access_token(who)
                });
            }
        }
    }
    for new in live.iter().chain(&dead) {
        created(store, new, NOW).await;
    }
    for token in &tokens {
        created_access(store, token, NOW).await;
    }
    // It ends those that authenticated at NOW.
    ok(store.revoke_all(NOW).await);
    let mut purged = 0;
    for size in [1, 2, 3, 5, u32::MAX] {
        let count = ok(store
            .purge_expired(at(100), NonZeroU32::new(size).expect("it is not 0"))
            .await);
        assert!(count <= u64::from(size), "{count} of {size}");
        purged += count;
    }
    while let count @ 1.. = ok(store.purge_expired(at(100), NonZeroU32::MAX).await) {
        purged += count;
    }
    assert_eq!(purged, dead.len() as u64 + 12);
    for new in &live {
        assert_holds(store, new, &new.stored(NOW), at(100)).await;
        assert!(matches!(
            ok(store.rotate(&presented(new, 0), at(100)).await),
            Rotated::Done(_)
        ));
    }
    for new in &dead {
        assert_gone(store, new, NOW).await;
        let new = NewFamily {
            authenticated_at: at(1),
            ..new.clone()
        };
        assert_eq!(ok(store.create_family(&new, at(100)).await), Created::Done);
    }
    for token in &tokens {
        let is_live = token.expires_at == at(101);
        assert_eq!(
            ok(store.load_access(&token.hash, at(99)).await).is_some(),
            is_live
        );
        let expected = if is_live { Created::Exists } else { Created::Done };
        assert_eq!(ok(store.create_access(token, at(100)).await), expected);
    }
}

/// Purgers side by side delete each row once.
pub async fn purge_side_by_side_counts_each_row_once(tested: impl Tested) {
    let tested = Arc::new(tested);
    for round in 0..4 {
        let alice = subject(&format!("alice {round}"));
        for _ in 0..20 {
            created(
                tested.store(),
                &NewFamily {
                    idle_deadline: at(5),
                    ..family(&alice)
                },
                NOW,
            )
            .await;
        }
        let kept = family(&alice);
        created(tested.store(), &kept, NOW).await;
        let counts = race(
            round,
            (0..6).map(|_| {
                let tested = Arc::clone(&tested);
                async move {
                    let mut purged = 0;
                    let size = NonZeroU32::new(3).expect("it is not 0");
                    while let count @ 1.. = ok(tested.store().purge_expired(at(5), size).await) {
                        assert!(count <= 3, "{count} of 3");
                        purged += count;
                    }
                    purged
                }
            }),
        )
        .await;
        assert_eq!(counts.iter().sum::<u64>(), 20, "{counts:?}");
        assert_holds(tested.store(), &kept, &kept.stored(NOW), at(5)).await;
    }
}
