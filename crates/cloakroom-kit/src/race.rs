use std::future::poll_fn;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Barrier;

use crate::{Random, Task, task};

/// Lets all of them run side by side, and gives their results in order: in even rounds on the runtime's threads, in odd
/// ones on this thread alone, where the round draws which of them goes on to its next await. The first finds what
/// happens between processors or at a server, the second what happens between two awaits, and always the same.
///
/// # Panics
///
/// When one of them does, and in even rounds without the runtime of `tokio`.
pub async fn race<T: Send + 'static>(
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
///
/// # Panics
///
/// When one of them does, and without the runtime of `tokio`.
pub async fn together<T: Send + 'static>(
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
