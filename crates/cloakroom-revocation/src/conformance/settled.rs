use std::sync::{Arc, Mutex, PoisonError};

use cloakroom_core::UnixTime;

use super::check::{Task, ok, task, together};
use super::fixture::{ISSUER, PAST, SKEW, after, credential};
use super::prepared::Revocations;
use crate::Found;

/// Cut-offs by the store's own clock, and who mints beside them: what an answer lacks lies the skew after its time, or
/// later, so that it ends whatever was minted by the answer. And it lacks nothing that was acknowledged before it was asked.
pub async fn f19_a_settled_look_up_lacks_no_cut_off_from_before_its_time(store: impl Revocations) {
    const WRITERS: u32 = 4;
    let (store, told) = (Arc::new(store), Arc::new(Mutex::new(Vec::new())));
    let newest = |told: &Mutex<Vec<UnixTime>>| {
        let told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.iter().max().copied()
    };
    let mut tasks: Vec<Task<Vec<Found>>> = Vec::new();
    for writer in 0..WRITERS {
        let (store, told) = (Arc::clone(&store), Arc::clone(&told));
        tasks.push(task(async move {
            for _ in 0..50 {
                let at = ok(if writer == 0 {
                    store.revoke_all(PAST).await
                } else {
                    store.cut_off(ISSUER, "alice", PAST).await
                });
                told.lock().unwrap_or_else(PoisonError::into_inner).push(at);
                tokio::task::yield_now().await;
            }
            Vec::new()
        }));
    }
    for _ in 0..WRITERS {
        let (store, told) = (Arc::clone(&store), Arc::clone(&told));
        tasks.push(task(async move {
            let mut answers = Vec::new();
            for _ in 0..100 {
                let acknowledged = newest(&told);
                let found = ok(store.look_up_settled(&credential(ISSUER, "alice", "a-1")).await);
                assert!(
                    found.cutoff >= acknowledged,
                    "{acknowledged:?} was acknowledged before {found:?}"
                );
                answers.push(found);
                tokio::task::yield_now().await;
            }
            answers
        }));
    }
    let answers = together(tasks).await;
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(told.len(), 200);
    for found in answers.iter().flatten() {
        assert!(!found.denied);
        for &at in told.iter().filter(|&&at| Some(at) > found.cutoff) {
            assert!(
                at >= after(found.time, SKEW),
                "{found:?} lacks the cut-off {at:?}, and what is minted by it may outlive that"
            );
        }
    }
}
