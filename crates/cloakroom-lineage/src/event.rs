use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_revocation::{ReaderEvent, StoreErrorKind};

/// Hears what happens to a node's knowledge of revocations: for logs, metrics and alarms. It should be quick.
///
/// A closure `Fn(&Event)` is one.
pub trait Observer: Send + Sync + 'static {
    /// Hears one event.
    fn observe(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync + 'static> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}

pub(crate) type Hears = Option<Arc<dyn Observer>>;

pub(crate) fn tell(observer: &Hears, kind: EventKind) {
    if let Some(observer) = observer {
        observer.observe(&Event { kind });
    }
}

/// One thing that happened. It names nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    kind: EventKind,
}

impl Event {
    /// What happened.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }
}

/// What can happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// All entries have been loaded, so many: from now on the node answers.
    Loaded(usize),
    /// The feed went back, was set up anew, or forgot where this node had read to: everything is loaded again.
    Reloading,
    /// The feed answered with an error, or not in time.
    FeedFailed(StoreErrorKind),
    /// This node's clock and the store's lie further apart than the fleet's clocks may: the node refuses everything until
    /// they agree. The store's time is given.
    ClockOff(UnixTime),
    /// This node's clock and the store's agree again.
    ClockRight,
    /// Checks begin to fail closed, because the newest answer is this old, or there was none.
    Stale(Option<Duration>),
    /// Checks are answered again.
    Fresh,
    /// A check asked the store itself and got no answer, or one by a clock that is off.
    LookUpFailed(Option<StoreErrorKind>),
}

impl EventKind {
    /// A name in `snake_case` for logs and metrics; it does not change between versions.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Loaded(_) => "loaded",
            Self::Reloading => "reloading",
            Self::FeedFailed(_) => "feed_failed",
            Self::ClockOff(_) => "clock_off",
            Self::ClockRight => "clock_right",
            Self::Stale(_) => "stale",
            Self::Fresh => "fresh",
            Self::LookUpFailed(_) => "look_up_failed",
        }
    }
}

impl EventKind {
    /// What a reader tells; `None` for what a later version of it may tell besides.
    pub(crate) const fn of(event: ReaderEvent) -> Option<Self> {
        match event {
            ReaderEvent::Loaded(entries) => Some(Self::Loaded(entries)),
            ReaderEvent::Reloading => Some(Self::Reloading),
            ReaderEvent::ClockOff(time) => Some(Self::ClockOff(time)),
            ReaderEvent::ClockRight => Some(Self::ClockRight),
            _ => None,
        }
    }
}
