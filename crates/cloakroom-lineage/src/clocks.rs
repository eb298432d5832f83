use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use cloakroom_core::{Tick, UnixTime};
use cloakroom_revocation::Moment;

/// Where the time comes from. A clone reads the same clocks, and the ticks of two that are no clones do not compare.
#[derive(Clone)]
pub struct Clocks(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clocks {
    /// The clocks of the system, ticks counted from now.
    pub fn system() -> Self {
        let origin = Instant::now();
        Self::of(move || Moment {
            wall: UnixTime::now(),
            tick: Tick::from_millis(u64::try_from(origin.elapsed().as_millis()).unwrap_or(u64::MAX)),
        })
    }

    /// Clocks of your own.
    pub fn of(clocks: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(clocks))
    }

    /// Both of them, read now.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl Default for Clocks {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clocks(..)")
    }
}
