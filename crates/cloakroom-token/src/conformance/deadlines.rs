use super::Tested;
use super::check::{assert_gone, assert_holds, created, created_access, ok};
use super::fixture::{DAY, HOUR, NOW, access_token, access_token_of, at, family, presented, subject};
use super::rotate::rotated;
use crate::{AccessToken, Created, NewFamily, Presented, Rotated, TokenStore as _};

/// A family lives until the millisecond before its idle deadline, and is gone from the deadline on.
pub async fn f5_a_family_ends_at_its_idle_deadline(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        idle_deadline: at(12_345),
        ..family(&subject("alice"))
    };
    let stored = created(store, &new, NOW).await;
    assert_holds(store, &new, &stored, at(12_344)).await;
    for millis in [12_345, 12_346, 91 * DAY] {
        assert_gone(store, &new, at(millis)).await;
        for generation in [0, 1, u32::MAX] {
            let token = Presented {
                idle_deadline: at(80 * DAY),
                ..presented(&new, generation)
            };
            assert_eq!(ok(store.rotate(&token, at(millis)).await), Rotated::Gone);
        }
    }
    // Nothing revived it, and nothing ended it for a clock that is behind.
    assert_holds(store, &new, &stored, at(12_344)).await;
    let token = Presented {
        idle_deadline: at(20_000),
        ..presented(&new, 0)
    };
    let answer = ok(store.rotate(&token, at(12_344)).await);
    assert_eq!(answer, Rotated::Done(rotated(&stored, &token, at(12_344))));
    assert_holds(store, &new, &rotated(&stored, &token, at(12_344)), at(19_999)).await;
    assert_gone(store, &new, at(20_000)).await;
}

/// However often it is rotated, a family ends at its absolute deadline; one that would be idle longer is stored with that.
pub async fn f5_continuous_use_ends_at_the_absolute_deadline(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        idle_deadline: at(5 * DAY),
        absolute_deadline: at(3 * DAY),
        ..family(&subject("alice"))
    };
    let mut stored = created(store, &new, NOW).await;
    assert_eq!(stored.idle_deadline, at(3 * DAY));
    assert_holds(store, &new, &stored, NOW).await;
    for (generation, millis) in [(0, DAY), (1, 2 * DAY), (2, 3 * DAY - 1)] {
        let token = Presented {
            idle_deadline: at(millis + 30 * DAY),
            ..presented(&new, generation)
        };
        stored = rotated(&stored, &token, at(millis));
        assert_eq!(
            ok(store.rotate(&token, at(millis)).await),
            Rotated::Done(stored.clone())
        );
    }
    assert_holds(store, &new, &stored, at(3 * DAY - 1)).await;
    assert_gone(store, &new, at(3 * DAY)).await;
    assert_eq!(
        ok(store.rotate(&presented(&new, 3), at(3 * DAY)).await),
        Rotated::Gone
    );
    assert_eq!(
        ok(store.rotate(&presented(&new, 2), at(3 * DAY)).await),
        Rotated::Gone
    );
}

/// The row of a family that has ended stands in the way of a new one until it is purged.
pub async fn f5_an_ended_family_exists_until_it_is_purged(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        idle_deadline: at(1000),
        ..family(&subject("alice"))
    };
    created(store, &new, NOW).await;
    let again = NewFamily {
        idle_deadline: at(DAY),
        ..new.clone()
    };
    for millis in [0, 999, 1000, HOUR] {
        assert_eq!(ok(store.create_family(&again, at(millis)).await), Created::Exists);
    }
    assert_eq!(
        ok(store.purge_expired(at(1000), std::num::NonZeroU32::MAX).await),
        1
    );
    let stored = created(store, &again, at(1000)).await;
    assert_holds(store, &again, &stored, at(1000)).await;
}

/// An access token lives until the millisecond before its end.
pub async fn f5_an_access_token_ends_at_its_end(tested: impl Tested) {
    let store = tested.store();
    let token = AccessToken {
        expires_at: at(12_345),
        ..access_token(&subject("alice"))
    };
    created_access(store, &token, NOW).await;
    for (millis, is_live) in [(0, true), (12_344, true), (12_345, false), (DAY, false)] {
        let loaded = ok(store.load_access(&token.hash, at(millis)).await);
        assert_eq!(loaded.is_some(), is_live, "after {millis} ms");
    }
    assert_eq!(ok(store.create_access(&token, at(12_345)).await), Created::Exists);
}

/// An access token is live only while the family is that it came with.
pub async fn f5_an_access_token_ends_with_its_family_s_deadline(tested: impl Tested) {
    let store = tested.store();
    let new = NewFamily {
        idle_deadline: at(1000),
        ..family(&subject("alice"))
    };
    created(store, &new, NOW).await;
    let token = access_token_of(&new);
    created_access(store, &token, NOW).await;
    assert_eq!(
        ok(store.load_access(&token.hash, at(999)).await),
        Some(token.clone())
    );
    assert_eq!(ok(store.load_access(&token.hash, at(1000)).await), None);
    assert_eq!(
        ok(store.create_access(&access_token_of(&new), at(1000)).await),
        Created::Refused
    );
    let rotation = Presented {
        idle_deadline: at(5000),
        ..presented(&new, 0)
    };
    assert!(matches!(
        ok(store.rotate(&rotation, at(500)).await),
        Rotated::Done(_)
    ));
    assert_eq!(
        ok(store.load_access(&token.hash, at(4999)).await),
        Some(token.clone())
    );
    assert_eq!(ok(store.load_access(&token.hash, at(5000)).await), None);
}
