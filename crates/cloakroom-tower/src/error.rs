#[cfg(any(feature = "csrf", feature = "sealed"))]
use std::sync::Arc;

use cloakroom_cookie::LimitExceeded;
#[cfg(any(feature = "sealed", feature = "session"))]
use cloakroom_cookie::{CookieName, InvalidSetCookie};
#[cfg(any(feature = "csrf", feature = "sealed"))]
use cloakroom_keyring::RandomError;
#[cfg(feature = "sealed")]
use cloakroom_seal::SealError;
#[cfg(feature = "session")]
use cloakroom_session::{SessionError, cloakroom_store::StoreErrorKind};
use http::header::CONTENT_TYPE;
#[cfg(feature = "session")]
use http::header::RETRY_AFTER;
#[cfg(any(feature = "sealed", feature = "session"))]
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};

/// Why a cookie could not be read or written, or a request not be served without a good token.
///
/// It is the rejection of every extractor and the error of every write. Neither its text nor its response holds a
/// byte of a request or a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request did not pass a [`CookieLayer`](crate::CookieLayer), which all need that read or write cookies: a mistake
    /// in the program. 500.
    #[error(
        "CookieLayer is missing: add `.layer(cloakroom_tower::CookieLayer::new())` to the router, outside of all that \
         reads or writes cookies"
    )]
    MissingLayer,
    /// The Cookie header is over a limit of the layer and was not read. 431.
    #[error("the Cookie header is too large to be read")]
    Limit(#[source] LimitExceeded),
    /// The response had already left the layer when a cookie was to be added to it. 500.
    #[error("the response has been sent, so its cookies cannot be changed any more")]
    ResponseSent,
    /// A route that asks for [`Required`](crate::Required), or calls [`Sealed::update`](crate::Sealed::update), was called
    /// without a valid cookie of this name. 401.
    #[cfg(feature = "sealed")]
    #[error("this needs a valid cookie {cookie}")]
    Required {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// A route that asks for [`Bearer`](crate::Bearer), or for a scope, was called without a good token: 401, 400, 403 or
    /// 503, as RFC 6750 section 3 says.
    #[cfg(feature = "jwt")]
    #[error(transparent)]
    Bearer(#[from] crate::BearerError),
    /// [`Bearer::require_scope`](crate::Bearer::require_scope) was asked for what is not one scope: a mistake in the program.
    /// 500.
    #[cfg(feature = "jwt")]
    #[error("a scope that a route asks for is not one scope-token")]
    InvalidScope,
    /// The operating system had no random bytes for a login's ticket or for a visitor. 500.
    #[cfg(any(feature = "csrf", feature = "sealed"))]
    #[error("the operating system has no random bytes to give")]
    Random(#[source] Arc<RandomError>),
    /// The request may come from another site, or lacks the token that its route asks for. 403.
    #[cfg(feature = "csrf")]
    #[error("this request is refused, because another site may have sent it ({reason})")]
    Csrf {
        /// The rule that denied it.
        reason: cloakroom_csrf::Reason,
    },
    /// The request did not pass a [`CsrfLayer`](crate::CsrfLayer), and a token was asked for: a mistake in the program. 500.
    #[cfg(feature = "csrf")]
    #[error(
        "CsrfLayer is missing: add `.layer(cloakroom_tower::CsrfLayer::new(policy, &ring))` to the router"
    )]
    MissingCsrfLayer,
    /// A CSRF token could not be issued. 500.
    #[cfg(feature = "csrf")]
    #[error("a CSRF token could not be issued")]
    CsrfToken(#[source] cloakroom_csrf::IssueError),
    /// A form is longer than the limit of the [`CsrfFormLayer`](crate::CsrfFormLayer). 413.
    #[cfg(feature = "csrf")]
    #[error("the form is too large")]
    FormTooLarge,
    /// A form broke off before its end. 400.
    #[cfg(feature = "csrf")]
    #[error("the form could not be read")]
    FormUnreadable,
    /// A value could not be sealed. 500.
    #[cfg(feature = "sealed")]
    #[error("the cookie {cookie} could not be sealed")]
    Seal {
        /// The wire name of the cookie.
        cookie: CookieName,
        /// Why.
        source: SealError,
    },
    /// [`SealedCookie::attributes`](crate::SealedCookie::attributes) made a cookie that browsers would refuse. 500.
    #[cfg(feature = "sealed")]
    #[error("the cookie {cookie} has attributes that do not go together")]
    Attributes {
        /// The wire name of the cookie.
        cookie: CookieName,
        /// Which.
        source: InvalidSetCookie,
    },
    /// The cut-off lies so far ahead that a value sealed now would not open yet. 500.
    #[cfg(feature = "sealed")]
    #[error("the cut-off of the cookie {cookie} lies in the future: a value sealed now would be refused")]
    CutoffAhead {
        /// The wire name of the cookie.
        cookie: CookieName,
    },
    /// The request did not pass a [`SessionLayer`](crate::SessionLayer), which gives it its session: a mistake in the
    /// program. 500.
    #[cfg(feature = "session")]
    #[error(
        "SessionLayer is missing: add `.layer(cloakroom_tower::SessionLayer::new(sessions))` to the router"
    )]
    MissingSessionLayer,
    /// A session could not be read or changed, or is not what a route asks for.
    ///
    /// 401 when a login is needed, 403 when a recent one is, 409 when another request was faster or the cookies
    /// name two sessions, 503 when the store
    /// cannot be reached, does not answer in time or is full, and 500 for all else, a corrupt record among it.
    #[cfg(feature = "session")]
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Nobody can be told who sends the request, or somebody could not be logged in or out: 401, 403, 503 or 500, as its kind
    /// says.
    #[cfg(feature = "identity")]
    #[error(transparent)]
    Identity(#[from] crate::IdentityError),
    /// The request did not pass an [`IdentityLayer`](crate::IdentityLayer), and somebody asked who sends it: a mistake in the
    /// program. 500.
    #[cfg(feature = "identity")]
    #[error(
        "IdentityLayer is missing: add `.layer(identities)` to the router, inside of those that send cookies"
    )]
    MissingIdentityLayer,
    /// The session's cookie could not be built. 500.
    #[cfg(feature = "session")]
    #[error("the cookie {cookie} could not be built")]
    SessionCookie {
        /// The wire name of the cookie.
        cookie: CookieName,
        /// Why.
        source: InvalidSetCookie,
    },
}

/// The status of an error about a session.
#[cfg(feature = "session")]
fn status_of(error: &SessionError) -> StatusCode {
    match error {
        SessionError::LoginRequired => StatusCode::UNAUTHORIZED,
        SessionError::ReauthenticationRequired => StatusCode::FORBIDDEN,
        SessionError::Superseded
        | SessionError::Contended
        | SessionError::Refused
        | SessionError::Ambiguous => StatusCode::CONFLICT,
        SessionError::Store(error) => match error.kind() {
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout | StoreErrorKind::Full => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        },
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Error {
    /// The status of the default response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Limit(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            #[cfg(feature = "sealed")]
            Self::Required { .. } => StatusCode::UNAUTHORIZED,
            #[cfg(feature = "jwt")]
            Self::Bearer(error) => error.status(),
            #[cfg(feature = "session")]
            Self::Session(error) => status_of(error),
            #[cfg(feature = "identity")]
            Self::Identity(error) => error.status(),
            #[cfg(feature = "csrf")]
            Self::Csrf { .. } => StatusCode::FORBIDDEN,
            #[cfg(feature = "csrf")]
            Self::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            #[cfg(feature = "csrf")]
            Self::FormUnreadable => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The default response: the status, one line of text, and this error in the response's extensions, where the
    /// [`CookieLayer`](crate::CookieLayer) finds it for its `on_error`.
    ///
    /// A 401 has a `WWW-Authenticate` field, as RFC 9110 section 15.5.2 asks. No scheme is registered for cookies;
    /// `Cookie` is the one that the expired draft on them proposed, and browsers do nothing about it.
    pub fn into_response<B: From<String>>(self) -> Response<B> {
        let mut response = Response::new(B::from(format!("{self}\n")));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        #[cfg(feature = "sealed")]
        if let Self::Required { cookie } = &self {
            // A cookie-name is a token, so it needs no escaping, and makes a header value of any scheme.
            if let Ok(challenge) = HeaderValue::try_from(format!("Cookie cookie-name=\"{cookie}\"")) {
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
        }
        #[cfg(feature = "jwt")]
        if let Self::Bearer(error) = &self {
            error.write(headers);
        }
        #[cfg(feature = "identity")]
        if let Self::Identity(error) = &self {
            error.write(headers);
        }
        #[cfg(feature = "session")]
        if let Self::Session(error) = &self {
            if matches!(error, SessionError::LoginRequired) {
                // The layer, which knows what carries sessions, says more.
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Cookie"));
            }
            if status_of(error) == StatusCode::SERVICE_UNAVAILABLE {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
            }
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// So that `Ticket::issue(..)?` stands in a handler that returns this error.
#[cfg(feature = "sealed")]
impl From<RandomError> for Error {
    fn from(error: RandomError) -> Self {
        Self::Random(Arc::new(error))
    }
}

#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for Error {
    fn into_response(self) -> axum_core::response::Response {
        Self::into_response(self)
    }
}
