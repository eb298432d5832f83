use std::sync::Arc;

use super::check::{all, assert_all, denied, found, ok, steps, subject, together, token};
use super::fixture::{
    HOUR, ISSUER, KEPT, MINUTE, NOW, SECOND, SKEW, SMALL, at, denial, denial_of, denial_until, size,
};
use super::prepared::Revocations;
use crate::{Denial, Denied, Entry, Fleet};

const MOST: u32 = Fleet::DENIALS_PER_SUBJECT;

/// One subject has 64 live denials; the next is a cut-off of it, of nobody else, and no entry of its own.
pub async fn f6_the_65th_denial_becomes_a_cut_off(store: impl Revocations) {
    for number in 0..MOST {
        let denial = denial("alice", &format!("a-{number}"));
        assert_eq!(
            steps(&store, 1, store.deny(&denial, NOW)).await,
            Denied::Token,
            "{number}"
        );
    }
    // A repetition is no 65th, and may still prolong.
    for number in 0..MOST {
        let denial = denial("alice", &format!("a-{number}"));
        assert_eq!(steps(&store, 0, store.deny(&denial, NOW)).await, Denied::Token);
    }
    let longer = denial_until("alice", "a-0", at(20 * MINUTE));
    assert_eq!(steps(&store, 1, store.deny(&longer, NOW)).await, Denied::Token);
    assert_eq!(found(&store, ISSUER, "alice", "a-0").await.cutoff, None);

    let last = denial("alice", "a-64");
    let cut = Denied::Subject(at(SKEW));
    assert_eq!(steps(&store, 1, store.deny(&last, NOW)).await, cut);
    let known = found(&store, ISSUER, "alice", "a-64").await;
    assert_eq!((known.denied, known.cutoff), (false, Some(at(SKEW))));
    // It may be repeated: as a cut-off is.
    for now in [NOW, at(-1), NOW] {
        assert_eq!(steps(&store, 0, store.deny(&last, now)).await, cut);
    }
    let later = Denied::Subject(at(SKEW + SECOND));
    assert_eq!(steps(&store, 1, store.deny(&last, at(SECOND))).await, later);
    let held = all(&store).await;
    assert_eq!(held.len(), MOST as usize + 1);
    let cutoff = subject(ISSUER, "alice", at(SKEW + SECOND), at(SKEW + SECOND + KEPT));
    assert!(held.values().any(|entry| *entry == cutoff));

    // Nobody else has anything of it.
    denied(&store, &denial("bob", "b-1"), NOW).await;
    denied(
        &store,
        &denial_of("https://other.example", "alice", "a-64", at(MINUTE)),
        NOW,
    )
    .await;
    assert_eq!(found(&store, ISSUER, "bob", "b-1").await.cutoff, None);

    // What is over counts no more, from that millisecond on, purged or not. One was prolonged.
    let over = 11 * MINUTE + SKEW;
    let late = denial_until("alice", "late", at(50 * MINUTE));
    let cut = Denied::Subject(at(over - 1 + SKEW));
    assert_eq!(steps(&store, 1, store.deny(&late, at(over - 1))).await, cut);
    assert_eq!(steps(&store, 1, store.deny(&late, at(over))).await, Denied::Token);
    for number in 0..MOST - 2 {
        let next = denial_until("alice", &format!("late-{number}"), at(50 * MINUTE));
        denied(&store, &next, at(over)).await;
    }
    // One whose old denial is over is as new as any.
    let again = denial_until("alice", "a-1", at(50 * MINUTE));
    assert_eq!(
        steps(&store, 1, store.deny(&again, at(over))).await,
        Denied::Subject(at(over + SKEW))
    );
}

/// What was issued ahead of the clock, right after a cut-off, is cut off with its subject when it cannot be denied.
pub async fn f6_the_cut_off_in_place_of_a_denial_covers_the_credential(store: impl Revocations) {
    for number in 0..MOST {
        denied(&store, &denial("alice", &format!("a-{number}")), NOW).await;
    }
    let ahead =
        |issued_at| Denial::new(ISSUER, "alice", "ahead", issued_at, at(MINUTE)).expect("short names");
    for (issued_at, cutoff) in [
        (at(SKEW), at(SKEW)),
        (at(SKEW + 1), at(SKEW + 1)),
        (at(2 * SKEW + SECOND), at(2 * SKEW + SECOND)),
        // No node takes one from so far ahead.
        (at(HOUR), at(3 * SKEW + SECOND)),
    ] {
        let answer = ok(store.deny(&ahead(issued_at), NOW).await);
        assert_eq!(answer, Denied::Subject(cutoff), "{issued_at:?}");
    }
}

/// In a store with as many live entries as it may have a new denial becomes a cut-off, and what it has stays.
pub async fn f6_a_full_store_cuts_off(store: impl Revocations) {
    assert_eq!(SMALL.max_entries, 20);
    for number in 0..18 {
        denied(&store, &denial(&format!("s-{number}"), &format!("{number}")), NOW).await;
    }
    ok(store.cut_off(ISSUER, "cut", NOW).await);
    ok(store.revoke_all(at(-HOUR)).await);
    denied(&store, &denial("alice", "a-1"), NOW).await;

    let next = denial("bob", "b-1");
    let cut = Denied::Subject(at(SKEW));
    assert_eq!(steps(&store, 1, store.deny(&next, NOW)).await, cut);
    assert_eq!(steps(&store, 0, store.deny(&next, NOW)).await, cut);
    let known = found(&store, ISSUER, "bob", "b-1").await;
    assert_eq!((known.denied, known.cutoff), (false, Some(at(SKEW))));
    // Whatever is known may be prolonged, and cut-offs are always taken.
    let longer = denial_until("alice", "a-1", at(20 * MINUTE));
    assert_eq!(steps(&store, 1, store.deny(&longer, NOW)).await, Denied::Token);
    assert_eq!(
        steps(&store, 1, store.cut_off(ISSUER, "carol", NOW)).await,
        at(SKEW)
    );
    assert_eq!(steps(&store, 1, store.revoke_all(NOW)).await, at(SKEW));
    assert_eq!(all(&store).await.len(), 23);

    // 18 are over at this moment, and not a millisecond before; nobody has purged them.
    let over = 11 * MINUTE + SKEW;
    assert_eq!(
        ok(store.deny(&denial("dora", "d-1"), at(over - 1)).await),
        Denied::Subject(at(over - 1 + SKEW))
    );
    denied(&store, &denial_until("erin", "e-1", at(50 * MINUTE)), at(over)).await;
    // None of them is over by the store's own clock.
    assert_eq!(ok(store.purge(at(over + 1), size(100)).await), 0);
    let cutoff = |name: &str, cutoff: i64| subject(ISSUER, name, at(cutoff), at(cutoff + KEPT));
    let over = (0..18).map(|number| token(ISSUER, &number.to_string(), at(11 * MINUTE)));
    assert_all(
        &store,
        over.chain([
            cutoff("cut", SKEW),
            cutoff("bob", SKEW),
            cutoff("carol", SKEW),
            cutoff("dora", 11 * MINUTE + SKEW - 1 + SKEW),
            token(ISSUER, "a-1", at(21 * MINUTE)),
            token(ISSUER, "e-1", at(51 * MINUTE)),
            Entry::All { at: at(SKEW) },
        ]),
    )
    .await;
}

/// 96 denials of one subject at once: 64 are denials, the others one cut-off.
pub async fn f6_parallel_denials_of_one_subject_are_counted(store: impl Revocations) {
    let store = Arc::new(store);
    let answers = together((0..96).map(|number| {
        let store = Arc::clone(&store);
        async move { ok(store.deny(&denial("alice", &format!("a-{number}")), NOW).await) }
    }))
    .await;
    let tokens = answers.iter().filter(|answer| **answer == Denied::Token).count();
    let cut = answers
        .iter()
        .filter(|answer| **answer == Denied::Subject(at(SKEW)))
        .count();
    assert_eq!((tokens, cut), (64, 32), "denials and cut-offs");
    assert_eq!(all(&*store).await.len(), 65);
    assert_each_is_refused(&*store, &answers, |number| {
        ("alice".into(), format!("a-{number}"))
    })
    .await;
}

/// 48 denials at once in a store with room for 20.
pub async fn f6_parallel_denials_do_not_pass_the_cap(store: impl Revocations) {
    let store = Arc::new(store);
    let answers = together((0..48).map(|number| {
        let store = Arc::clone(&store);
        let denial = denial(&format!("s-{number}"), &format!("{number}"));
        async move { ok(store.deny(&denial, NOW).await) }
    }))
    .await;
    let tokens = answers.iter().filter(|answer| **answer == Denied::Token).count();
    assert_eq!(tokens, 20);
    assert_eq!(all(&*store).await.len(), 48);
    assert_each_is_refused(&*store, &answers, |number| {
        (format!("s-{number}"), number.to_string())
    })
    .await;
}

/// Each was acknowledged, so each is known in the way that was told.
async fn assert_each_is_refused(
    store: &impl Revocations,
    answers: &[Denied],
    names: impl Fn(usize) -> (String, String),
) {
    for (number, answer) in answers.iter().enumerate() {
        let (subject, id) = names(number);
        let known = found(store, ISSUER, &subject, &id).await;
        match answer {
            Denied::Token => assert!(known.denied, "{number}"),
            Denied::Subject(cutoff) => assert_eq!(known.cutoff, Some(*cutoff), "{number}"),
        }
    }
}
