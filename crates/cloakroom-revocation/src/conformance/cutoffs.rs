use cloakroom_core::UnixTime;

use super::check::{assert_all, denied, drain, found, head, ok, steps, subject};
use super::fixture::{
    BRIEF, HOUR, ISSUER, KEPT, MINUTE, NOW, PAST, SECOND, SKEW, after, at, credential, denial, size,
};
use super::prepared::Revocations;
use crate::{Credential, Denial, Denied, Entry, Fleet};

/// A cut-off lies the fleet's skew ahead of the time it was asked for, moves forward alone, and is one entry.
pub async fn f6_a_cut_off_lies_the_skew_ahead_and_never_goes_back(store: impl Revocations) {
    let mut cursor = head(&store).await;
    for (now, changes, cutoff) in [
        (0, 1, SKEW),
        (0, 0, SKEW),
        (-1, 0, SKEW),
        (-HOUR, 0, SKEW),
        (1, 1, SKEW + 1),
        (SECOND, 1, SKEW + SECOND),
        (0, 0, SKEW + SECOND),
        // The clock of another node, 10 minutes ahead: its cut-off stays.
        (10 * MINUTE, 1, SKEW + 10 * MINUTE),
        (MINUTE, 0, SKEW + 10 * MINUTE),
    ] {
        let told = steps(&store, changes, store.cut_off(ISSUER, "alice", at(now))).await;
        assert_eq!(told, at(cutoff), "a cut-off asked for at {now} ms");
        let entry = subject(ISSUER, "alice", at(cutoff), at(cutoff + KEPT));
        let brought = drain(&store, &mut cursor, 10).await;
        assert_eq!(
            brought.as_slice(),
            if changes == 1 {
                std::slice::from_ref(&entry)
            } else {
                &[]
            }
        );
        assert_all(&store, [entry]).await;
        let known = found(&store, ISSUER, "alice", "a-1").await;
        assert_eq!((known.denied, known.cutoff), (false, Some(at(cutoff))));
    }
    for (issuer, name) in [(ISSUER, "bob"), ("https://other.example", "alice")] {
        assert_eq!(found(&store, issuer, name, "a-1").await.cutoff, None);
    }
}

/// `revoke_all` does the same for everybody, and the later of two cut-offs counts.
pub async fn f6_the_cut_off_of_everything_covers_everybody(store: impl Revocations) {
    ok(store.cut_off(ISSUER, "early", at(-HOUR)).await);
    ok(store.cut_off(ISSUER, "late", at(HOUR)).await);
    let cursor = head(&store).await;
    for (now, changes, cutoff) in [
        (0, 1, SKEW),
        (0, 0, SKEW),
        (-HOUR, 0, SKEW),
        (MINUTE, 1, SKEW + MINUTE),
    ] {
        let told = steps(&store, changes, store.revoke_all(at(now))).await;
        assert_eq!(told, at(cutoff));
        for (name, expected) in [("early", cutoff), ("late", SKEW + HOUR), ("nobody", cutoff)] {
            let known = found(&store, ISSUER, name, "a-1").await;
            assert_eq!(
                (known.denied, known.cutoff),
                (false, Some(at(expected))),
                "{name}"
            );
        }
        let nameless = Credential {
            subject: None,
            ..credential("https://other.example", "", "a-1")
        };
        assert_eq!(ok(store.look_up(&nameless).await).cutoff, Some(at(cutoff)));
    }
    let all_cut = Entry::All {
        at: at(SKEW + MINUTE),
    };
    assert_eq!(drain(&store, &mut cursor.clone(), 10).await, [all_cut]);
    let own = [("early", SKEW - HOUR), ("late", SKEW + HOUR)];
    let own = own.map(|(name, cutoff)| subject(ISSUER, name, at(cutoff), at(cutoff + KEPT)));
    assert_all(
        &store,
        own.into_iter().chain([Entry::All {
            at: at(SKEW + MINUTE),
        }]),
    )
    .await;
}

/// A cut-off counts by the later of the caller's clock and the store's own: a node whose clock is behind ends what was
/// issued meanwhile as any other does. So does one in place of a denial.
pub async fn f13_a_cut_off_counts_by_the_later_clock(store: impl Revocations) {
    let time = async || ok(store.head().await).time;
    let within = |told: UnixTime, begin: UnixTime, end: UnixTime, ahead: i64| {
        let expected = after(begin, ahead)..=after(end, ahead);
        assert!(expected.contains(&told), "{told:?} is not of {expected:?}");
    };
    for now in [PAST, UnixTime::EPOCH, PAST] {
        let begin = time().await;
        let told = ok(store.cut_off(ISSUER, "alice", now).await);
        within(told, begin, time().await, SKEW);
        assert_eq!(found(&store, ISSUER, "alice", "a-1").await.cutoff, Some(told));
        let entry = subject(ISSUER, "alice", told, after(told, KEPT));
        assert_all(&store, [entry]).await;
    }
    for number in 0..Fleet::DENIALS_PER_SUBJECT {
        denied(&store, &denial("bob", &format!("b-{number}")), PAST).await;
    }
    // What was issued by the clock of another node, ahead of the store's, lies at or before the cut-off.
    for ahead in [-HOUR, SKEW, SKEW + SECOND, 3 * SKEW + SECOND, HOUR] {
        let begin = time().await;
        let issued_at = after(begin, ahead);
        let denial = Denial::new(ISSUER, "bob", "ahead", issued_at, at(MINUTE)).expect("short names");
        let Denied::Subject(told) = ok(store.deny(&denial, PAST).await) else {
            panic!("a 65th denial is a cut-off");
        };
        let furthest = after(time().await, 3 * SKEW + SECOND);
        assert!(
            told >= issued_at.min(after(begin, 3 * SKEW + SECOND)),
            "{told:?} is before {issued_at:?}"
        );
        assert!(told >= after(begin, SKEW) && told <= furthest, "{told:?}");
    }
    let begin = time().await;
    let told = ok(store.revoke_all(PAST).await);
    within(told, begin, time().await, SKEW);
    let known = found(&store, "https://other.example", "nobody", "a-1").await;
    assert_eq!(known.cutoff, Some(told));
}

/// A cut-off is kept for the longest greatest age and the leeway, and longer by the skew, whatever the clock of a purging
/// node says. That of everything is kept for ever.
pub async fn f15_a_cut_off_is_dropped_only_after_the_greatest_age(store: impl Revocations) {
    ok(store.cut_off(ISSUER, "alice", NOW).await);
    ok(store.revoke_all(NOW).await);
    for now in [PAST, NOW, at(SKEW + KEPT + SKEW + 1), at(400 * 24 * HOUR)] {
        assert_eq!(ok(store.purge(now, size(10)).await), 0, "at {now:?}");
    }
    let kept = subject(ISSUER, "alice", at(SKEW), at(SKEW + KEPT));
    assert_all(&store, [kept, Entry::All { at: at(SKEW) }]).await;
}

/// The same by the store's own clock, which the case waits for. What comes after the purge begins anew.
pub async fn f15_a_cut_off_is_dropped_by_the_stores_clock(store: impl Revocations) {
    let kept = BRIEF.longest_age + BRIEF.leeway + BRIEF.max_skew;
    let told = ok(store.cut_off(ISSUER, "alice", PAST).await);
    let all_cut = ok(store.revoke_all(PAST).await);
    let bound = told.saturating_add(kept);
    loop {
        assert_eq!(ok(store.purge(PAST, size(10)).await), 0);
        let begin = ok(store.head().await).time;
        let purged = ok(store.purge(NOW, size(10)).await);
        let end = ok(store.head().await).time;
        if purged == 1 {
            assert!(end > bound, "dropped at {end:?} and not after {bound:?}");
            break;
        }
        assert_eq!(purged, 0);
        assert!(begin <= bound, "not dropped at {begin:?}, after {bound:?}");
        tokio::task::yield_now().await;
    }
    assert_all(&store, [Entry::All { at: all_cut }]).await;
    let again = ok(store.cut_off(ISSUER, "alice", PAST).await);
    assert!(again > told);
    assert_eq!(found(&store, ISSUER, "alice", "a-1").await.cutoff, Some(again));
}
