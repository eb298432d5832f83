//! Operations that nobody waits for any more (a store timeout, a client that went away).

use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::pin::pin;
use std::task::Poll;

use cloakroom_postgres::PostgresSessionStore;
use cloakroom_store::conformance::fixture::{HOUR, NOW, at, change, of, reauthentication, subject};
use cloakroom_store::{Created, NewRecord, Page, SessionStore, Stored, Subject, SubjectIndex};

use crate::place::Place;

/// Polls `future` at most `polls` times and drops it; `true` when it was done.
async fn cancelled_after<T>(polls: u32, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The session as everybody sees it, once the server has done what it was sent.
async fn settled(place: &Place, store: &PostgresSessionStore, record: &NewRecord) -> Option<Stored> {
    let active = "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND query LIKE '%{s}%' \
                  AND pid <> pg_backend_pid()";
    while place.number(active).await > 0 {}
    store.load(&record.selector(), NOW).await.unwrap()
}

async fn prepared(store: &PostgresSessionStore, alice: &Subject) -> (NewRecord, Stored) {
    let record = of(alice).build();
    assert_eq!(store.create(&record, NOW).await.unwrap(), Created::Done);
    let row = record.clone().into_stored(NOW);
    (record, row)
}

#[tokio::test]
async fn d16_a_dropped_operation_leaves_the_old_or_the_new_state() {
    for on_a_pool in [false, true] {
        let place = Place::new();
        let store = if on_a_pool {
            place.store_on_a_pool().await
        } else {
            place.store().await
        };
        let alice = subject("alice");
        let mut was_done = false;
        let mut polls = 0;
        // Until each operation is done before it would be dropped.
        while !was_done {
            polls += 1;
            was_done = true;

            let record = of(&alice).build();
            was_done &= cancelled_after(polls, store.create(&record, NOW)).await;
            let now = settled(&place, &store, &record).await;
            assert!(now.is_none() || now == Some(record.clone().into_stored(NOW)));

            let (record, old) = prepared(&store, &alice).await;
            let change = change(*b"new");
            was_done &= cancelled_after(polls, store.update(&old.selector, old.version, &change, NOW)).await;
            let now = settled(&place, &store, &record).await.unwrap();
            let new = Stored {
                version: old.version.next(),
                payload: (*b"new").into(),
                ..old.clone()
            };
            assert!(now == old || now == new, "{now:?}");

            let (record, old) = prepared(&store, &alice).await;
            let next = reauthentication(at(1));
            was_done &=
                cancelled_after(polls, store.rotate(&old.selector, &old.verifier_hash, &next, NOW)).await;
            let now = settled(&place, &store, &record).await.unwrap();
            let is_new = now.verifier_hash == next.verifier_hash
                && now.version == old.version.next()
                && now.lineage_at == at(1);
            assert!(now == old || is_new, "{now:?}");

            // A subject for each, since a server may do late what it was sent early.
            let carol = subject(&format!("carol {polls}"));
            let (_, spared) = prepared(&store, &carol).await;
            let _ = prepared(&store, &carol).await;
            let selector = spared.selector;
            was_done &= cancelled_after(polls, store.delete_by_subject(&carol, Some(&selector), NOW)).await;
            // The cut-off, the deletion and the sparing come together, or not at all.
            let page = Page::first(NonZeroU32::new(10).unwrap());
            let listed = store.list_by_subject(&carol, page, NOW).await.unwrap().sessions;
            match &*listed {
                [one] => assert_eq!((one.selector, one.lineage_at), (selector, at(1))),
                both => assert_eq!(
                    both.iter().map(|row| row.lineage_at).collect::<Vec<_>>(),
                    [NOW; 2]
                ),
            }
        }
        assert!(polls > 1, "nothing was ever dropped");
    }
}

#[tokio::test]
async fn an_answer_to_a_dropped_question_reaches_nobody() {
    let place = Place::new();
    for store in [place.store().await, place.store_on_a_pool().await] {
        let (alice, bob) = (subject("alice"), subject("bob"));
        let (alices, _) = prepared(&store, &alice).await;
        let (bobs, bobs_row) = prepared(&store, &bob).await;
        for polls in 1..6 {
            for _ in 0..20 {
                let _ = cancelled_after(polls, store.load(&alices.selector(), NOW)).await;
                let loaded = store.load(&bobs.selector(), at(HOUR / 4)).await.unwrap();
                assert_eq!(loaded.as_ref(), Some(&bobs_row));
            }
        }
        store.delete(&alices.selector()).await.unwrap();
        store.delete(&bobs.selector()).await.unwrap();
    }
}
