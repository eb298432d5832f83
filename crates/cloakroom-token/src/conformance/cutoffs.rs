use super::Tested;
use super::check::{assert_gone, assert_holds, created, created_access, listed, ok};
use super::fixture::{
    HOUR, NOW, access_token, access_token_of, at, family, presented, subject, subjects_of_one_tag,
};
use crate::{AccessToken, Created, NewFamily, Rotated, TokenStore};

/// Whoever authenticated at or before the cut-off gets nothing new, with the row as without.
pub async fn f4_a_creation_at_or_before_the_cut_off_is_refused(tested: impl Tested) {
    let store = tested.store();
    let alice = subject("alice");
    assert_eq!(ok(store.revoke_subject(&alice, at(2000), NOW).await), 0);
    for (millis, expected) in [
        (-5000, Created::Refused),
        (0, Created::Refused),
        (1999, Created::Refused),
        (2000, Created::Refused),
        (2001, Created::Done),
        (HOUR, Created::Done),
    ] {
        let new = NewFamily {
            authenticated_at: at(millis),
            ..family(&alice)
        };
        assert_eq!(
            ok(store.create_family(&new, at(10)).await),
            expected,
            "{millis} ms"
        );
        let token = AccessToken {
            authenticated_at: at(millis),
            ..access_token(&alice)
        };
        assert_eq!(
            ok(store.create_access(&token, at(10)).await),
            expected,
            "{millis} ms"
        );
        let loaded = ok(store.load_access(&token.hash, at(10)).await);
        if expected == Created::Done {
            assert_holds(store, &new, &new.stored(at(10)), at(10)).await;
            assert_eq!(loaded, Some(token));
        } else {
            assert_gone(store, &new, at(10)).await;
            assert_eq!(loaded, None);
        }
    }
}

/// Revoking a subject ends all that it has, counts the live families, spares everybody else, and may be repeated.
pub async fn f4_revoking_a_subject_ends_all_it_has(tested: impl Tested) {
    let store = tested.store();
    let [bob, carol] = subjects_of_one_tag();
    let mut own: Vec<NewFamily> = (0..4).map(|_| family(&bob)).collect();
    own.push(NewFamily {
        authenticated_at: at(HOUR),
        ..family(&bob)
    });
    own.push(NewFamily {
        idle_deadline: at(5),
        ..family(&bob)
    });
    let (others, upper) = (family(&carol), family(&subject("Neighbour")));
    for new in own.iter().chain([&others, &upper]) {
        created(store, new, NOW).await;
    }
    let tokens: Vec<AccessToken> = own
        .iter()
        .map(access_token_of)
        .chain([access_token(&bob)])
        .collect();
    let spared = [access_token_of(&others), access_token(&carol)];
    for token in tokens.iter().chain(&spared) {
        created_access(store, token, NOW).await;
    }
    // One has expired, and is not counted.
    assert_eq!(ok(store.revoke_subject(&bob, at(2010), at(10)).await), 5);
    for new in &own {
        assert_gone(store, new, at(4)).await;
        for generation in [0, 1, u32::MAX] {
            assert_eq!(
                ok(store.rotate(&presented(new, generation), at(4)).await),
                Rotated::Gone
            );
        }
    }
    for token in &tokens {
        assert_eq!(ok(store.load_access(&token.hash, at(4)).await), None);
    }
    for new in [&others, &upper] {
        assert_holds(store, new, &new.stored(NOW), at(10)).await;
    }
    for token in &spared {
        assert_eq!(
            ok(store.load_access(&token.hash, at(10)).await).as_ref(),
            Some(token)
        );
    }
    assert_eq!(ok(store.revoke_subject(&bob, at(2010), at(10)).await), 0);
}

/// A cut-off never moves back, and a second one may move it on.
pub async fn f4_a_cut_off_of_a_subject_only_moves_forward(tested: impl Tested) {
    let store = tested.store();
    let alice = subject("alice");
    for (cutoff, authenticated, expected) in [
        (1000, 1000, Created::Refused),
        (500, 1000, Created::Refused),
        (-HOUR, 1000, Created::Refused),
        (-HOUR, 1001, Created::Done),
        (1001, 1001, Created::Refused),
        (1001, 1002, Created::Done),
    ] {
        ok(store.revoke_subject(&alice, at(cutoff), NOW).await);
        let new = NewFamily {
            authenticated_at: at(authenticated),
            ..family(&alice)
        };
        assert_eq!(
            ok(store.create_family(&new, NOW).await),
            expected,
            "{authenticated} after {cutoff}"
        );
    }
    // The last one is there; the one before went with the cut-off that was set after it.
    assert_eq!(listed(store, &alice, NOW).await.len(), 1);
}

/// The cut-off of the whole store ends whatever is as old, of everybody, and refuses what would be.
pub async fn f4_revoke_all_ends_what_is_earlier(tested: impl Tested) {
    let store = tested.store();
    let mut all = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        for (millis, lives) in [(-HOUR, false), (999, false), (1000, false), (1001, true)] {
            let new = NewFamily {
                authenticated_at: at(millis),
                ..family(&subject(name))
            };
            created(store, &new, NOW).await;
            let tokens = [
                access_token_of(&new),
                AccessToken {
                    authenticated_at: at(millis),
                    ..access_token(&new.subject)
                },
            ];
            for token in &tokens {
                created_access(store, token, NOW).await;
            }
            all.push((new, tokens, lives));
        }
    }
    ok(store.revoke_all(at(1000)).await);
    // A restored server may be asked for less.
    ok(store.revoke_all(at(-HOUR)).await);
    for (new, tokens, lives) in &all {
        if *lives {
            assert_holds(store, new, &new.stored(NOW), at(1)).await;
        } else {
            assert_gone(store, new, at(1)).await;
            assert_eq!(ok(store.rotate(&presented(new, 0), at(1)).await), Rotated::Gone);
            assert_eq!(ok(store.rotate(&presented(new, 7), at(1)).await), Rotated::Gone);
        }
        for token in tokens {
            assert_eq!(ok(store.load_access(&token.hash, at(1)).await).is_some(), *lives);
        }
        let next = NewFamily {
            authenticated_at: new.authenticated_at,
            ..family(&new.subject)
        };
        let token = AccessToken {
            authenticated_at: new.authenticated_at,
            ..access_token(&new.subject)
        };
        let expected = if *lives { Created::Done } else { Created::Refused };
        assert_eq!(ok(store.create_family(&next, at(1)).await), expected);
        assert_eq!(ok(store.create_access(&token, at(1)).await), expected);
    }
    // What is dead already is not counted.
    assert_eq!(
        ok(store.revoke_subject(&subject("alice"), at(1001), at(1)).await),
        2
    );
}

/// Both cut-offs count, whichever is later.
pub async fn f4_both_cut_offs_count(tested: impl Tested) {
    let store = tested.store();
    let (alice, bob) = (subject("alice"), subject("bob"));
    ok(store.revoke_subject(&alice, at(2000), NOW).await);
    ok(store.revoke_all(at(1000)).await);
    ok(store.revoke_subject(&bob, at(500), NOW).await);
    for (who, millis, expected) in [
        (&alice, 2000, Created::Refused),
        (&alice, 2001, Created::Done),
        (&bob, 1000, Created::Refused),
        (&bob, 1001, Created::Done),
    ] {
        let new = NewFamily {
            authenticated_at: at(millis),
            ..family(who)
        };
        assert_eq!(ok(store.create_family(&new, NOW).await), expected, "{millis} ms");
    }
}

/// A purge of everything, long after, forgets no cut-off that somebody may still be measured by.
pub async fn f4_a_purge_keeps_the_cut_offs(tested: impl Tested) {
    let store = tested.store();
    let (alice, new) = (subject("alice"), family(&subject("alice")));
    created(store, &new, NOW).await;
    ok(store.revoke_subject(&alice, at(2000), NOW).await);
    ok(store.revoke_all(at(1000)).await);
    let later = at(390 * super::fixture::DAY);
    while ok(store.purge_expired(later, std::num::NonZeroU32::MAX).await) > 0 {}
    let deadlines = |new: NewFamily| NewFamily {
        idle_deadline: at(500 * super::fixture::DAY),
        absolute_deadline: at(500 * super::fixture::DAY),
        ..new
    };
    for (who, millis) in [(&alice, 2000), (&subject("bob"), 1000)] {
        let new = deadlines(NewFamily {
            authenticated_at: at(millis),
            ..family(who)
        });
        assert_eq!(ok(store.create_family(&new, later).await), Created::Refused);
    }
}
