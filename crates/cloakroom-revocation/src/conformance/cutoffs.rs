use super::check::{all, assert_all, denied, drain, found, head, ok, steps, subject};
use super::fixture::{HOUR, ISSUER, KEPT, MINUTE, NOW, SECOND, SKEW, at, credential, denial, size};
use super::prepared::Revocations;
use crate::{Credential, Entry};

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

/// A cut-off is kept for the longest greatest age and the leeway, and dropped when the skew has passed as well, not at
/// it. What comes after its purge begins anew.
pub async fn f15_a_cut_off_is_dropped_only_after_the_greatest_age(store: impl Revocations) {
    let bound = SKEW + KEPT + SKEW;
    ok(store.cut_off(ISSUER, "alice", NOW).await);
    ok(store.revoke_all(NOW).await);
    for now in [0, KEPT, SKEW + KEPT, bound - 1, bound] {
        assert_eq!(ok(store.purge(at(now), size(10)).await), 0, "at {now} ms");
        assert_eq!(all(&store).await.len(), 2);
    }
    // Prolonged at the last moment.
    assert_eq!(ok(store.cut_off(ISSUER, "alice", at(1)).await), at(SKEW + 1));
    assert_eq!(ok(store.purge(at(bound + 1), size(10)).await), 0);
    assert_eq!(ok(store.purge(at(bound + 2), size(10)).await), 1);
    let all_cut = Entry::All { at: at(SKEW) };
    assert_all(&store, [all_cut.clone()]).await;
    assert_eq!(found(&store, ISSUER, "alice", "a-1").await.cutoff, Some(at(SKEW)));
    // That of everything is kept for ever.
    assert_eq!(ok(store.purge(at(400 * 24 * HOUR), size(10)).await), 0);
    assert_all(&store, [all_cut]).await;
    assert_eq!(
        ok(store.cut_off(ISSUER, "alice", at(-HOUR)).await),
        at(SKEW - HOUR)
    );
    denied(&store, &denial("alice", "a-1"), NOW).await;
}
