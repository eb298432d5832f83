use std::time::Duration;

use cloakroom_core::UnixTime;

use crate::Refused;

/// What all nodes of a fleet and all who write to its store of revocations have to agree on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fleet {
    /// How far two clocks of the fleet may lie apart: S, 2 seconds by default. A cut-off lies so much in the future.
    pub max_skew: Duration,
    /// The greatest age that any credential of the fleet may reach (`max_age` of a policy, `max_ttl` of a sealer): 30 days
    /// by default. Cut-offs are kept for as long; a carrier with a longer life cannot be built with the check.
    pub longest_age: Duration,
    /// The greatest leeway that any verifier of the fleet grants behind `exp`: 60 seconds by default.
    pub leeway: Duration,
    /// How many entries a store holds at most, 1,000,000 by default; beyond it a denial becomes a cut-off of its subject.
    pub max_entries: u64,
}

impl Fleet {
    /// How many denials one subject may have before they become one cut-off.
    pub const DENIALS_PER_SUBJECT: u32 = 64;

    /// How far ahead of a node's clock at most lies the time of issue of what any node takes.
    pub fn furthest_ahead(&self) -> Duration {
        self.max_skew
            .saturating_mul(3)
            .saturating_add(Duration::from_secs(1))
    }

    /// Whether what was issued then can be judged: not further in the future than two clocks can differ from the store's
    /// and the rounding of a second, not older than what is kept.
    #[inline]
    pub(crate) fn check_times(
        &self,
        issued_at: UnixTime,
        max_age: Duration,
        now: UnixTime,
    ) -> Result<(), Refused> {
        let window = self
            .max_skew
            .saturating_mul(2)
            .saturating_add(Duration::from_secs(1));
        if issued_at > now.saturating_add(window) {
            return Err(Refused::FromTheFuture);
        }
        if issued_at.saturating_add(max_age).saturating_add(self.leeway) <= now {
            return Err(Refused::TooOld);
        }
        Ok(())
    }
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            max_skew: Duration::from_secs(2),
            longest_age: Duration::from_secs(30 * 24 * 3600),
            leeway: Duration::from_secs(60),
            max_entries: 1_000_000,
        }
    }
}
