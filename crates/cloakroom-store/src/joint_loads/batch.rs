//! The loads of one round and their answers, in one allocation for all of them.

use std::future::poll_fn;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use super::{Asked, JointLoads};
use crate::{StoreError, StoreErrorKind};

/// The batches that are to be asked for. Loads join the last one of their group, unless its time is almost over.
pub(super) struct Queue<T>(Arc<Mutex<Line<T>>>);

struct Line<T> {
    /// The oldest first.
    batches: Vec<Queued<T>>,
    next: Number,
}

struct Queued<T> {
    batch: Arc<Batch<T>>,
    /// Which round is to answer it.
    round: Number,
    has_begun: bool,
}

/// The number of a round.
pub(super) type Number = u64;

/// Wakers are called and dropped after the lock of its state: a task that ends with them may hold a seat.
pub(super) struct Batch<T> {
    group: Group,
    /// When its round has to be over: its first load's limit after that joined.
    deadline: Option<Instant>,
    state: Mutex<State<T>>,
}

/// Which loads share a batch: those of one runtime, for one that is not driven any more runs no round of another's loads,
/// and calls no timer; and those of one limit, for they have one timer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    runtime: Id,
    limit: Option<Duration>,
}

struct State<T> {
    stage: Stage<T>,
    /// None once the stage is another.
    seats: Vec<Place>,
}

enum Stage<T> {
    Waiting,
    /// By their seats.
    Answered(Vec<Option<Answer<T>>>),
    /// There will be no answers.
    GivenUp(Unanswered),
}

/// Why a batch has no answers.
#[derive(Clone, Copy)]
pub(super) enum Unanswered {
    /// It was dropped, as a runtime does that is shut down.
    Dropped,
    /// What was to answer it panicked.
    Panicked,
    /// It took longer than its limit.
    TimedOut,
}

pub(super) type Answer<T> = Result<T, StoreError>;

struct Place {
    selector: Selector,
    now: UnixTime,
    /// Missing when the load was dropped.
    waker: Option<Waker>,
}

/// A load's place in a batch. When it is dropped nobody waits there any more.
pub(super) struct Seat<T> {
    batch: Arc<Batch<T>>,
    number: usize,
}

impl Group {
    /// The loads of the runtime that polls this one.
    pub(super) fn here(limit: Option<Duration>) -> Self {
        let runtime = Handle::current().id();
        Self { runtime, limit }
    }
}

impl<T> Queue<T> {
    /// A seat, and the number of the round that is to begin, for the first of a batch.
    pub(super) fn join(
        &self,
        group: Group,
        selector: Selector,
        now: UnixTime,
        waker: Waker,
    ) -> (Seat<T>, Option<Number>) {
        let waker = Some(waker);
        let place = Place { selector, now, waker };
        let mut line = self.line();
        let last = line.batches.iter().rfind(|queued| queued.batch.group == group);
        let place = match last {
            Some(queued) if !queued.is_late() => match queued.batch.join(place) {
                Ok(number) => {
                    let batch = Arc::clone(&queued.batch);
                    return (Seat { batch, number }, None);
                }
                Err(place) => place,
            },
            _ => place,
        };
        let mut seats = Vec::with_capacity(8);
        seats.push(place);
        let batch = Arc::new(Batch::new(group, seats));
        let round = line.next;
        line.next += 1;
        line.batches.push(Queued {
            batch: Arc::clone(&batch),
            round,
            has_begun: false,
        });
        (Seat { batch, number: 0 }, Some(round))
    }

    /// The batch that `round` is to answer. When several are to begin, the first that does so gets the oldest.
    pub(super) fn begin(&self, round: Number) -> Option<Arc<Batch<T>>> {
        let batches = &mut self.line().batches;
        let own = batches.iter().position(|queued| queued.round == round)?;
        let group = batches[own].batch.group;
        let oldest = batches
            .iter()
            .position(|queued| !queued.has_begun && queued.batch.group == group)?;
        batches[own].round = batches[oldest].round;
        let oldest = &mut batches[oldest];
        oldest.round = round;
        oldest.has_begun = true;
        Some(Arc::clone(&oldest.batch))
    }

    /// The batch of this round, if it was not taken yet. From now on nobody joins it.
    pub(super) fn take(&self, round: Number) -> Option<Arc<Batch<T>>> {
        let batches = &mut self.line().batches;
        let own = batches.iter().position(|queued| queued.round == round)?;
        Some(batches.remove(own).batch)
    }

    /// How many wait for a round.
    pub(super) fn waiting(&self) -> usize {
        let line = self.line();
        line.batches.iter().map(|queued| queued.batch.waiting()).sum()
    }

    fn line(&self) -> MutexGuard<'_, Line<T>> {
        // Nothing panics while it is held but for want of memory, which leaves the queue as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Queued<T> {
    /// Whether its round waits for what it asks with, and has less than half of its time left. One that has not begun has
    /// just been opened, which is known without a look at the clock.
    fn is_late(&self) -> bool {
        let times = self.batch.deadline.zip(self.batch.group.limit);
        self.has_begun
            && times.is_some_and(|(deadline, limit)| deadline.duration_since(Instant::now()) < limit / 2)
    }
}

impl<T> Batch<T> {
    fn new(group: Group, seats: Vec<Place>) -> Self {
        let stage = Stage::Waiting;
        Self {
            group,
            // One so far away that no clock shows it is none.
            deadline: group.limit.and_then(|limit| Instant::now().checked_add(limit)),
            state: Mutex::new(State { stage, seats }),
        }
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The number of a new seat, or the place back when none is left.
    fn join(&self, place: Place) -> Result<usize, Place> {
        let mut state = self.state();
        let number = state.seats.len();
        if number == JointLoads::MOST {
            return Err(place);
        }
        state.seats.push(place);
        Ok(number)
    }

    /// The loads that still wait.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let state = self.state();
        let waiting = state.seats.iter().enumerate();
        waiting
            .filter(|(_, place)| place.waker.is_some())
            .map(|(seat, place)| Asked {
                seat,
                selector: place.selector,
                now: place.now,
            })
            .collect()
    }

    /// Gives the answers, by their seats.
    pub(super) fn answer(&self, answers: Vec<Option<Answer<T>>>) {
        self.end(Stage::Answered(answers));
    }

    /// Sends all who wait to another batch, unless they were answered.
    pub(super) fn give_up(&self) {
        self.end(Stage::GivenUp(if std::thread::panicking() {
            Unanswered::Panicked
        } else {
            Unanswered::Dropped
        }));
    }

    /// Tells all who wait that it took too long, unless they were answered.
    pub(super) fn time_out(&self) {
        self.end(Stage::GivenUp(Unanswered::TimedOut));
    }

    fn end(&self, outcome: Stage<T>) {
        let mut state = self.state();
        if !matches!(state.stage, Stage::Waiting) {
            return;
        }
        state.stage = outcome;
        let mut seats = mem::take(&mut state.seats);
        if let Stage::Answered(answers) = &mut state.stage {
            // Nobody comes for these.
            for (place, answer) in seats.iter().zip(answers) {
                if place.waker.is_none() {
                    *answer = None;
                }
            }
        }
        drop(state);
        for waker in seats.iter_mut().filter_map(|place| place.waker.take()) {
            waker.wake();
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        let state = self.state();
        state.seats.iter().filter(|place| place.waker.is_some()).count()
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Seat<T> {
    pub(super) const fn batch(&self) -> &Arc<Batch<T>> {
        &self.batch
    }

    /// When the round has to be over.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.batch.deadline
    }

    /// Its answer, or why the batch was given up. To be polled by the waker that joined.
    pub(super) async fn answer(self) -> Result<Answer<T>, Unanswered> {
        let mut has_joined = false;
        poll_fn(|context| {
            // The first time there is nothing to be seen that does not wake.
            if mem::replace(&mut has_joined, true) {
                self.poll(context)
            } else {
                Poll::Pending
            }
        })
        .await
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Result<Answer<T>, Unanswered>> {
        let mut state = self.batch.state();
        match &mut state.stage {
            Stage::Answered(answers) => {
                let answer = answers.get_mut(self.number).and_then(Option::take);
                Poll::Ready(answer.ok_or(Unanswered::Dropped))
            }
            Stage::GivenUp(why) => Poll::Ready(Err(*why)),
            Stage::Waiting => {
                let old = match &mut state.seats[self.number].waker {
                    Some(waker) if waker.will_wake(context.waker()) => None,
                    waker => waker.replace(context.waker().clone()),
                };
                drop(state);
                drop(old);
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Seat<T> {
    fn drop(&mut self) {
        let mut state = self.batch.state();
        let waker = state
            .seats
            .get_mut(self.number)
            .and_then(|place| place.waker.take());
        let answer = match &mut state.stage {
            Stage::Answered(answers) => answers.get_mut(self.number).and_then(Option::take),
            _ => None,
        };
        drop(state);
        drop((waker, answer));
    }
}

impl From<Unanswered> for StoreError {
    fn from(why: Unanswered) -> Self {
        let (kind, reason) = match why {
            Unanswered::Dropped => (
                StoreErrorKind::Unavailable,
                "the load was asked for on a runtime that was shut down",
            ),
            Unanswered::Panicked => (StoreErrorKind::Other, "what answers the loads panicked"),
            Unanswered::TimedOut => return StoreErrorKind::Timeout.into(),
        };
        Self::new(kind, reason)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let (batches, next) = (Vec::new(), 0);
        Self(Arc::new(Mutex::new(Line { batches, next })))
    }
}
