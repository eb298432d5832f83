//! Sessions in this process's memory.

mod hasher;
mod ledger;
mod line;
mod row;
mod rows;
mod shard;
mod subjects;

use std::fmt;
use std::future::poll_fn;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::Poll;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, SubjectTag, VerifierHash};

use self::hasher::SelectorState;
use self::ledger::{Ledger, NoRoom};
pub use self::ledger::{MemoryLimits, MemoryUsage};
use self::shard::Shard;
use crate::{
    Change, Created, Listed, MAX_PAYLOAD, NewRecord, Page, Rotated, Rotation, SessionStore, StoreError,
    StoreErrorKind, Stored, Subject, SubjectIndex, Touched, Updated, Version,
};

/// One for each value of a tag's second byte.
const SHARDS: usize = 256;

/// Sessions in this process's memory: for one server, for development, for tests. They end with the process.
///
/// All sessions of a subject lie in one of 256 shards, each under a lock of its own, so each operation is one step in
/// one shard. No operation costs more for more sessions in the store, but for the logarithm that keeps deadlines in
/// order; [`list_by_subject`](SubjectIndex::list_by_subject) and
/// [`delete_by_subject`](SubjectIndex::delete_by_subject) cost what they list or delete. No lock is held while a
/// future waits, and none longer than for a batch of 256 rows, a subject's own sessions aside.
///
/// It is bounded by [`MemoryLimits`] and never drops a live session to make room: when it is full it first drops
/// some that have expired, and then answers `Full`. A fifth is kept for sessions of subjects, so that a flood of
/// visitors keeps nobody from logging in.
///
/// To share it, put it into an `Arc`, which is a store as well.
pub struct MemoryStore {
    shards: Box<[Place]>,
    /// The store-wide cut-off in milliseconds; `i64::MIN` cuts nothing off.
    cutoff: AtomicI64,
    ledger: Box<Ledger>,
    /// The shard with which the next purge begins.
    next_purged: AtomicUsize,
}

/// A shard and its lock. What a look-up reads of a shard lies in the cache line of the lock, which it fetches anyway.
#[repr(align(64))]
struct Place(RwLock<Shard>);

impl MemoryStore {
    /// An empty store of the [default limits](MemoryLimits::default).
    pub fn new() -> Self {
        Self::with_limits(MemoryLimits::default())
    }

    /// An empty store of these limits.
    pub fn with_limits(limits: MemoryLimits) -> Self {
        let hasher = SelectorState::new();
        Self {
            shards: (0..SHARDS)
                .map(|_| Place(RwLock::new(Shard::new(hasher.clone()))))
                .collect(),
            cutoff: AtomicI64::new(i64::MIN),
            ledger: Box::new(Ledger::new(limits)),
            next_purged: AtomicUsize::new(0),
        }
    }

    /// How much it holds, expired sessions that no purge has met included.
    pub fn usage(&self) -> MemoryUsage {
        self.ledger.usage()
    }

    fn read(&self, tag: SubjectTag) -> RwLockReadGuard<'_, Shard> {
        // No panic leaves a shard half changed: nothing in a critical section but the allocator could, and it aborts.
        self.shards[shard_of(tag)]
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, shard: usize) -> RwLockWriteGuard<'_, Shard> {
        self.shards[shard]
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The store-wide cut-off. Those who write read it under their shard's lock: then a sweep that knows a later one
    /// either finds their row or comes before them, and they know the later one as well.
    fn cutoff(&self) -> UnixTime {
        UnixTime::from_millis(self.cutoff.load(Ordering::Acquire))
    }

    /// Does `step`, once more after dropping expired sessions when there was no room.
    fn with_room<T>(&self, now: UnixTime, step: impl Fn() -> Result<T, NoRoom>) -> Result<T, StoreError> {
        step()
            .or_else(|full| if self.make_room(now) { step() } else { Err(full) })
            .map_err(|NoRoom| StoreErrorKind::Full.into())
    }

    /// Drops a few expired sessions of each shard, until some are gone; `false` when there were none.
    fn make_room(&self, now: UnixTime) -> bool {
        const ENOUGH: usize = 32;
        let start = self.next_purged.load(Ordering::Relaxed);
        let mut dropped = 0;
        for shard in (start..start + SHARDS).map(|at| at % SHARDS) {
            let batch = self.write(shard).purge(now, self.cutoff(), ENOUGH, &self.ledger);
            dropped += batch.rows.len();
            if dropped >= ENOUGH {
                self.next_purged.store(shard, Ordering::Relaxed);
                break;
            }
        }
        dropped > 0
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how full it is.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl SessionStore for MemoryStore {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        check_size(record.payload())?;
        self.with_room(now, || {
            let mut shard = self.write(shard_of(record.selector().tag()));
            shard.create(record, now, self.cutoff(), &self.ledger)
        })
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        let shard = self.read(selector.tag());
        let row = shard.load(selector, now, self.cutoff());
        Ok(row.map(|row| Stored::clone(row)))
    }

    fn load_now(&self, selector: &Selector, now: UnixTime) -> Poll<Option<Arc<Stored>>> {
        let shard = self.read(selector.tag());
        Poll::Ready(shard.load(selector, now, self.cutoff()).map(Arc::clone))
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        check_size(&change.payload)?;
        self.with_room(now, || {
            let mut shard = self.write(shard_of(selector.tag()));
            shard.update(selector, expect, change, now, self.cutoff(), &self.ledger)
        })
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let mut shard = self.write(shard_of(selector.tag()));
        Ok(shard.touch(selector, idle_deadline, now, self.cutoff()))
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        if let Some((_, payload)) = &rotation.data {
            check_size(payload)?;
        }
        self.with_room(now, || {
            let mut shard = self.write(shard_of(selector.tag()));
            shard.rotate(selector, old, rotation, now, self.cutoff(), &self.ledger)
        })
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        let row = self
            .write(shard_of(selector.tag()))
            .remove(selector, &self.ledger);
        Ok(row.is_some())
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let start = self.next_purged.load(Ordering::Relaxed);
        let mut left = usize::try_from(max.get()).unwrap_or(usize::MAX);
        let mut purged = 0;
        for shard in (start..start + SHARDS).map(|at| at % SHARDS) {
            loop {
                let batch = self.write(shard).purge(now, self.cutoff(), left, &self.ledger);
                left -= batch.rows.len();
                purged += batch.rows.len() as u64;
                if left == 0 {
                    self.next_purged.store(shard, Ordering::Relaxed);
                    return Ok(purged);
                }
                if !batch.more {
                    break;
                }
                drop(batch);
                yield_now().await;
            }
        }
        Ok(purged)
    }
}

impl SubjectIndex for MemoryStore {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        Ok(self.read(subject.tag()).list(subject, page, now, self.cutoff()))
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        let row = self
            .write(shard_of(subject.tag()))
            .remove_of(subject, selector, &self.ledger);
        Ok(row.is_some())
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let (ended, rows) = {
            let mut shard = self.write(shard_of(subject.tag()));
            shard.end_all(subject, except, now, self.cutoff(), &self.ledger)
        };
        // Thousands of them, perhaps, are freed after the lock is.
        drop(rows);
        Ok(ended)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        self.cutoff.fetch_max(now.as_millis(), Ordering::AcqRel);
        Ok(())
    }
}

fn shard_of(tag: SubjectTag) -> usize {
    usize::from(tag.as_bytes()[1])
}

fn check_size(payload: &[u8]) -> Result<(), StoreError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(StoreErrorKind::TooLarge.into());
    }
    Ok(())
}

/// Lets other tasks run, on any runtime.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests;
