use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::Stored;

/// How much a [`MemoryStore`](crate::MemoryStore) takes.
///
/// ```
/// use cloakroom_store::{MemoryLimits, MemoryStore};
///
/// let small = MemoryLimits { sessions: 10_000, ..MemoryLimits::default() };
/// let store = MemoryStore::with_limits(small);
/// assert_eq!(store.usage().sessions, 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryLimits {
    /// The most sessions, 1,000,000 unless set. Four fifths of it for visitors.
    pub sessions: usize,
    /// The most bytes, as [`MemoryUsage::bytes`] counts them, 1 GiB unless set. Four fifths of it for visitors.
    pub bytes: usize,
    /// How long the cut-off of a subject is kept, 400 days unless set: at least as long as the oldest authentication
    /// that somebody may come with to have a session created.
    pub cutoff_retention: Duration,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            sessions: 1_000_000,
            bytes: 1 << 30,
            cutoff_retention: Duration::from_secs(400 * 24 * 60 * 60),
        }
    }
}

/// How much a [`MemoryStore`](crate::MemoryStore) holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemoryUsage {
    /// Sessions, expired ones that were not purged yet included.
    pub sessions: usize,
    /// Bytes of the heap, estimated: data, and for each session and each subject what they take beside it.
    pub bytes: usize,
}

/// There is no room for it; nothing was changed.
#[derive(Debug)]
pub(super) struct NoRoom;

/// Counts what all shards hold together, and keeps it below the limits at every moment.
///
/// It has a cache line of its own, so that loads, which read the store's cut-off, do not wait for those who count.
#[repr(align(128))]
pub(super) struct Ledger {
    limits: MemoryLimits,
    sessions: AtomicUsize,
    bytes: AtomicUsize,
}

impl Ledger {
    pub(super) const fn new(limits: MemoryLimits) -> Self {
        Self {
            limits,
            sessions: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
        }
    }

    pub(super) const fn limits(&self) -> &MemoryLimits {
        &self.limits
    }

    pub(super) fn usage(&self) -> MemoryUsage {
        MemoryUsage {
            sessions: self.sessions.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Makes room for a session more, of a visitor or of a subject.
    pub(super) fn enter(&self, bytes: usize, is_visitor: bool) -> Result<(), NoRoom> {
        add(&self.sessions, 1, share(self.limits.sessions, is_visitor))?;
        self.grow(bytes, is_visitor)
            .inspect_err(|NoRoom| sub(&self.sessions, 1))
    }

    pub(super) fn leave(&self, bytes: usize) {
        sub(&self.sessions, 1);
        sub(&self.bytes, bytes);
    }

    /// Makes room for more data of a session.
    pub(super) fn grow(&self, bytes: usize, is_visitor: bool) -> Result<(), NoRoom> {
        add(&self.bytes, bytes, share(self.limits.bytes, is_visitor))
    }

    pub(super) fn shrink(&self, bytes: usize) {
        sub(&self.bytes, bytes);
    }

    /// Counts what is kept whether there is room or not.
    pub(super) fn note(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// A fifth, rounded up, is kept for sessions of subjects.
const fn share(limit: usize, is_visitor: bool) -> usize {
    if is_visitor {
        limit - limit.div_ceil(5)
    } else {
        limit
    }
}

fn add(count: &AtomicUsize, more: usize, most: usize) -> Result<(), NoRoom> {
    let fits = |held: usize| held.checked_add(more).filter(|&sum| sum <= most);
    match count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
        Ok(_) => Ok(()),
        Err(_) => Err(NoRoom),
    }
}

fn sub(count: &AtomicUsize, less: usize) {
    count.fetch_sub(less, Ordering::Relaxed);
}

/// What a session takes beside its data: its row, its places in the table and in the queue of deadlines.
const SESSION: usize = 320;
/// What a subject takes beside its name.
const SUBJECT: usize = 176;

/// What a session counts for. It is charged for its subject even when others share it, so that it takes nothing but
/// the session to tell.
pub(super) fn cost(row: &Stored) -> usize {
    let subject = row.authentication.as_ref();
    SESSION + row.payload.len() + subject.map_or(0, |known| cutoff_cost(known.subject.as_str()))
}

/// What a subject counts for of which there is a cut-off.
pub(super) const fn cutoff_cost(subject: &str) -> usize {
    SUBJECT + subject.len()
}
