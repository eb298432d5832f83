use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloakroom_store::Stored;
use cloakroom_store::cloakroom_core::UnixTime;

const SLOTS: usize = 1024;

/// Which touches this process has under way or has made: of parallel requests that read a session before it was
/// touched, one touches it. A slot that another session took costs a touch more, never one less.
#[derive(Debug)]
pub(crate) struct Touching(Box<[AtomicU64]>);

impl Touching {
    pub(crate) fn new() -> Self {
        Self((0..SLOTS).map(|_| AtomicU64::new(0)).collect())
    }

    /// The right to touch the session that was read as `stored`; `None` when another request has it.
    pub(crate) fn claim(&self, stored: &Stored, now: UnixTime, window: Duration) -> Option<Claim<'_>> {
        let selector = stored.selector.as_bytes();
        let (_, random) = selector.split_at(8);
        let random = u64::from_le_bytes(random.try_into().ok()?);
        // A store that lost an acknowledged touch would show the same `last_seen_at` for good, so the window counts, too.
        let window = now.as_millis() / i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
        let seen = stored.last_seen_at.as_millis().cast_unsigned();
        let mixed = seen.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ window.cast_unsigned().rotate_left(40);
        let key = random.wrapping_add(mixed) | 1;
        let slot = &self.0[(random >> 32) as usize % SLOTS];
        // Made only by the one who has the right: dropped, it gives the right back.
        (slot.swap(key, Ordering::AcqRel) != key).then(|| Claim { slot, key })
    }
}

/// The right to touch a session. Dropped before [`done`](Self::done), it goes back.
pub(crate) struct Claim<'a> {
    slot: &'a AtomicU64,
    key: u64,
}

impl Claim<'_> {
    pub(crate) fn done(mut self) {
        self.key = 0;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.key != 0 {
            let _ = self
                .slot
                .compare_exchange(self.key, 0, Ordering::AcqRel, Ordering::Relaxed);
        }
    }
}
