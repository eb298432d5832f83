use std::ops::Deref;

use http::{Extensions, HeaderMap};

use crate::Error;
use crate::session_slot::Slot;

/// The server-side session of a request: a handle that derefs to [`cloakroom_session::Session`], where all is described
/// that can be done with it.
///
/// An extractor with the feature `axum`; elsewhere [`Session::read`] makes one. Making it asks no store: that happens
/// when the session is first read, or at the commit, after the handler. All handles of one request are the same
/// session.
///
/// A request without a token, with a malformed one, or with one that opens nothing has an anonymous session, into which
/// a login or data can be written.
#[derive(Clone, Debug)]
pub struct Session {
    session: cloakroom_session::Session,
    source: SessionSource,
}

/// What carries a request's session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SessionSource {
    /// The Authorization field, which the client sends on purpose. No cookie is ever set or removed; the token of a
    /// login or a renewal is taken with [`take_renewed`](cloakroom_session::Session::take_renewed).
    Authorization,
    /// The cookie, which browsers send on their own, or will once it is set: the application has to look out for
    /// cross-site requests.
    Cookie,
}

impl Session {
    /// The session of the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::MissingSessionLayer`]; [`Error::Limit`] when the Cookie header is over a limit of the layer;
    /// [`Error::ResponseSent`] when the response has been sent and nobody had asked for the session before.
    pub fn read(headers: &HeaderMap, extensions: &Extensions) -> Result<Self, Error> {
        let slot: &Slot = extensions.get().ok_or(Error::MissingSessionLayer)?;
        let (session, source) = slot.begun(headers)?;
        Ok(Self { session, source })
    }

    /// What carries it, or will once there is something to carry. Where both are configured, a request with an
    /// Authorization field has no other, whatever the cookies hold.
    pub const fn source(&self) -> SessionSource {
        self.source
    }
}

impl Deref for Session {
    type Target = cloakroom_session::Session;

    fn deref(&self) -> &cloakroom_session::Session {
        &self.session
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Error> {
        Self::read(&parts.headers, &parts.extensions)
    }
}
