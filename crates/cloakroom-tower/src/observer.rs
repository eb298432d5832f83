use std::fmt;
use std::sync::Arc;

/// Hears what happens to the cookies and bearer tokens of a request, and which requests are refused: for logs, metrics and
/// alarms.
///
/// It is called on the thread that serves the request, so it should be quick and must not block. `()` hears nothing,
/// a closure `Fn(&Event<'_>)` hears all:
///
/// ```
/// use cloakroom_tower::{CookieLayer, Event};
///
/// let layer = CookieLayer::new().observer(|event: &Event<'_>| {
///     // For instance: metrics::counter!("cookies", "event" => event.kind().as_str()).increment(1);
///     let _ = event;
/// });
/// ```
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

/// One thing that happened to a cookie, a bearer token or a request. It names the cookie and never holds its value, nor any
/// other byte of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event<'a> {
    kind: EventKind,
    cookie: Option<&'a str>,
    #[cfg(feature = "jwt")]
    token_error: Option<cloakroom_jwt::ErrorKind>,
    #[cfg(feature = "csrf")]
    csrf: Option<cloakroom_csrf::Reason>,
    #[cfg(feature = "identity")]
    refused: Option<cloakroom_lineage::cloakroom_revocation::Refused>,
}

impl<'a> Event<'a> {
    pub(crate) const fn new(kind: EventKind, cookie: Option<&'a str>) -> Self {
        Self {
            kind,
            cookie,
            #[cfg(feature = "jwt")]
            token_error: None,
            #[cfg(feature = "csrf")]
            csrf: None,
            #[cfg(feature = "identity")]
            refused: None,
        }
    }

    /// The event of a request that is refused, or would be.
    #[cfg(feature = "csrf")]
    pub(crate) const fn of_csrf(kind: EventKind, reason: cloakroom_csrf::Reason) -> Self {
        Self {
            csrf: Some(reason),
            ..Self::new(kind, None)
        }
    }

    /// The event of a refused request; none when it had no token, as a request without a cookie has none.
    #[cfg(feature = "jwt")]
    pub(crate) fn of_refused(refused: &crate::BearerErrorKind, cookie: Option<&'a str>) -> Option<Self> {
        use crate::BearerErrorKind as Refused;
        let (kind, token_error) = match refused {
            Refused::Required => return None,
            Refused::Malformed => (EventKind::CredentialsMalformed, None),
            Refused::Rejected(error) => (EventKind::TokenRejected, Some(error.kind())),
            Refused::Unreadable => (EventKind::TokenUnreadable, None),
            Refused::Conflict => (EventKind::Conflict, None),
            Refused::InsufficientScope { .. } => (EventKind::InsufficientScope, None),
            Refused::KeysUnavailable { .. } => (EventKind::KeysUnavailable, None),
        };
        Some(Self {
            token_error,
            ..Self::new(kind, cookie)
        })
    }

    /// The event of a ticket or a token that a gate did not let pass.
    #[cfg(feature = "identity")]
    pub(crate) const fn of_credential(
        kind: EventKind,
        refused: Option<cloakroom_lineage::cloakroom_revocation::Refused>,
        cookie: Option<&'a str>,
    ) -> Self {
        Self {
            refused,
            ..Self::new(kind, cookie)
        }
    }

    /// What happened.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The wire name of the cookie that it happened to, as the application configured it; `None` when the event
    /// concerns the whole Cookie header, the Authorization field or the request.
    pub const fn cookie(&self) -> Option<&'a str> {
        self.cookie
    }

    /// Why the verifier rejected a token; `None` when that is not what happened.
    #[cfg(feature = "jwt")]
    pub const fn token_error(&self) -> Option<cloakroom_jwt::ErrorKind> {
        self.token_error
    }

    /// Why a [`CsrfLayer`](crate::CsrfLayer) refused a request, or would have; `None` when that is not what happened.
    #[cfg(feature = "csrf")]
    pub const fn csrf_reason(&self) -> Option<cloakroom_csrf::Reason> {
        self.csrf
    }

    /// Why a ticket or a JWT that verified was refused; `None` when that is not what happened.
    #[cfg(feature = "identity")]
    pub const fn refused(&self) -> Option<cloakroom_lineage::cloakroom_revocation::Refused> {
        self.refused
    }
}

/// What can happen to a cookie, a bearer token or a request.
///
/// The events up to [`Unreadable`](Self::Unreadable) are heard when a sealed cookie is read, [`LimitExceeded`] when
/// any cookie is, those about tokens when a bearer token is; the others when the response passes the [`CookieLayer`](crate::CookieLayer), so they tell what was
/// really sent.
///
/// [`LimitExceeded`]: Self::LimitExceeded
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum EventKind {
    /// A sealed cookie opened.
    Opened,
    /// A sealed cookie is not authentic: tampered with, truncated, sealed for something else or by an unknown key.
    Rejected,
    /// A sealed cookie is authentic and comes from the future: the clocks of two servers disagree.
    NotYetValid,
    /// A sealed cookie is authentic and past its end.
    Expired,
    /// A sealed cookie is authentic and was issued at or before the cut-off.
    Revoked,
    /// Two cookies of one name are authentic and differ, so neither was taken: sealed cookies, or bearer tokens.
    Conflict,
    /// A sealed cookie opened, and its payload is not of the type that the route asks for.
    Unreadable,
    /// The Cookie header is over a limit and was not read.
    LimitExceeded,
    /// A sealed cookie went out again under the active key, with its old times.
    Resealed,
    /// A sealed cookie that should have been sealed again could not be.
    ResealFailed,
    /// A cookie went out.
    Set,
    /// The removal of a cookie went out.
    Removed,
    /// A cookie that was to be set was held back because the response's status is 400 or above.
    Withheld,
    /// A bearer token verified.
    #[cfg(feature = "jwt")]
    Verified,
    /// A bearer token did not verify; [`Event::token_error`] says why.
    #[cfg(feature = "jwt")]
    TokenRejected,
    /// A bearer token verified, and its claims are not of the type that the route asks for.
    #[cfg(feature = "jwt")]
    TokenUnreadable,
    /// The Authorization field is there twice or is not well-formed.
    #[cfg(feature = "jwt")]
    CredentialsMalformed,
    /// A bearer token verified and lacks a scope that the route asks for.
    #[cfg(feature = "jwt")]
    InsufficientScope,
    /// A bearer token could not be verified, because its issuer's keys are out of date, or, where another one has verified, lack
    /// the one that it names. Beside one that has verified it is told as well: a logout is 503 then.
    #[cfg(feature = "jwt")]
    KeysUnavailable,
    /// A request was refused, because another site may have sent it; [`Event::csrf_reason`] says why.
    #[cfg(feature = "csrf")]
    CsrfRefused,
    /// The same in report-only mode: the request passed.
    #[cfg(feature = "csrf")]
    CsrfReported,
    /// Cookies authenticate different subjects, so the request is anonymous.
    #[cfg(feature = "identity")]
    IdentityConflict,
    /// A cookie says who sent a request that no [`CsrfLayer`](crate::CsrfLayer) has let pass: it was refused.
    #[cfg(feature = "identity")]
    CsrfMissing,
    /// A ticket or a JWT verified and was refused, because it has been ended, is too old or could not be ended;
    /// [`Event::refused`] says why.
    #[cfg(feature = "identity")]
    CredentialRefused,
    /// Whether a ticket or a JWT has been ended is not known, because revocations are out of date: the answer is 503.
    #[cfg(feature = "identity")]
    CredentialUnjudged,
}

impl EventKind {
    /// A name in `snake_case` for logs and metrics; it does not change between versions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Rejected => "rejected",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Conflict => "conflict",
            Self::Unreadable => "unreadable",
            Self::LimitExceeded => "limit_exceeded",
            Self::Resealed => "resealed",
            Self::ResealFailed => "reseal_failed",
            Self::Set => "set",
            Self::Removed => "removed",
            Self::Withheld => "withheld",
            #[cfg(feature = "jwt")]
            Self::Verified => "verified",
            #[cfg(feature = "jwt")]
            Self::TokenRejected => "token_rejected",
            #[cfg(feature = "jwt")]
            Self::TokenUnreadable => "token_unreadable",
            #[cfg(feature = "jwt")]
            Self::CredentialsMalformed => "credentials_malformed",
            #[cfg(feature = "jwt")]
            Self::InsufficientScope => "insufficient_scope",
            #[cfg(feature = "jwt")]
            Self::KeysUnavailable => "keys_unavailable",
            #[cfg(feature = "csrf")]
            Self::CsrfRefused => "csrf_refused",
            #[cfg(feature = "csrf")]
            Self::CsrfReported => "csrf_reported",
            #[cfg(feature = "identity")]
            Self::IdentityConflict => "identity_conflict",
            #[cfg(feature = "identity")]
            Self::CsrfMissing => "csrf_missing",
            #[cfg(feature = "identity")]
            Self::CredentialRefused => "credential_refused",
            #[cfg(feature = "identity")]
            Self::CredentialUnjudged => "credential_unjudged",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
