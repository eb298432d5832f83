use cloakroom_core::{Tick, UnixTime};

/// A reading of both clocks at once. Either alone can be deceived: wall clocks are set back, and monotonic ones stand
/// still while a machine sleeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The wall clock.
    pub wall: UnixTime,
    /// The monotonic clock.
    pub tick: Tick,
}
