use std::fmt;
use std::sync::Arc;

use cloakroom_jwt::Skipped;

use crate::FetchError;

/// Hears how the key sets fare: for logs, metrics and alarms.
///
/// It is called on the task that refreshes the sets, so it must not block. A panic in it is caught: it costs that event
/// alone. `()` hears nothing, a closure `Fn(&Event<'_>)` hears all.
pub trait Observer: Send + Sync + 'static {
    /// Hears one event.
    fn observe(&self, event: &Event<'_>);
}

/// Hears nothing.
impl Observer for () {
    fn observe(&self, _event: &Event<'_>) {}
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        O::observe(self, event);
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync + 'static> Observer for F {
    fn observe(&self, event: &Event<'_>) {
        self(event);
    }
}

/// One thing that happened to the key set of one issuer. No byte of a token is in it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    issuer: &'a str,
    kind: EventKind<'a>,
}

impl<'a> Event<'a> {
    pub(crate) const fn new(issuer: &'a str, kind: EventKind<'a>) -> Self {
        Self { issuer, kind }
    }

    /// The `iss` of the policy, as configured.
    pub const fn issuer(&self) -> &'a str {
        self.issuer
    }

    /// What happened.
    pub const fn kind(&self) -> EventKind<'a> {
        self.kind
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.issuer)?;
        match self.kind {
            EventKind::Fetched { keys } => write!(f, "{keys} keys fetched"),
            EventKind::Skipped(skipped) => write!(f, "key skipped: {skipped}"),
            EventKind::Failed(error) => {
                write!(f, "key set not fetched: {error}")?;
                let mut source = std::error::Error::source(error);
                while let Some(cause) = source {
                    write!(f, ": {cause}")?;
                    source = cause.source();
                }
                Ok(())
            }
            EventKind::Stale => f.write_str("no keys that may be used"),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// A fetched set replaced the one before.
    Fetched {
        /// How many keys it holds, those that were skipped not counted.
        keys: usize,
    },
    /// A key of a fetched set was left out, because it cannot be used here. Each comes before the set's own event.
    Skipped(&'a Skipped),
    /// A fetch failed. The keys stay for as long as they may.
    Failed(&'a FetchError),
    /// A fetch failed, and there are no keys, or they are too old: tokens of the issuer are answered with
    /// [`VerifyError::Unavailable`](crate::VerifyError::Unavailable).
    Stale,
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Event, EventKind};
    use crate::FetchError;

    #[test]
    fn an_event_is_one_line_with_its_causes() {
        let refused = FetchError::Connect(io::Error::other("refused"));
        let status = FetchError::Status(302);
        for (kind, line) in [
            (
                EventKind::Fetched { keys: 2 },
                "https://id.example: 2 keys fetched",
            ),
            (
                EventKind::Failed(&refused),
                "https://id.example: key set not fetched: no connection: refused",
            ),
            (
                EventKind::Failed(&status),
                "https://id.example: key set not fetched: the status is 302",
            ),
            (EventKind::Stale, "https://id.example: no keys that may be used"),
        ] {
            assert_eq!(Event::new("https://id.example", kind).to_string(), line);
        }
    }
}
