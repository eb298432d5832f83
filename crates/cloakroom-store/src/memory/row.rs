use std::hint::black_box;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use crate::{Authentication, Previous, Stored, Version};

/// A session as its shard keeps it: what [`Stored`] says in four fifths of its size.
///
/// Of a million sessions, a load waits for the processor's cache lines that it touches and for little else. So few rows
/// have a previous verifier that it lies apart.
pub(super) struct Row {
    pub(super) selector: Selector,
    pub(super) idle_deadline: UnixTime,
    pub(super) absolute_deadline: UnixTime,
    pub(super) lineage_at: UnixTime,
    pub(super) created_at: UnixTime,
    pub(super) last_seen_at: UnixTime,
    /// The time under which it stands in the queue of deadlines.
    pub(super) queued: UnixTime,
    pub(super) version: Version,
    pub(super) verifier_hash: VerifierHash,
    pub(super) payload: Arc<[u8]>,
    pub(super) authentication: Option<Authentication>,
    pub(super) previous: Option<Box<Previous>>,
}

impl Row {
    pub(super) fn new(stored: Stored) -> Self {
        let Stored {
            selector,
            verifier_hash,
            previous,
            authentication,
            lineage_at,
            created_at,
            last_seen_at,
            idle_deadline,
            absolute_deadline,
            version,
            payload,
        } = stored;
        Self {
            selector,
            idle_deadline,
            absolute_deadline,
            lineage_at,
            created_at,
            last_seen_at,
            queued: idle_deadline,
            version,
            verifier_hash,
            payload,
            authentication,
            previous: previous.map(Box::new),
        }
    }

    /// Reads what [`to_stored`](Self::to_stored) counts up. Counting waits for all that was begun before it and holds up
    /// what comes after it, so that the processor would wait for one line after another; lines that are only read it
    /// fetches together.
    pub(super) fn fetch_counts(&self) {
        black_box(Arc::strong_count(&self.payload));
        let subject = self.authentication.as_ref().map(|known| known.subject.as_str());
        black_box(subject.and_then(|name| name.as_bytes().first()).copied());
    }

    pub(super) fn to_stored(&self) -> Stored {
        Stored {
            // First, for it is the one that waits for another line.
            payload: Arc::clone(&self.payload),
            selector: self.selector,
            verifier_hash: self.verifier_hash,
            previous: self.previous.as_deref().cloned(),
            authentication: self.authentication.clone(),
            lineage_at: self.lineage_at,
            created_at: self.created_at,
            last_seen_at: self.last_seen_at,
            idle_deadline: self.idle_deadline,
            absolute_deadline: self.absolute_deadline,
            version: self.version,
        }
    }

    /// As [`Stored::is_live`], and not ended by the store-wide `cutoff`. The subject's own cut-off has no say: what it
    /// ends is taken out when it is set, and never let in after.
    pub(super) fn is_live(&self, now: UnixTime, cutoff: UnixTime) -> bool {
        !self.is_over(now) && !self.is_cut_off(cutoff)
    }

    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        now >= self.idle_deadline || now >= self.absolute_deadline
    }

    pub(super) fn is_cut_off(&self, cutoff: UnixTime) -> bool {
        self.lineage_at <= cutoff
    }

    /// Moves the idle deadline, never back and never beyond the absolute one.
    pub(super) fn seen(&mut self, idle_deadline: UnixTime, now: UnixTime) {
        self.idle_deadline = self.idle_deadline.max(idle_deadline).min(self.absolute_deadline);
        self.last_seen_at = self.last_seen_at.max(now);
    }
}
