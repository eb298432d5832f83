use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use tokio::time::timeout_at;

use self::batch::{Batch, Group, Number, Queue, Unanswered};
use crate::{StoreError, Stored};

mod batch;

/// Loads that wait until the store asks its database for all of them at once.
///
/// A round trip or a change of threads costs several times what one session in it costs. Loads that are called while no
/// question is under way are asked for after the tasks that are ready have had their turn, so that those join; loads that
/// are called later wait for the next round. A load joins before its round is asked, so it sees whatever was
/// acknowledged before its call. Loads of several runtimes wait apart, and so do loads of several limits.
///
/// `T` is what a round finds for each: the session, or what whoever waits for it makes a session of, on its own thread.
pub struct JointLoads<T = Option<Stored>>(Queue<T>);

/// The right and the duty to answer the loads of a round, at most [`JointLoads::MOST`]. Those of a round that is
/// dropped turn to another.
#[must_use]
pub struct Round<T = Option<Stored>> {
    queue: Queue<T>,
    number: Number,
}

/// The loads of a round, which wait for their answers. Those that get none turn to another round.
#[must_use]
pub struct Loads<T = Option<Stored>> {
    /// None when its time was over before it was taken.
    batch: Option<Arc<Batch<T>>>,
    asked: Vec<Asked>,
}

/// A load that has not been dropped.
struct Asked {
    seat: usize,
    selector: Selector,
    now: UnixTime,
}

impl JointLoads {
    /// The most loads that one round has to answer.
    pub const MOST: usize = 64;

    /// How many rounds may be dropped before a load gives up.
    const PATIENCE: usize = 3;
}

impl<T: Send + 'static> JointLoads<T> {
    /// What a round finds for `selector`: for [`SessionStore::load`](crate::SessionStore::load) to answer, without a
    /// `limit`, and for [`SessionStore::load_within`](crate::SessionStore::load_within), with one.
    ///
    /// The first load of each round calls `answer`. The future that it makes runs as a task of tokio of its own, so
    /// nobody's load depends on whether that of another is polled or dropped. It is dropped when `limit` has passed since
    /// the first load joined, so all loads of a round share one timer, and those that joined later wait less. Nobody
    /// joins a round that has begun and has less than half of `limit` left.
    ///
    /// # Errors
    ///
    /// What the round was answered with; `Timeout` when that took longer than `limit`. When several rounds in turn were
    /// dropped unanswered, `Unavailable` for that: their runtimes were shut down; and `Other` when what answered the last
    /// of them panicked.
    ///
    /// # Panics
    ///
    /// Outside of a runtime of tokio; with a limit that a clock can show, on one without timers.
    pub async fn load<F>(
        &self,
        selector: &Selector,
        now: UnixTime,
        limit: Option<Duration>,
        answer: impl Fn(Round<T>) -> F + Send,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (mut why, mut deadline) = (Unanswered::Dropped, None);
        for _ in 0..JointLoads::PATIENCE {
            // Whoever is polled here is who polls the seat.
            let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
            let (seat, round) = self.0.join(Group::here(limit), *selector, now, waker);
            if let Some(number) = round {
                self.begin(seat.batch(), number, &answer);
            }
            let end = seat.deadline();
            let answer = match deadline {
                None => seat.answer().await,
                // The round before has used up some of the time. In a box, for this is rare, and beside it the rest small.
                Some(deadline) => match Box::pin(timeout_at(deadline, seat.answer())).await {
                    Ok(answer) => answer,
                    Err(_) => Err(Unanswered::TimedOut),
                },
            };
            why = match answer {
                Ok(answer) => return answer,
                Err(Unanswered::TimedOut) => return Err(Unanswered::TimedOut.into()),
                Err(unanswered) => unanswered,
            };
            deadline = deadline.or(end);
        }
        Err(why.into())
    }

    /// Has the loads of a round answered, in time or not at all. `own` is the batch that it was opened for.
    fn begin<F>(&self, own: &Arc<Batch<T>>, number: Number, answer: &impl Fn(Round<T>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (queue, own) = (self.0.clone(), Arc::clone(own));
        let answering = answer(Round {
            queue: queue.clone(),
            number,
        });
        drop(tokio::spawn(async move {
            tokio::task::yield_now().await;
            // None when `answer` has taken it already.
            let batch = queue.begin(number).unwrap_or(own);
            let Some(deadline) = batch.deadline() else {
                return answering.await;
            };
            let mut answering = pin!(answering);
            if timeout_at(deadline, answering.as_mut()).await.is_err() {
                // Before the rest of the round is dropped, which would send who waits to another.
                drop(queue.take(number));
                batch.time_out();
            }
        }));
    }
}

impl<T> Round<T> {
    /// The loads to be answered, right before they are asked for. None are left when all were dropped meanwhile, or when
    /// the time of the round is over.
    pub fn take(self) -> Loads<T> {
        let batch = self.queue.take(self.number);
        let asked = batch.as_ref().map_or_else(Vec::new, |batch| batch.asked());
        Loads { batch, asked }
    }
}

/// After it was taken or its time was over this does nothing.
impl<T> Drop for Round<T> {
    fn drop(&mut self) {
        if let Some(batch) = self.queue.take(self.number) {
            batch.give_up();
        }
    }
}

impl<T> Loads<T> {
    /// Whether nobody waits any more.
    pub const fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// Whose sessions are asked for, at most [`JointLoads::MOST`]. Two may be the same.
    pub fn selectors(&self) -> impl ExactSizeIterator<Item = &Selector> + Clone {
        self.asked.iter().map(|asked| &asked.selector)
    }

    /// Answers each by its selector and the time by which its session has to be live, in the order of
    /// [`selectors`](Self::selectors).
    pub fn answer(mut self, mut each: impl FnMut(&Selector, UnixTime) -> Result<T, StoreError>) {
        let asked = mem::take(&mut self.asked);
        let seats = asked.last().map_or(0, |last| last.seat + 1);
        let mut answers = Vec::with_capacity(seats);
        for asked in asked {
            // Who sat in between has left.
            answers.resize_with(asked.seat, || None);
            answers.push(Some(each(&asked.selector, asked.now)));
        }
        if let Some(batch) = &self.batch {
            batch.answer(answers);
        }
    }
}

/// After the answer this does nothing.
impl<T> Drop for Loads<T> {
    fn drop(&mut self) {
        if let Some(batch) = &self.batch {
            batch.give_up();
        }
    }
}

impl<T> Clone for JointLoads<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for JointLoads<T> {
    fn default() -> Self {
        Self(Queue::default())
    }
}

/// Tells how many wait, and not for what.
impl<T> fmt::Debug for JointLoads<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JointLoads").field(&self.0.waiting()).finish()
    }
}

impl<T> fmt::Debug for Round<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Round").field(&self.number).finish()
    }
}

impl<T> fmt::Debug for Loads<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Loads").field(&self.asked.len()).finish()
    }
}
