use std::sync::Arc;

use super::check::{all, assert_all, denied, drain, found, head, ok, steps, together, token};
use super::fixture::{HOUR, ISSUER, MINUTE, NOW, PAST, SECOND, SKEW, after, denial_until, past, size};
use super::prepared::Revocations;

/// A denial is dropped when the fleet's skew has passed after its time, and neither before nor at it.
pub async fn f6_a_denial_is_dropped_only_after_its_time_and_the_skew(store: impl Revocations) {
    denied(&store, &denial_until("alice", "a-1", past(MINUTE)), PAST).await;
    let bound = MINUTE + MINUTE + SKEW;
    for now in [-HOUR, 0, MINUTE, MINUTE + MINUTE, bound - 1, bound] {
        assert_eq!(ok(store.purge(past(now), size(10)).await), 0, "at {now} ms");
        assert!(found(&store, ISSUER, "alice", "a-1").await.denied);
    }
    assert_eq!(ok(store.purge(past(bound + 1), size(10)).await), 1);
    assert!(!found(&store, ISSUER, "alice", "a-1").await.denied);
}

/// A purge deletes at most as many as it is told, only what is over, and makes no step.
pub async fn f6_a_purge_respects_its_batch(store: impl Revocations) {
    let begin = head(&store).await;
    let mut stays = Vec::new();
    for number in 0..40 {
        let (id, minutes) = (format!("{number}"), 1 + number % 4);
        let subject = format!("s-{}", number % 3);
        denied(&store, &denial_until(&subject, &id, past(minutes * MINUTE)), PAST).await;
        if minutes == 4 {
            stays.push(token(ISSUER, &id, past(5 * MINUTE)));
        }
    }
    let now = past(4 * MINUTE + SKEW + 1);
    for expected in [7, 7, 7, 7, 2, 0] {
        assert_eq!(steps(&store, 0, store.purge(now, size(7))).await, expected);
    }
    assert_all(&store, stays.clone()).await;
    // Whoever read before the purge reads on.
    let mut cursor = begin;
    let mut brought = drain(&store, &mut cursor, 3).await;
    brought.sort_by_key(|entry| format!("{entry:?}"));
    assert_eq!(brought.len(), stays.len());
    assert!(stays.iter().all(|entry| brought.contains(entry)));
    assert_eq!(ok(store.purge(past(24 * HOUR), size(u32::MAX)).await), 10);
    assert_eq!(ok(store.purge(past(24 * HOUR), size(u32::MAX)).await), 0);
}

/// What got a later end is kept for as long, whatever it had before.
pub async fn f6_what_is_prolonged_is_not_purged(store: impl Revocations) {
    denied(&store, &denial_until("alice", "a-1", past(SECOND)), PAST).await;
    denied(&store, &denial_until("alice", "a-1", past(MINUTE)), PAST).await;
    assert_eq!(ok(store.purge(past(2 * MINUTE), size(10)).await), 0);
    assert_all(&store, [token(ISSUER, "a-1", past(2 * MINUTE))]).await;
    // One that is over and not purged yet comes back by a denial that is not.
    denied(&store, &denial_until("alice", "a-2", past(SECOND)), PAST).await;
    denied(
        &store,
        &denial_until("alice", "a-2", past(50 * MINUTE)),
        past(40 * MINUTE),
    )
    .await;
    assert_eq!(ok(store.purge(past(40 * MINUTE), size(10)).await), 1);
    assert_all(&store, [token(ISSUER, "a-2", past(51 * MINUTE))]).await;
}

/// Four purgers side by side, with denials between them: each entry is counted once, and none goes before its time.
pub async fn f6_purgers_side_by_side_count_each_entry_once(store: impl Revocations) {
    let store = Arc::new(store);
    for number in 0..120 {
        let subject = format!("s-{}", number % 7);
        denied(
            &*store,
            &denial_until(&subject, &format!("{number}"), past(MINUTE)),
            PAST,
        )
        .await;
    }
    let now = past(2 * MINUTE + SKEW + 1);
    let purged = together((0..5).map(|purger| {
        let store = Arc::clone(&store);
        async move {
            if purger == 4 {
                for number in 0..40 {
                    denied(
                        &*store,
                        &denial_until(&format!("t-{number}"), &format!("t-{number}"), past(10 * MINUTE)),
                        now,
                    )
                    .await;
                }
                return 0;
            }
            let (mut total, mut idle) = (0, 0);
            // A purger beside others may find less than there is; it is done when it has found nothing a few times.
            while idle < 3 {
                let count = ok(store.purge(now, size(9)).await);
                assert!(count <= 9, "{count} entries in a batch of 9");
                total += count;
                idle = if count == 0 { idle + 1 } else { 0 };
                tokio::task::yield_now().await;
            }
            total
        }
    }))
    .await;
    let rest = ok(store.purge(now, size(u32::MAX)).await);
    assert_eq!(purged.iter().sum::<u64>() + rest, 120, "{purged:?} and {rest}");
    assert_eq!(all(&*store).await.len(), 40);
}

/// A purge counts by the earlier of the caller's clock and the store's own: neither one that is ahead nor one that is
/// behind drops anything too early.
pub async fn f6_a_purge_counts_by_the_earlier_clock(store: impl Revocations) {
    denied(&store, &denial_until("alice", "over", past(MINUTE)), NOW).await;
    denied(&store, &denial_until("alice", "live", NOW), NOW).await;
    // Of these two clocks one is long before the store's own, the other long after it.
    assert_eq!(ok(store.purge(PAST, size(10)).await), 0);
    assert_eq!(ok(store.purge(after(NOW, 400 * 24 * HOUR), size(10)).await), 1);
    assert!(!found(&store, ISSUER, "alice", "over").await.denied);
    assert!(found(&store, ISSUER, "alice", "live").await.denied);
}
