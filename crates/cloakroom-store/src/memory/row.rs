use std::hint::black_box;

use cloakroom_core::UnixTime;

use crate::Stored;

/// A session as its shard keeps it. Requests that read it share it: it is copied only to be changed while one of them does.
pub(super) type Row = std::sync::Arc<Stored>;

impl Stored {
    /// Reads a byte of each of the first cache lines of the data. Whoever parses it finds out step by step where the next
    /// thing lies, and counting a reference holds up what comes after it, so that the processor would wait for one line
    /// after another; what is only read it fetches together.
    pub(super) fn fetch_payload(&self) {
        const LINE: usize = 64;
        const LINES: usize = 4;
        for at in 0..LINES {
            black_box(self.payload.get(at * LINE).copied());
        }
    }

    /// As [`is_live`](Self::is_live), and not ended by the store-wide `cutoff`. The subject's own cut-off has no say: what
    /// it ends is taken out when it is set, and never let in after.
    pub(super) fn is_served(&self, now: UnixTime, cutoff: UnixTime) -> bool {
        self.is_live(now) && !self.is_cut_off(cutoff)
    }

    /// Moves the idle deadline, never back and never beyond the absolute one.
    pub(super) fn seen(&mut self, idle_deadline: UnixTime, now: UnixTime) {
        self.idle_deadline = self.touched_deadline(idle_deadline);
        self.last_seen_at = self.last_seen_at.max(now);
    }
}
