use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How much a [`MemoryTokenStore`](crate::MemoryTokenStore) may hold.
///
/// A row has some 400 bytes, and the data that the program keeps with it, up to [`MAX_DATA`](crate::MAX_DATA).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MemoryTokenLimits {
    /// The most families, those included that have ended and that no purge has met. 1,000,000.
    pub families: usize,
    /// The most access tokens, ended ones included. 1,000,000.
    pub access_tokens: usize,
    /// How long the cut-off of a subject is kept: no authentication may be older when a token is made of it. 400 days.
    pub cutoff_retention: Duration,
}

impl Default for MemoryTokenLimits {
    fn default() -> Self {
        Self {
            families: 1_000_000,
            access_tokens: 1_000_000,
            cutoff_retention: Duration::from_secs(400 * 24 * 60 * 60),
        }
    }
}

/// How many rows of a kind there are, and may be.
pub(super) struct Count {
    used: AtomicUsize,
    most: usize,
}

impl Count {
    pub(super) fn new(most: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            most,
        }
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes the room of one, if there is any.
    pub(super) fn take(&self) -> bool {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                (used < self.most).then_some(used + 1)
            })
            .is_ok()
    }

    pub(super) fn give_back(&self, rows: usize) {
        self.used.fetch_sub(rows, Ordering::Relaxed);
    }
}
