use std::fmt;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use http::{Extensions, HeaderMap};

use crate::identity_slot::Slot;
use crate::{BearerSource, Error, SessionSource};

/// Who sent a request, whichever carrier said so: a session, a sealed ticket or a JWT.
///
/// An extractor with the feature `axum`; elsewhere [`Identity::read`] makes one. Nothing is read before the first one is
/// asked for, and its answer is that of the whole request: a login or a logout in the request does not change it, so ask
/// before either.
///
/// `Option<Identity>` is for routes that serve strangers too. It is `None` where nobody has authenticated; whoever cannot be
/// judged is an error there too, and so is an Authorization field that authenticates nobody.
#[derive(Clone)]
pub struct Identity {
    issuer: Arc<str>,
    subject: Arc<str>,
    authenticated_at: Option<UnixTime>,
    source: IdentitySource,
}

/// What carried an identity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum IdentitySource {
    /// A session of the server.
    Session(SessionSource),
    /// A ticket in a sealed cookie.
    Ticket,
    /// A JWT.
    Token(BearerSource),
}

impl Identity {
    pub(crate) fn new(
        issuer: &str,
        subject: &str,
        authenticated_at: Option<UnixTime>,
        source: IdentitySource,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            subject: subject.into(),
            authenticated_at,
            source,
        }
    }

    /// Who sent the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::MissingIdentityLayer`]; [`Error::Identity`], whose kinds say when; those of the carriers that could not be
    /// asked: [`Error::Session`] when the store of sessions is away, [`Error::Bearer`] when an issuer's keys are, both 503;
    /// [`Error::Limit`], [`Error::MissingLayer`], [`Error::MissingSessionLayer`].
    pub async fn read(headers: &HeaderMap, extensions: &Extensions) -> Result<Self, Error> {
        let slot = Slot::of(extensions)?;
        match slot.identity(headers, extensions).await? {
            Some(identity) => Ok(identity),
            None => Err(slot.required()),
        }
    }

    /// The same where there may be nobody.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but for the absence of anybody.
    pub async fn read_optional(headers: &HeaderMap, extensions: &Extensions) -> Result<Option<Self>, Error> {
        Slot::of(extensions)?.identity(headers, extensions).await
    }

    /// Who says so: `iss` of a JWT, otherwise [`LOCAL`](cloakroom_lineage::cloakroom_revocation::LOCAL).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who it is, unique at the issuer alone.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When the subject last proved to be that: of a JWT `auth_time`, and never `iat`, which a refresh moves. `None` for a
    /// JWT that does not say it.
    pub const fn authenticated_at(&self) -> Option<UnixTime> {
        self.authenticated_at
    }

    /// What carried it.
    pub const fn source(&self) -> IdentitySource {
        self.source
    }

    /// Whether both are of one subject of one issuer.
    pub(crate) fn is_same_subject(&self, other: &Self) -> bool {
        (&self.issuer, &self.subject) == (&other.issuer, &other.subject)
    }
}

impl IdentitySource {
    /// Whether it was a cookie, which browsers send on their own.
    pub const fn is_cookie(self) -> bool {
        match self {
            Self::Session(source) => matches!(source, SessionSource::Cookie),
            Self::Ticket => true,
            Self::Token(source) => matches!(source, BearerSource::Cookie),
        }
    }
}

/// Prints where it came from and its time; neither issuer nor subject.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("source", &self.source)
            .field("authenticated_at", &self.authenticated_at)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Identity {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Error> {
        Self::read(&parts.headers, &parts.extensions).await
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::OptionalFromRequestParts<S> for Identity {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Option<Self>, Error> {
        Self::read_optional(&parts.headers, &parts.extensions).await
    }
}
