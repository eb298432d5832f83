use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cloakroom_lineage::Clocks;
use cloakroom_lineage::cloakroom_core::{Tick, UnixTime};
use cloakroom_lineage::cloakroom_revocation::Moment;
use tokio::time::Instant;

/// Both clocks, which only a test moves.
#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn advance(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Moment {
        let millis = self.0.load(Ordering::SeqCst);
        let wall = 1_750_000_000_000 + i64::try_from(millis).unwrap();
        Moment {
            wall: UnixTime::from_millis(wall),
            tick: Tick::from_millis(millis),
        }
    }

    /// Clocks that go with those of tokio: in a test whose time is paused, as far as it sleeps.
    pub(crate) fn with_tokio() -> Clocks {
        let (clock, begin) = (Self::default(), Instant::now());
        Clocks::of(move || {
            let millis = u64::try_from(begin.elapsed().as_millis()).unwrap();
            clock.0.store(millis, Ordering::SeqCst);
            clock.now()
        })
    }

    pub(crate) fn clocks(&self) -> Clocks {
        let clock = self.clone();
        Clocks::of(move || clock.now())
    }
}
