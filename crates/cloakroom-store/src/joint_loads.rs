use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use tokio::sync::oneshot;

use crate::{StoreError, StoreErrorKind, Stored};

/// Loads that wait until the store asks its database for all of them at once.
///
/// A round trip or a change of threads costs several times what one session in it costs. Loads that are called while no
/// question is under way are asked for after the tasks that are ready have had their turn, so that those join; loads that
/// are called later wait for the next round. A load joins before its round is asked, so it sees whatever was
/// acknowledged before its call.
#[derive(Clone, Default)]
pub struct JointLoads(Arc<Mutex<Vec<Waiting>>>);

/// The right and the duty to answer the loads that wait longest, at most [`JointLoads::MOST`]. Those of a round that is
/// dropped turn to another.
#[derive(Debug)]
pub struct Round(Option<JointLoads>);

/// The loads of a round, which wait for their answers. Those that get none turn to another round.
#[must_use]
pub struct Loads(Vec<Waiting>);

struct Waiting {
    selector: Selector,
    now: UnixTime,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Option<Stored>, StoreError>;

impl JointLoads {
    /// The most loads that one round has to answer.
    pub const MOST: usize = 64;

    /// How many rounds may be dropped before a load gives up.
    const PATIENCE: usize = 3;

    /// What [`SessionStore::load`](crate::SessionStore::load) answers, from a round of loads.
    ///
    /// The first load of each round calls `answer`. The future that it makes runs as a task of tokio of its own, so
    /// nobody's load depends on whether that of another is polled or dropped.
    ///
    /// # Errors
    ///
    /// What the round was answered with, and `Unavailable` when several rounds in turn were dropped unanswered: their
    /// runtimes were shut down.
    pub async fn load<F>(
        &self,
        selector: &Selector,
        now: UnixTime,
        answer: impl Fn(Round) -> F + Send,
    ) -> Result<Option<Stored>, StoreError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        for _ in 0..Self::PATIENCE {
            let (sender, receiver) = oneshot::channel();
            let is_first = {
                let mut waiting = self.waiting();
                waiting.push(Waiting {
                    selector: *selector,
                    now,
                    answer: sender,
                });
                waiting.len() % Self::MOST == 1
            };
            if is_first {
                let answering = answer(Round(Some(self.clone())));
                drop(tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    answering.await;
                }));
            }
            if let Ok(answer) = receiver.await {
                return answer;
            }
        }
        Err(StoreError::new(
            StoreErrorKind::Unavailable,
            "the load was asked for on a runtime that was shut down",
        ))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        // Nothing panics while it is held but for want of memory, which leaves the list as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        if waiting.len() <= Self::MOST {
            return std::mem::take(&mut *waiting);
        }
        waiting.drain(..Self::MOST).collect()
    }
}

impl Round {
    /// The loads to be answered, right before they are asked for. None are left when all were dropped meanwhile.
    pub fn take(mut self) -> Loads {
        let mut taken = self.0.take().map(|loads| loads.take()).unwrap_or_default();
        taken.retain(|waiting| !waiting.answer.is_closed());
        Loads(taken)
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        if let Some(loads) = &self.0 {
            drop(loads.take());
        }
    }
}

impl Loads {
    /// Whether nobody waits any more.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose sessions are asked for, at most [`JointLoads::MOST`]. Two may be the same.
    pub fn selectors(&self) -> impl ExactSizeIterator<Item = &Selector> + Clone {
        self.0.iter().map(|waiting| &waiting.selector)
    }

    /// Answers each by its selector and the time by which its session has to be live, in the order of
    /// [`selectors`](Self::selectors).
    pub fn answer(self, mut each: impl FnMut(&Selector, UnixTime) -> Result<Option<Stored>, StoreError>) {
        for waiting in self.0 {
            let answer = each(&waiting.selector, waiting.now);
            // It fails when the load was dropped meanwhile.
            let _ = waiting.answer.send(answer);
        }
    }
}

/// Tells how many wait, and not for what.
impl fmt::Debug for JointLoads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JointLoads").field(&self.waiting().len()).finish()
    }
}

impl fmt::Debug for Loads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Loads").field(&self.0.len()).finish()
    }
}
