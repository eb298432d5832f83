use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_store::StoreErrorKind;
use cloakroom_store::cloakroom_id::Selector;

/// Hears what happens to sessions: for logs, metrics and alarms.
///
/// It is called on the task that serves the request, so it should be quick and must not block. `()` hears nothing, a
/// closure `Fn(&Event)` hears all. One that panics is not heard of again until the next event: the request goes on.
pub trait Observer: Send + Sync + 'static {
    /// Hears one event.
    fn observe(&self, event: &Event);
}

/// Hears nothing.
impl Observer for () {
    fn observe(&self, _event: &Event) {}
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event) {
        O::observe(self, event);
    }
}

impl<F: Fn(&Event) + Send + Sync + 'static> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}

/// One thing that happened to a session. It holds nothing that opens one, no name and no data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    kind: EventKind,
    session: Option<Fingerprint>,
    operation: Option<Operation>,
    elapsed: Option<Duration>,
}

impl Event {
    pub(crate) const fn new(kind: EventKind) -> Self {
        Self {
            kind,
            session: None,
            operation: None,
            elapsed: None,
        }
    }

    pub(crate) const fn of(kind: EventKind, selector: Selector) -> Self {
        Self {
            session: Some(Fingerprint(selector)),
            ..Self::new(kind)
        }
    }

    pub(crate) const fn during(mut self, operation: Operation, elapsed: Duration) -> Self {
        self.operation = Some(operation);
        self.elapsed = Some(elapsed);
        self
    }

    /// What happened.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The session that it happened to, where it concerns one.
    pub const fn session(&self) -> Option<Fingerprint> {
        self.session
    }

    /// The operation of the store that failed.
    pub const fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// How long the operation of the store that failed took.
    pub const fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }
}

/// Enough of a session's selector to tell two sessions apart in a log: six hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(Selector);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_, _, a, b, c, ..] = self.0.as_bytes();
        write!(f, "{a:02x}{b:02x}{c:02x}")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What can happen to a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// A visitor wrote something for the first time and has a session now.
    Created,
    /// A subject logged in: a new session.
    LoggedIn,
    /// The subject of a session proved its identity anew: the session has a new token.
    Reauthenticated,
    /// A session has a new token because it was time.
    Renewed,
    /// A session was ended by its own holder.
    LoggedOut,
    /// A session was ended from a list of devices, or because its subject had too many.
    Ended,
    /// All other sessions of a subject were ended: so many.
    EndedOthers(u64),
    /// All sessions of a subject were ended: so many.
    EndedAll(u64),
    /// Every session of the store was cut off.
    Revoked,
    /// A token came that a renewal had replaced: a very late request, or a stolen token.
    Reused,
    /// A token came whose session has another verifier: noise, or somebody is guessing.
    WrongVerifier,
    /// A token came that belongs to no live session: it expired, was ended, or is noise.
    Unknown,
    /// A request brought valid tokens of different sessions and was taken for an anonymous one.
    Ambiguous,
    /// What a request wrote was dropped, because its session had ended or was authenticated anew.
    Superseded,
    /// What a request wrote was dropped, because others changed the session each time it tried.
    Contended,
    /// The idle deadline of a session could not be moved. The request went on.
    TouchFailed,
    /// A session could not be given a new token though it was time. The request went on.
    RenewalFailed,
    /// An operation of the store failed.
    StoreFailed(StoreErrorKind),
    /// So many sessions that were over were deleted.
    Purged(u64),
}

impl EventKind {
    /// A name in `snake_case` for logs and metrics; it does not change between versions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::LoggedIn => "logged_in",
            Self::Reauthenticated => "reauthenticated",
            Self::Renewed => "renewed",
            Self::LoggedOut => "logged_out",
            Self::Ended => "ended",
            Self::EndedOthers(_) => "ended_others",
            Self::EndedAll(_) => "ended_all",
            Self::Revoked => "revoked",
            Self::Reused => "reused",
            Self::WrongVerifier => "wrong_verifier",
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
            Self::Superseded => "superseded",
            Self::Contended => "contended",
            Self::TouchFailed => "touch_failed",
            Self::RenewalFailed => "renewal_failed",
            Self::StoreFailed(_) => "store_failed",
            Self::Purged(_) => "purged",
        }
    }
}

/// An operation of a store, as [`SessionStore`](cloakroom_store::SessionStore) and
/// [`SubjectIndex`](cloakroom_store::SubjectIndex) name them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Operation {
    Create,
    Load,
    Update,
    Touch,
    Rotate,
    Delete,
    PurgeExpired,
    ListBySubject,
    DeleteOne,
    DeleteBySubject,
    RevokeAll,
}

impl Operation {
    /// The name of the method.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Load => "load",
            Self::Update => "update",
            Self::Touch => "touch",
            Self::Rotate => "rotate",
            Self::Delete => "delete",
            Self::PurgeExpired => "purge_expired",
            Self::ListBySubject => "list_by_subject",
            Self::DeleteOne => "delete_one",
            Self::DeleteBySubject => "delete_by_subject",
            Self::RevokeAll => "revoke_all",
        }
    }
}
