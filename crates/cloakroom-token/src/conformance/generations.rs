use super::Tested;
use super::check::{assert_gone, assert_holds, created, ok};
use super::fixture::{NOW, at, family, presented, subject};
use super::rotate::rotated;
use crate::{Family, Rotated, TokenStore as _};

/// No step of the count is special where signed numbers of 32 bits end, and it does not stop where a float's would.
pub async fn f18_generation_2_pow_31_rotates_like_any_other(tested: impl Tested) {
    let store = tested.store();
    for first in [(1 << 24) - 1, (1 << 31) - 2, (1 << 31) - 1, 1 << 31] {
        let new = family(&subject("alice"));
        let stored = created(store, &new, NOW).await;
        tested.set_generation(&new.id, u64::from(first)).await;
        let mut stored = Family {
            generation: first.into(),
            ..stored
        };
        assert_holds(store, &new, &stored, NOW).await;
        for step in 0..3 {
            let (token, now) = (presented(&new, first + step), at(i64::from(step)));
            stored = rotated(&stored, &token, now);
            assert_eq!(ok(store.rotate(&token, now).await), Rotated::Done(stored.clone()));
            assert_eq!(
                ok(store.rotate(&token, now).await),
                Rotated::Retry(stored.clone())
            );
        }
        assert_eq!(
            ok(store.rotate(&presented(&new, first + 1), at(3)).await),
            Rotated::Late
        );
        assert_eq!(
            ok(store.rotate(&presented(&new, first + 4), at(3)).await),
            Rotated::Ahead
        );
        assert_eq!(
            ok(store.rotate(&presented(&new, first), at(3)).await),
            Rotated::Reused(stored)
        );
        assert_gone(store, &new, at(3)).await;
    }
}

/// The generation before the last one rotates; the last one ends its family, after which there is nothing.
pub async fn f18_the_last_generation_ends_the_family(tested: impl Tested) {
    let store = tested.store();
    let new = family(&subject("alice"));
    let stored = created(store, &new, NOW).await;
    tested.set_generation(&new.id, u64::from(u32::MAX - 1)).await;
    let stored = Family {
        generation: u64::from(u32::MAX - 1),
        ..stored
    };
    assert_eq!(
        ok(store.rotate(&presented(&new, u32::MAX), NOW).await),
        Rotated::Ahead
    );
    let token = presented(&new, u32::MAX - 1);
    let stored = rotated(&stored, &token, NOW);
    assert_eq!(ok(store.rotate(&token, NOW).await), Rotated::Done(stored.clone()));
    assert_eq!(
        ok(store.rotate(&token, NOW).await),
        Rotated::Retry(stored.clone())
    );
    assert_eq!(
        ok(store.rotate(&presented(&new, u32::MAX - 2), NOW).await),
        Rotated::Late
    );
    assert_holds(store, &new, &stored, NOW).await;
    let last = presented(&new, u32::MAX);
    assert_eq!(ok(store.rotate(&last, NOW).await), Rotated::Exhausted(stored));
    assert_gone(store, &new, NOW).await;
    assert_eq!(ok(store.rotate(&last, NOW).await), Rotated::Gone);
}

/// At the last generation an old token is still reuse, and a wrong client still nobody.
pub async fn f18_reuse_is_found_at_the_last_generation(tested: impl Tested) {
    let store = tested.store();
    for (generation, millis) in [(0, 0), (u32::MAX - 3, 0), (u32::MAX - 1, 10_000), (1 << 31, 0)] {
        let new = family(&subject("alice"));
        let stored = created(store, &new, NOW).await;
        tested.set_generation(&new.id, u64::from(u32::MAX)).await;
        let stored = Family {
            generation: u64::from(u32::MAX),
            ..stored
        };
        let answer = ok(store.rotate(&presented(&new, generation), at(millis)).await);
        assert_eq!(answer, Rotated::Reused(stored), "{generation}");
        assert_gone(store, &new, at(millis)).await;
    }
}
