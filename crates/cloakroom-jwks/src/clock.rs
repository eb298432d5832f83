use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use cloakroom_core::Tick;

/// Where ticks come from.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Tick + Send + Sync>);

impl Clock {
    /// The system's monotonic clock, counted from now.
    pub(crate) fn system() -> Self {
        let origin = Instant::now();
        Self::new(move || Tick::of(Instant::now(), origin))
    }

    pub(crate) fn new(read: impl Fn() -> Tick + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn now(&self) -> Tick {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
