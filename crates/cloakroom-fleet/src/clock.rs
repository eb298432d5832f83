use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cloakroom_core::{Tick, UnixTime};
use cloakroom_revocation::Moment;

/// When the simulation begins, on a clock that is right.
const BEGINNING: i64 = 1_750_000_000_000;

/// The time of the simulation in milliseconds since its beginning, which only the simulation moves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::Relaxed);
    }

    pub(crate) fn millis(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// What a wall clock shows that is off by so much.
    pub(crate) fn wall(&self, offset: i64) -> UnixTime {
        let millis = i64::try_from(self.millis()).unwrap_or(i64::MAX);
        UnixTime::from_millis(BEGINNING + millis + offset)
    }

    /// What a node reads whose wall clock is off by so much.
    pub(crate) fn moment(&self, offset: i64) -> Moment {
        Moment {
            wall: self.wall(offset),
            tick: Tick::from_millis(self.millis()),
        }
    }
}
