use std::fmt;

use http::{Extensions, HeaderMap};

use crate::Error;
use crate::csrf_slot::Slot;

/// A CSRF token for the page that a handler makes: for a hidden field of its forms, or for its scripts to send as
/// `X-CSRF-Token`.
///
/// An extractor with the feature `axum`; elsewhere [`CsrfToken::read`] makes one. It is bound to the login that the request
/// came with, or to a visitor, whose cookie goes out with the response if the browser has none yet. The response is made
/// `Cache-Control: no-store` and `Vary: Cookie`.
///
/// A response that changes the login should redirect to the page with the form, and not be it: its token is still that of
/// the old login.
#[derive(Clone)]
pub struct CsrfToken(String);

impl CsrfToken {
    /// A new token for whoever sent the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::MissingCsrfLayer`]; [`Error::ResponseSent`] when the response has been sent; [`Error::Random`];
    /// [`Error::CsrfToken`] when the layer's clock is out of all range.
    pub fn read(headers: &HeaderMap, extensions: &Extensions) -> Result<Self, Error> {
        let slot: &Slot = extensions.get().ok_or(Error::MissingCsrfLayer)?;
        slot.issue(headers, extensions).map(Self)
    }

    /// The token: 79 characters of base64url, which need no escaping in HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The token.
impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Prints nothing of it.
impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(..)")
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for CsrfToken {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Error> {
        Self::read(&parts.headers, &parts.extensions)
    }
}
