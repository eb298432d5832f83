use std::time::Duration;

use cloakroom_core::UnixTime;

use super::Tested;
use super::check::{assert_gone, assert_holds, created, ok};
use super::fixture::{
    DAY, GRACE, MINUTE, NOW, at, client, confirmation, family, hash, key, presented, subject,
};
use crate::{Family, NewFamily, Presented, Rotated, TokenStore};

/// What `stored` becomes when `token` is its newest.
pub(super) fn rotated(stored: &Family, token: &Presented, now: UnixTime) -> Family {
    Family {
        generation: stored.generation + 1,
        key_id: token.next_key,
        rotated_at: now,
        idle_deadline: stored
            .idle_deadline
            .max(token.idle_deadline)
            .min(stored.absolute_deadline),
        ..stored.clone()
    }
}

/// Rotates a new family so many times, a second after the other, and gives it as it then is. The last rotation was a
/// second before the time that is given with it.
async fn rotated_often(store: &impl TokenStore, new: &NewFamily, times: u32) -> (Family, i64) {
    let mut stored = created(store, new, NOW).await;
    for generation in 0..times {
        let (token, now) = (presented(new, generation), at(1000 * i64::from(generation)));
        stored = rotated(&stored, &token, now);
        assert_eq!(ok(store.rotate(&token, now).await), Rotated::Done(stored.clone()));
    }
    (stored, 1000 * (i64::from(times) - 1))
}

/// The newest token: the generation counts up, the key is the next one, the idle deadline moves forward but never beyond
/// the absolute one, and nothing else changes.
pub async fn f2_the_newest_token_rotates(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let mut stored = created(store, &new, NOW).await;
    for (generation, deadline, expected) in [
        (0, at(31 * DAY), at(31 * DAY)),
        (1, at(30 * DAY), at(31 * DAY)),
        (2, at(90 * DAY - 1), at(90 * DAY - 1)),
        (3, at(90 * DAY), at(90 * DAY)),
        (4, at(91 * DAY), at(90 * DAY)),
        (5, NOW, at(90 * DAY)),
    ] {
        // A clock that goes back is no reason to refuse.
        let now = at(MINUTE - 7 * i64::from(generation));
        let token = Presented {
            idle_deadline: deadline,
            next_key: key(100 + generation),
            ..presented(&new, generation)
        };
        stored = rotated(&stored, &token, now);
        assert_eq!(stored.idle_deadline, expected);
        assert_eq!(ok(store.rotate(&token, now).await), Rotated::Done(stored.clone()));
        assert_holds(store, &new, &stored, now).await;
    }
}

/// The token before the newest, inside grace: the family as it is, as often as it is asked, whatever the retry would have
/// moved.
pub async fn f2_the_token_before_is_a_retry_inside_grace(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let (stored, last) = rotated_often(store, &new, 3).await;
    for millis in [-5000, 0, 1, 9999] {
        let now = at(last + millis);
        let token = Presented {
            idle_deadline: at(80 * DAY),
            next_key: key(99),
            ..presented(&new, 2)
        };
        assert_eq!(
            ok(store.rotate(&token, now).await),
            Rotated::Retry(stored.clone()),
            "{millis} ms"
        );
        assert_holds(store, &new, &stored, now).await;
    }
    // And the newest one still rotates.
    let (token, now) = (presented(&new, 3), at(last + 9999));
    let stored = rotated(&stored, &token, now);
    assert_eq!(ok(store.rotate(&token, now).await), Rotated::Done(stored));
}

/// The token before the newest, from the first millisecond past grace on: reuse, which ends the family.
pub async fn f2_the_token_before_is_reuse_past_grace(tested: impl Tested) {
    let store = tested.store();
    for millis in [10_000, 10_001, 1_000_000] {
        let new = family(&subject("alice"));
        let (stored, last) = rotated_often(store, &new, 2).await;
        let now = at(last + millis);
        assert_eq!(
            ok(store.rotate(&presented(&new, 1), now).await),
            Rotated::Reused(stored),
            "{millis} ms"
        );
        assert_gone(store, &new, now).await;
        for generation in 0..4 {
            assert_eq!(
                ok(store.rotate(&presented(&new, generation), now).await),
                Rotated::Gone
            );
        }
    }
}

/// The token two before the newest: refused while the grace of the last rotation runs, and reuse from its end on.
pub async fn f2_the_token_two_before_is_late_inside_grace(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let (stored, last) = rotated_often(store, &new, 4).await;
    for millis in [-1000, 0, 9999] {
        let now = at(last + millis);
        assert_eq!(
            ok(store.rotate(&presented(&new, 2), now).await),
            Rotated::Late,
            "{millis} ms"
        );
        assert_holds(store, &new, &stored, now).await;
    }
    let now = at(last + 10_000);
    assert_eq!(
        ok(store.rotate(&presented(&new, 2), now).await),
        Rotated::Reused(stored)
    );
    assert_gone(store, &new, now).await;
}

/// Grace never extends to older ones: they are reuse at any time, even in the millisecond of the last rotation.
pub async fn f2_any_older_token_is_reuse_even_inside_grace(tested: impl Tested) {
    let store = tested.store();
    for (generation, millis) in [(1, 0), (1, 9999), (0, 0), (0, 10_000), (1, -500)] {
        let new = family(&subject("alice"));
        let (stored, last) = rotated_often(store, &new, 4).await;
        let now = at(last + millis);
        let answer = ok(store.rotate(&presented(&new, generation), now).await);
        assert_eq!(answer, Rotated::Reused(stored), "{generation} after {millis} ms");
        assert_gone(store, &new, now).await;
    }
}

/// The grace of the newest rotation alone counts: each rotation begins another one.
pub async fn f2_a_rotation_begins_a_new_grace(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let stored = created(store, &new, NOW).await;
    // There is none before the first rotation, and none of the creation's.
    let first = presented(&new, 0);
    let stored = rotated(&stored, &first, at(20_000));
    assert_eq!(
        ok(store.rotate(&first, at(20_000)).await),
        Rotated::Done(stored.clone())
    );
    assert_eq!(
        ok(store.rotate(&first, at(29_999)).await),
        Rotated::Retry(stored.clone())
    );
    let second = presented(&new, 1);
    let stored = rotated(&stored, &second, at(29_999));
    assert_eq!(
        ok(store.rotate(&second, at(29_999)).await),
        Rotated::Done(stored.clone())
    );
    assert_eq!(
        ok(store.rotate(&second, at(39_998)).await),
        Rotated::Retry(stored.clone())
    );
    assert_eq!(ok(store.rotate(&first, at(39_998)).await), Rotated::Late);
    assert_eq!(
        ok(store.rotate(&second, at(39_999)).await),
        Rotated::Reused(stored)
    );
}

/// Without grace the token before is reuse at once, also when another server's clock is behind; and a grace of a
/// millisecond is one millisecond.
pub async fn f5_a_grace_of_nothing_is_none(tested: impl Tested) {
    let store = tested.store();
    let millisecond = Duration::from_millis(1);
    for (grace, millis, is_retry) in [
        (Duration::ZERO, 0, false),
        (Duration::ZERO, -1, false),
        (Duration::ZERO, -5000, false),
        (Duration::from_nanos(999_999), 0, false),
        (millisecond, -1, true),
        (millisecond, 0, true),
        (millisecond, 1, false),
        (Duration::from_micros(1999), 0, true),
        (Duration::from_micros(1999), 1, false),
        (GRACE, 9999, true),
    ] {
        let new = family(&subject("alice"));
        let (stored, last) = rotated_often(store, &new, 2).await;
        let token = Presented {
            grace,
            ..presented(&new, 1)
        };
        let now = at(last + millis);
        let expected = if is_retry {
            Rotated::Retry(stored)
        } else {
            Rotated::Reused(stored)
        };
        assert_eq!(
            ok(store.rotate(&token, now).await),
            expected,
            "{grace:?} after {millis} ms"
        );
    }
}

/// What cannot have been issued is refused, and ends nothing.
pub async fn f18_a_token_above_the_newest_is_ahead(tested: impl Tested) {
    let store = tested.store();
    for times in [0, 1, 3] {
        let new = family(&subject("alice"));
        let (stored, last) = match times {
            0 => (created(store, &new, NOW).await, 0),
            _ => rotated_often(store, &new, times).await,
        };
        for generation in [times + 1, times + 2, 1 << 31, u32::MAX] {
            for millis in [0, 20_000] {
                let answer = ok(store
                    .rotate(&presented(&new, generation), at(last + millis))
                    .await);
                assert_eq!(answer, Rotated::Ahead, "{generation} of {times}");
                assert_holds(store, &new, &stored, at(last + millis)).await;
            }
        }
    }
}

/// With the right id and another secret nothing is rotated, told or ended, whichever generation it is.
pub async fn f17_a_wrong_secret_is_refused_and_ends_nothing(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let (stored, last) = rotated_often(store, &new, 4).await;
    for generation in [0, 1, 2, 3, 4, 5, u32::MAX] {
        for millis in [0, 20_000] {
            let now = at(last + millis);
            // Another client and another key beside it make no difference.
            for token in [
                presented(&new, generation),
                Presented {
                    client: client("other"),
                    ..presented(&new, generation)
                },
                Presented {
                    confirmation: Some(confirmation(9)),
                    ..presented(&new, generation)
                },
            ] {
                let token = Presented {
                    secret_hash: hash(),
                    ..token
                };
                assert_eq!(ok(store.rotate(&token, now).await), Rotated::WrongSecret);
            }
            assert_holds(store, &new, &stored, now).await;
        }
    }
}

/// Another client's token rotates nothing and ends nothing, whichever generation it is; clients are compared byte for byte.
pub async fn f3_another_client_rotates_and_ends_nothing(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        confirmation: Some(confirmation(1)),
        ..family(&subject("alice"))
    };
    let (stored, last) = rotated_often(store, &new, 4).await;
    for id in ["other", "App", "app ", "ap", "apple", "\u{e4}pp"] {
        for generation in [0, 1, 2, 3, 4, 5, u32::MAX] {
            for millis in [0, 20_000] {
                let now = at(last + millis);
                let token = Presented {
                    client: client(id),
                    ..presented(&new, generation)
                };
                assert_eq!(ok(store.rotate(&token, now).await), Rotated::WrongClient);
                let token = Presented {
                    confirmation: None,
                    ..token
                };
                assert_eq!(ok(store.rotate(&token, now).await), Rotated::WrongClient);
            }
        }
    }
    assert_holds(store, &new, &stored, at(last)).await;
}

/// A rotation of what is not there creates nothing and ends nothing.
pub async fn f3_an_unknown_family_is_gone(tested: impl Tested) {
    let store = tested.store();
    let (alice, new) = (subject("alice"), family(&subject("alice")));
    let other = family(&alice);
    let stored = created(store, &other, NOW).await;
    for generation in [0, 1, 2, u32::MAX] {
        assert_eq!(
            ok(store.rotate(&presented(&new, generation), NOW).await),
            Rotated::Gone
        );
        let token = Presented {
            secret_hash: other.secret_hash,
            ..presented(&new, generation)
        };
        assert_eq!(ok(store.rotate(&token, NOW).await), Rotated::Gone);
    }
    assert_gone(store, &new, NOW).await;
    assert_holds(store, &other, &stored, NOW).await;
    created(store, &new, NOW).await;
}

/// The key that a family is bound to is asked for at each rotation, at each retry and of each older token: without it
/// nothing is told and nothing ends.
pub async fn f18_the_bound_key_is_asked_for_on_rotation_and_retry(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        confirmation: Some(confirmation(1)),
        ..family(&subject("alice"))
    };
    let (stored, last) = rotated_often(store, &new, 4).await;
    let nearly = {
        let mut bytes = *confirmation(1).as_bytes();
        bytes[31] ^= 1;
        crate::Confirmation::from_bytes(bytes)
    };
    for wrong in [None, Some(confirmation(2)), Some(confirmation(0)), Some(nearly)] {
        for generation in [0, 1, 2, 3, 4, 5, u32::MAX] {
            for millis in [0, 20_000] {
                let token = Presented {
                    confirmation: wrong,
                    ..presented(&new, generation)
                };
                let answer = ok(store.rotate(&token, at(last + millis)).await);
                assert_eq!(answer, Rotated::WrongConfirmation, "generation {generation}");
            }
        }
        assert_holds(store, &new, &stored, at(last)).await;
    }
    assert_eq!(
        ok(store.rotate(&presented(&new, 3), at(last)).await),
        Rotated::Retry(stored.clone())
    );
    let token = presented(&new, 4);
    assert_eq!(
        ok(store.rotate(&token, at(last)).await),
        Rotated::Done(rotated(&stored, &token, at(last)))
    );
}

/// A family that is bound to no key ignores one that is proved, and is not bound by it.
pub async fn f18_an_unbound_family_ignores_a_key(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let stored = created(store, &new, NOW).await;
    let token = Presented {
        confirmation: Some(confirmation(1)),
        ..presented(&new, 0)
    };
    let stored = rotated(&stored, &token, NOW);
    assert_eq!(stored.confirmation, None);
    assert_eq!(ok(store.rotate(&token, NOW).await), Rotated::Done(stored.clone()));
    let other = Presented {
        confirmation: Some(confirmation(2)),
        ..token
    };
    assert_eq!(
        ok(store.rotate(&other, NOW).await),
        Rotated::Retry(stored.clone())
    );
    assert_holds(store, &new, &stored, NOW).await;
}
