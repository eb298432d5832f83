//! What the cases share.

use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use tokio::sync::Barrier;

use super::fixture::Random;
use crate::{Created, NewRecord, Page, SessionStore, StoreError, Stored, Subject, SubjectIndex};

/// The answer of an operation that has no reason to fail.
#[track_caller]
pub(super) fn ok<T>(answer: Result<T, StoreError>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(error) => panic!("the store failed: {error:?}"),
    }
}

/// Creates a session, and gives what the store now holds.
pub(super) async fn created(store: &impl SessionStore, record: NewRecord, now: UnixTime) -> Stored {
    assert_eq!(ok(store.create(&record, now).await), Created::Done);
    record.into_stored(now)
}

/// Everything that `subject` is listed with, in parts of `limit`.
pub(super) async fn listed_by(
    store: &impl SubjectIndex,
    subject: &Subject,
    limit: u32,
    now: UnixTime,
) -> Vec<Stored> {
    let mut page = Page::first(NonZeroU32::new(limit).expect("cases list something"));
    let mut all: Vec<Stored> = Vec::new();
    loop {
        let part = ok(store.list_by_subject(subject, page, now).await);
        assert!(
            part.sessions.len() <= usize::try_from(page.size()).unwrap_or(usize::MAX),
            "a part of a list has at most as many sessions as were asked for"
        );
        for session in part.sessions {
            assert!(
                page.after.is_none_or(|after| after < session.selector)
                    && all.last().is_none_or(|last| last.selector < session.selector),
                "sessions are listed in the order of their selectors, each once"
            );
            all.push(session);
        }
        let Some(next) = part.next else { return all };
        assert!(
            page.after.is_none_or(|after| after < next),
            "each part of a list begins after the one before"
        );
        assert!(
            all.last().is_none_or(|last| last.selector <= next),
            "no part of a list begins before the end of the one before"
        );
        page.after = Some(next);
    }
}

/// Everything that `subject` is listed with.
pub(super) async fn listed(store: &impl SubjectIndex, subject: &Subject, now: UnixTime) -> Vec<Stored> {
    listed_by(store, subject, 100, now).await
}

/// Asserts that the session is what it should be, when loaded and (a subject's) when listed.
pub(super) async fn assert_holds(store: &impl SubjectIndex, expected: &Stored, now: UnixTime) {
    let loaded = ok(store.load(&expected.selector, now).await);
    assert!(
        loaded.as_ref() == Some(expected),
        "a load answers\n  {}\nand not\n  {}",
        brief(loaded.as_ref()),
        brief(Some(expected))
    );
    if let Some(known) = &expected.authentication {
        let listed = listed(store, &known.subject, now).await;
        let found = listed.iter().find(|listed| listed.selector == expected.selector);
        assert!(
            found == Some(expected),
            "a list shows\n  {}\nand not\n  {}",
            brief(found),
            brief(Some(expected))
        );
    }
}

/// A session for a message, of whose data the first bytes will do.
pub(super) fn brief(row: Option<&Stored>) -> String {
    let Some(row) = row else {
        return "nothing".into();
    };
    let begin = Stored {
        payload: row.payload.iter().take(32).copied().collect(),
        ..row.clone()
    };
    format!("{begin:?} with {} bytes of data", row.payload.len())
}

/// Asserts that nobody sees the session at `now`.
pub(super) async fn assert_gone(
    store: &impl SubjectIndex,
    selector: &Selector,
    subject: Option<&Subject>,
    now: UnixTime,
) {
    assert_eq!(ok(store.load(selector, now).await), None, "a load after the end");
    if let Some(subject) = subject {
        let listed = listed(store, subject, now).await;
        assert!(
            listed.iter().all(|listed| listed.selector != *selector),
            "a session is listed after its end"
        );
    }
}

/// Something to do beside other things.
pub(super) type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// `future` as one of several of different types.
pub(super) fn task<T>(future: impl Future<Output = T> + Send + 'static) -> Task<T> {
    Box::pin(future)
}

/// Lets all of them run side by side, and gives their results in order: in even rounds on the runtime's threads, in odd
/// ones on this thread alone, where the round draws which of them goes on to its next await. The first finds what
/// happens between processors or at a server, the second what happens between two awaits, and always the same.
pub(super) async fn race<T: Send + 'static>(
    round: u64,
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    if round.is_multiple_of(2) {
        together(tasks).await
    } else {
        interleaved(Random::new(round), tasks.into_iter().map(task).collect()).await
    }
}

async fn interleaved<T>(mut random: Random, mut tasks: Vec<Task<T>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    let mut pending: Vec<usize> = (0..tasks.len()).collect();
    poll_fn(|context| {
        for _ in 0..pending.len() {
            let drawn = random.index(pending.len());
            let number = pending[drawn];
            if let Poll::Ready(result) = tasks[number].as_mut().poll(context) {
                results[number] = Some(result);
                pending.swap_remove(drawn);
            }
        }
        if pending.is_empty() {
            return Poll::Ready(());
        }
        // A task that waits for the runtime is asked again and again, which costs a processor and no correctness.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    results.into_iter().flatten().collect()
}

/// Runs all of them on the runtime's threads, begun as nearly at once as it can be, and gives their results in order.
async fn together<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().collect();
    let barrier = Arc::new(Barrier::new(tasks.len()));
    let running: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(running.len());
    for one in running {
        match one.await {
            Ok(result) => results.push(result),
            Err(error) => resume_unwind(error.into_panic()),
        }
    }
    results
}
