use std::sync::Arc;

use super::check::{assert_holds, created, ok, race};
use super::fixture::{HOUR, MINUTE, NOW, at, of, subject, visitor};
use crate::{Created, SubjectIndex};

/// Of 64 parallel creations of one selector exactly one is done, and the row is that one's.
pub async fn d5_of_64_parallel_creations_one_wins(store: impl SubjectIndex) {
    let store = Arc::new(store);
    let alice = subject("alice");
    for round in 0..16 {
        let selector = of(&alice).build().selector();
        let drafts: Vec<_> = (0..64_u8)
            .map(|number| match round / 2 % 2 {
                0 => of(&alice).selector(selector).payload([number]),
                _ => visitor().selector(selector).payload([number]),
            })
            .collect();
        let answers = race(
            round,
            drafts.clone().into_iter().map(|draft| {
                let store = Arc::clone(&store);
                async move { ok(store.create(&draft.build(), NOW).await) }
            }),
        )
        .await;
        let winners: Vec<_> = (0..64)
            .filter(|&number| answers[number] == Created::Done)
            .collect();
        let losers = answers
            .iter()
            .filter(|&&answer| answer == Created::Exists)
            .count();
        assert_eq!((winners.len(), losers), (1, 63), "{answers:?}");
        let winner = drafts[winners[0]].clone().build().into_stored(NOW);
        assert_holds(&*store, &winner, NOW).await;
    }
}

/// A creation never writes over a row, whoever asks and whatever the row has been through.
pub async fn d5_an_existing_row_is_left_as_it_is(store: impl SubjectIndex) {
    let (alice, [bob, carol]) = (subject("alice"), super::fixture::subjects_of_one_tag());
    for (first, second) in [
        (of(&alice), of(&alice)),
        (visitor(), visitor()),
        (of(&bob), of(&carol)),
        (of(&bob), visitor()),
    ] {
        let row = created(&store, first.payload(*b"first").build(), NOW).await;
        let late = second
            .selector(row.selector)
            .payload(*b"second")
            .absolute(at(20 * HOUR))
            .build();
        assert_eq!(ok(store.create(&late, at(1)).await), Created::Exists);
        assert_holds(&store, &row, at(1)).await;
    }
}

/// The row of an ended session stands in the way until it is purged.
pub async fn d5_an_ended_row_still_exists_until_it_is_purged(store: impl SubjectIndex) {
    let alice = subject("alice");
    for draft in [of(&alice), visitor()] {
        let row = created(&store, draft.clone().idle(at(MINUTE)).build(), NOW).await;
        let late = draft
            .payload(*b"second")
            .idle(at(14 * HOUR))
            .absolute(at(20 * HOUR))
            .build();
        for now in [at(MINUTE), at(13 * HOUR)] {
            assert_eq!(ok(store.create(&late, now).await), Created::Exists, "{now:?}");
        }
        // Nothing of it was changed, as one sees by a clock that is late.
        assert_holds(&store, &row, at(MINUTE - 1)).await;
        let purged = ok(store
            .purge_expired(at(13 * HOUR), std::num::NonZeroU32::MAX)
            .await);
        assert_eq!(purged, 1);
        assert_eq!(ok(store.create(&late, at(13 * HOUR)).await), Created::Done);
        assert_holds(&store, &late.into_stored(at(13 * HOUR)), at(13 * HOUR)).await;
        // Make room for the next one.
        assert!(ok(store.delete(&row.selector).await));
    }
}
