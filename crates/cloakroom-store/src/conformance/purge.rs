use std::num::NonZeroU32;
use std::sync::Arc;

use super::check::{assert_gone, assert_holds, created, listed, ok, race};
use super::fixture::{HOUR, MINUTE, NOW, at, of, subject, visitor};
use crate::{Created, Stored, SubjectIndex};

fn batch(size: u32) -> NonZeroU32 {
    NonZeroU32::new(size).expect("cases purge something")
}

/// A purge deletes at most as many rows as it is told, and only those of sessions that have ended.
pub async fn d10_a_purge_respects_its_batch(store: impl SubjectIndex) {
    let alice = subject("alice");
    let (mut ended, mut live) = (Vec::new(), Vec::new());
    for number in 0..50 {
        let draft = if number % 2 == 0 { of(&alice) } else { visitor() };
        let draft = match number % 5 {
            0 => draft.absolute(at(MINUTE)),
            1..=3 => draft.idle(at(MINUTE - number)),
            _ => draft.idle(at(MINUTE + 1)),
        };
        let row = created(&store, draft.build(), NOW).await;
        match number % 5 {
            0..=3 => ended.push(row),
            _ => live.push(row),
        }
    }
    assert_eq!(
        ok(store.purge_expired(NOW, batch(100)).await),
        0,
        "before any deadline"
    );
    for expected in [7, 7, 7, 7, 7, 5, 0] {
        assert_eq!(ok(store.purge_expired(at(MINUTE), batch(7)).await), expected);
        for row in &live {
            assert_holds(&store, row, at(MINUTE)).await;
        }
    }
    for row in &ended {
        assert_gone(&store, &row.selector, Some(&alice), NOW).await;
        assert!(!ok(store.delete(&row.selector).await), "its row was purged");
    }
    assert_eq!(
        ok(store.purge_expired(at(MINUTE + 1), NonZeroU32::MAX).await),
        live.len() as u64
    );
    assert_eq!(ok(store.purge_expired(at(24 * HOUR), NonZeroU32::MAX).await), 0);
}

/// A touch takes a session out of the purge's reach, and the deadline puts it there exactly.
pub async fn d10_a_purge_goes_by_the_deadline_of_now(store: impl SubjectIndex) {
    for draft in [of(&subject("alice")), visitor()] {
        let row = created(&store, draft.idle(at(MINUTE)).build(), NOW).await;
        assert_eq!(ok(store.purge_expired(at(MINUTE - 1), batch(1)).await), 0);
        let _ = ok(store.touch(&row.selector, at(HOUR), at(MINUTE - 1)).await);
        for now in [at(MINUTE), at(HOUR - 1)] {
            assert_eq!(ok(store.purge_expired(now, batch(1)).await), 0);
        }
        let _ = ok(store.touch(&row.selector, at(24 * HOUR), at(HOUR - 1)).await);
        assert_eq!(ok(store.purge_expired(at(12 * HOUR - 1), batch(1)).await), 0);
        assert_eq!(ok(store.purge_expired(at(12 * HOUR), batch(1)).await), 1);
        assert_gone(&store, &row.selector, Some(&subject("alice")), at(HOUR)).await;
    }
}

/// Four purgers side by side, in batches, with sessions created, touched and loaded between them: each ended row is
/// counted once, and no live one is missing.
pub async fn d10_purgers_side_by_side_do_not_fight(store: impl SubjectIndex) {
    let (store, alice) = (Arc::new(store), subject("alice"));
    for round in 0..4 {
        let mut live: Vec<Stored> = Vec::new();
        for number in 0..200 {
            let draft = if number % 2 == 0 { of(&alice) } else { visitor() };
            if number % 8 < 6 {
                created(&*store, draft.idle(at(MINUTE)).build(), NOW).await;
            } else {
                live.push(created(&*store, draft.build(), NOW).await);
            }
        }
        let touched: Vec<_> = live.iter().map(|row| row.selector).collect();
        let purged = race(
            round,
            (0..5).map(|purger| {
                let (store, touched) = (Arc::clone(&store), touched.clone());
                async move {
                    let mut total = 0;
                    if purger == 4 {
                        for selector in &touched {
                            let _ = ok(store.touch(selector, at(HOUR), at(MINUTE)).await);
                        }
                        return 0;
                    }
                    // A purger beside others may find less than there is; it is done when it has found nothing a few times.
                    let mut idle = 0;
                    while idle < 3 {
                        let count = ok(store.purge_expired(at(MINUTE), batch(9)).await);
                        assert!(count <= 9, "{count} rows in a batch of 9");
                        total += count;
                        idle = if count == 0 { idle + 1 } else { 0 };
                        tokio::task::yield_now().await;
                    }
                    total
                }
            }),
        )
        .await;
        let rest = ok(store.purge_expired(at(MINUTE), NonZeroU32::MAX).await);
        assert_eq!(purged.iter().sum::<u64>() + rest, 150, "{purged:?} and {rest}");
        for row in &mut live {
            row.idle_deadline = at(HOUR);
            row.last_seen_at = at(MINUTE);
            assert_eq!(
                ok(store.load(&row.selector, at(MINUTE)).await).as_ref(),
                Some(&*row)
            );
        }
        assert_eq!(listed(&*store, &alice, at(MINUTE)).await.len(), 25);
        for row in &live {
            assert!(ok(store.delete(&row.selector).await));
        }
    }
}

/// What a cut-off has ended is purged as well, and cut-offs outlive their sessions.
pub async fn d10_a_purge_deletes_what_is_cut_off(store: impl SubjectIndex) {
    let alice = subject("alice");
    for draft in [of(&alice), of(&subject("bob")), visitor()] {
        created(&store, draft.build(), NOW).await;
    }
    ok(store.revoke_all(at(1)).await);
    ok(store.delete_by_subject(&alice, None, at(MINUTE)).await);
    let late = created(&store, of(&alice).authenticated(at(HOUR)).build(), at(2)).await;
    let nobodys = created(&store, visitor().build(), at(2)).await;
    // One row was deleted with its subject's already.
    assert_eq!(ok(store.purge_expired(at(2), batch(1)).await), 1);
    assert_eq!(ok(store.purge_expired(at(2), batch(100)).await), 1);
    assert_eq!(ok(store.purge_expired(at(2), batch(100)).await), 0);
    assert_holds(&store, &late, at(2)).await;
    assert_holds(&store, &nobodys, at(2)).await;
    let refused = of(&alice).authenticated(at(MINUTE)).build();
    assert_eq!(ok(store.create(&refused, at(MINUTE)).await), Created::Refused);
    let refused = visitor().build();
    assert_eq!(ok(store.create(&refused, at(1)).await), Created::Refused);
}
