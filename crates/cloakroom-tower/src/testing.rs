//! Helpers for the tests of an application: requests that are logged in as somebody, and what a response sets.

use std::sync::{Arc, Mutex, PoisonError};

use cloakroom_cookie::parse::{InvalidLine, SetCookieLine};
use http::Response;
use http::header::SET_COOKIE;

use crate::{Event, EventKind, Observer};

/// What `response` sets, read as a browser reads it.
///
/// # Errors
///
/// When a browser would ignore one of the fields.
pub fn set_cookies<B>(response: &Response<B>) -> Result<Vec<SetCookieLine<'_>>, InvalidLine> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    fields
        .map(|field| SetCookieLine::parse(field.as_bytes()))
        .collect()
}

/// An [`Observer`] that writes down what it hears. Clones share the list.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Heard>>>);

type Heard = (EventKind, Option<String>);

impl Recorder {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was heard since the last call, in order: the kind and the cookie's wire name.
    pub fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The kinds of what was heard since the last call, in order.
    pub fn take_kinds(&self) -> Vec<EventKind> {
        self.take().into_iter().map(|(kind, _)| kind).collect()
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        let event = (event.kind(), event.cookie().map(str::to_owned));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

#[cfg(feature = "identity")]
pub use crate::identity_testing::{bearing_in_cookie, same_origin, with_ticket};
#[cfg(feature = "sealed")]
pub use sealed::{cookie_header, logged_in};

#[cfg(feature = "sealed")]
mod sealed {
    use cloakroom_core::UnixTime;
    use http::header::COOKIE;
    use http::{HeaderValue, Request};

    use crate::{Error, SealedCookie, Sealer};

    /// A Cookie header value with `value` sealed at `now`, as a browser sends it after a login.
    ///
    /// # Errors
    ///
    /// As [`Sealer::seal`].
    #[expect(clippy::missing_panics_doc, reason = "the proof is the message")]
    pub fn cookie_header<T: SealedCookie>(
        sealer: &Sealer<T>,
        value: &T,
        now: UnixTime,
    ) -> Result<HeaderValue, Error> {
        let cookie = sealer.seal(value, now)?;
        let mut header = HeaderValue::try_from(format!("{}={}", cookie.name(), cookie.value()))
            .expect("cookie-name and cookie-value are printable US-ASCII");
        header.set_sensitive(true);
        Ok(header)
    }

    /// `request` with `value` sealed at `now` among its cookies: logged in as whoever that is.
    ///
    /// # Errors
    ///
    /// As [`Sealer::seal`].
    pub fn logged_in<B, T: SealedCookie>(
        mut request: Request<B>,
        sealer: &Sealer<T>,
        value: &T,
        now: UnixTime,
    ) -> Result<Request<B>, Error> {
        request
            .headers_mut()
            .append(COOKIE, cookie_header(sealer, value, now)?);
        Ok(request)
    }
}

#[cfg(feature = "csrf")]
pub use csrf::with_csrf_token;

#[cfg(feature = "csrf")]
mod csrf {
    use std::sync::Arc;

    use cloakroom_csrf::Visitor;
    use http::header::COOKIE;
    use http::{HeaderValue, Request};

    use crate::csrf_settings::{Holder, TOKEN_FIELD};
    use crate::{CsrfLayer, Error};

    /// `request` with a token that `layer` takes, for the login that the request comes with; for one without a login, with
    /// the cookie of a new visitor as well. Log in first.
    ///
    /// # Errors
    ///
    /// As [`CsrfToken::read`](crate::CsrfToken::read).
    #[expect(clippy::missing_panics_doc, reason = "the proof is the message")]
    pub fn with_csrf_token<B, F>(mut request: Request<B>, layer: &CsrfLayer<F>) -> Result<Request<B>, Error> {
        let settings = layer.settings();
        let binding = match settings.holder(request.headers(), request.extensions()) {
            Holder::Login(binding) => binding,
            Holder::Visitor(visitor) => visitor.binding(),
            Holder::Nobody => {
                let visitor = Visitor::generate().map_err(|error| Error::Random(Arc::new(error)))?;
                let cookie = settings.visitor_cookie(&visitor);
                let pair = format!("{}={}", cookie.name(), cookie.value());
                let pair = HeaderValue::try_from(pair).expect("it is printable US-ASCII");
                request.headers_mut().append(COOKIE, pair);
                visitor.binding()
            }
        };
        let token = settings.tokens().issue(&binding, (settings.clock)());
        let token = HeaderValue::try_from(token.map_err(Error::CsrfToken)?).expect("it is base64url");
        request.headers_mut().insert(TOKEN_FIELD, token);
        Ok(request)
    }
}

#[cfg(feature = "jwt")]
pub use bearer::{authorization_header, bearing};

#[cfg(feature = "jwt")]
mod bearer {
    use cloakroom_jwt::{SignError, Signer};
    use http::header::AUTHORIZATION;
    use http::{HeaderValue, Request};
    use serde::Serialize;

    /// An Authorization field's value with a bearer token of `claims`, signed as `signer` signs.
    ///
    /// # Errors
    ///
    /// As [`Signer::sign`].
    #[expect(clippy::missing_panics_doc, reason = "the proof is the message")]
    pub fn authorization_header<T: Serialize>(signer: &Signer, claims: &T) -> Result<HeaderValue, SignError> {
        let token = signer.sign(claims)?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}"))
            .expect("a token is dots and characters of base64url");
        header.set_sensitive(true);
        Ok(header)
    }

    /// `request` with a bearer token of `claims` in its Authorization field: logged in as whoever they name.
    ///
    /// The verifier of the application decides whether it believes `signer`: give it the verifying key of a test, or
    /// take the signer that the application has.
    ///
    /// # Errors
    ///
    /// As [`Signer::sign`].
    pub fn bearing<B, T: Serialize>(
        mut request: Request<B>,
        signer: &Signer,
        claims: &T,
    ) -> Result<Request<B>, SignError> {
        let header = authorization_header(signer, claims)?;
        request.headers_mut().insert(AUTHORIZATION, header);
        Ok(request)
    }
}

#[cfg(feature = "session")]
pub use session::{in_session, in_session_by_bearer, session_token};

#[cfg(feature = "session")]
mod session {
    use cloakroom_session::cloakroom_store::cloakroom_id::SessionToken;
    use cloakroom_session::{Answer, Carried, Client, SessionError, Sessions};
    use http::header::{AUTHORIZATION, COOKIE};
    use http::{HeaderName, HeaderValue, Request};

    use crate::SessionLayer;

    /// The token of a new session of `subject`, which has logged in just now by the clock of `sessions`.
    ///
    /// # Errors
    ///
    /// As a login: when the store fails, or `subject` is none.
    pub async fn session_token(sessions: &Sessions, subject: &str) -> Result<SessionToken, SessionError> {
        let (session, commit) = sessions.begin(None, Client::default());
        session.login(subject)?;
        match commit.finish(Answer::Succeeded).await? {
            Carried::Set { token, .. } => Ok(token),
            Carried::Nothing | Carried::Remove => Err(SessionError::Superseded),
        }
    }

    /// `request` with the cookie of a new session of `subject`, which is in the store of `layer`: logged in as whoever
    /// that is.
    ///
    /// # Errors
    ///
    /// As [`session_token`].
    pub async fn in_session<B, F>(
        request: Request<B>,
        layer: &SessionLayer<F>,
        subject: &str,
    ) -> Result<Request<B>, SessionError> {
        let token = session_token(&layer.carriers().sessions, subject).await?;
        let cookie = layer.carriers().cookie.name();
        let cookie = format!("{cookie}={}", *token.to_text());
        Ok(with(request, COOKIE, cookie))
    }

    /// The same with the session's token in the Authorization field.
    ///
    /// # Errors
    ///
    /// As [`session_token`].
    pub async fn in_session_by_bearer<B, F>(
        request: Request<B>,
        layer: &SessionLayer<F>,
        subject: &str,
    ) -> Result<Request<B>, SessionError> {
        let token = session_token(&layer.carriers().sessions, subject).await?;
        Ok(with(
            request,
            AUTHORIZATION,
            format!("Bearer {}", *token.to_text()),
        ))
    }

    fn with<B>(mut request: Request<B>, name: HeaderName, value: String) -> Request<B> {
        let mut value =
            HeaderValue::try_from(value).expect("names and tokens are of printable US-ASCII characters");
        value.set_sensitive(true);
        request.headers_mut().append(name, value);
        request
    }
}
