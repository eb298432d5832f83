//! Revocations in this process's memory.

mod state;

use std::fmt;
use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use cloakroom_core::UnixTime;

use self::state::State;
use crate::{
    Credential, Cursor, Denial, Denied, Entry, Fleet, Found, Head, Page, PageMark, Polled, RevocationFeed,
    RevocationStore, StoreError,
};

/// Revocations in this process's memory: for one server, for development, for tests. They end with the process.
///
/// One lock holds all of it, and no operation keeps it for longer than one batch. Steps of the feed are kept for as
/// many as [`STEPS`](Self::STEPS); a reader further behind loads everything. To share it, put it into an `Arc`, which is a
/// store as well.
pub struct MemoryRevocationStore {
    state: Mutex<State>,
    waiting: Mutex<Vec<Waker>>,
    fleet: Fleet,
    clock: Box<dyn Fn() -> UnixTime + Send + Sync>,
}

impl MemoryRevocationStore {
    /// How many of the newest steps a purge leaves.
    pub const STEPS: usize = state::STEPS;

    /// An empty store of this fleet, with a new feed. Its own clock is `clock`, `UnixTime::now` but in tests.
    pub fn new(fleet: Fleet, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::new(State::new(fleet)),
            waiting: Mutex::default(),
            fleet,
            clock: Box::new(clock),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic leaves it half changed: nothing in a critical section but the allocator could, and it aborts.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something, and wakes who waits for a step when there is one.
    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let before = state.head();
        let answer = change(&mut state);
        let is_step = state.head() != before;
        drop(state);
        if is_step {
            self.waiting().drain(..).for_each(Waker::wake);
        }
        answer
    }

    /// By which a cut-off counts: the store's own clock, unless the caller's is ahead.
    fn later(&self, now: UnixTime) -> UnixTime {
        now.max((self.clock)())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows how much it holds.
impl fmt::Debug for MemoryRevocationStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRevocationStore")
            .field("entries", &self.lock().len())
            .finish_non_exhaustive()
    }
}

impl RevocationStore for MemoryRevocationStore {
    fn fleet(&self) -> Fleet {
        self.fleet
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        Ok(self.write(|state| state.deny(denial, now, self.later(now))))
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        Entry::check_names(&[issuer, subject])?;
        Ok(self.write(|state| state.cut_off(issuer, subject, self.later(now))))
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        Ok(self.write(|state| state.revoke_all(self.later(now))))
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        let state = self.lock();
        // While it is locked: a cut-off that is not found here is made at this time or later.
        let time = (self.clock)();
        let (denied, cutoff) = state.look_up(credential);
        Ok(Found { denied, cutoff, time })
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.look_up(credential).await
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        Ok(self.write(|state| state.purge(now.min((self.clock)()), max)))
    }
}

impl RevocationFeed for MemoryRevocationStore {
    async fn head(&self) -> Result<Head, StoreError> {
        Ok(Head {
            cursor: self.lock().head(),
            time: (self.clock)(),
        })
    }

    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        let (entries, next) = self.lock().page(after, max);
        Ok(Page {
            entries,
            next,
            time: (self.clock)(),
        })
    }

    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        Ok(match self.lock().poll(cursor, max) {
            Some((entries, cursor, more)) => Polled::Entries {
                entries,
                cursor,
                more,
                time: (self.clock)(),
            },
            None => Polled::Reload,
        })
    }

    fn changed(&self) -> impl Future<Output = ()> + Send {
        let seen = self.lock().head();
        poll_fn(move |context| {
            {
                let mut waiting = self.waiting();
                // A task that gives up waiting leaves its waker behind until the next step, once.
                if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
            }
            // Asked after the waker is in its place, so that a step between the two wakes it.
            if self.lock().head() == seen {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
    }
}
