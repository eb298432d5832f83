use std::fmt;
use std::ops::Deref;

use cloakroom_core::UnixTime;
use http::{Extensions, HeaderMap};

use crate::sealed::{Handle, Held};
use crate::{Error, Sealed, SealedCookie, Sealer};

/// The sealed cookie `T` of a request that must have one: it derefs to the value, and a request without is rejected.
///
/// An extractor with the feature `axum`; elsewhere [`Required::read`] makes one. The rejection is
/// [`Error::Required`], a 401 that [`CookieLayer::on_error`](crate::CookieLayer::on_error) may turn into a redirect to
/// the login page.
pub struct Required<T> {
    handle: Handle<T>,
    held: Held<T>,
}

impl<T: SealedCookie> Required<T> {
    /// The cookie of the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::Required`] when there is no valid one, and what [`Sealed::read`] fails with.
    pub fn read(headers: &HeaderMap, extensions: &Extensions, sealer: &Sealer<T>) -> Result<Self, Error> {
        let (handle, held) = Sealed::read(headers, extensions, sealer)?.into_parts();
        match held {
            Some(held) => Ok(Self { handle, held }),
            None => Err(Error::Required {
                cookie: sealer.name().clone(),
            }),
        }
    }

    /// When the value was first sealed.
    pub fn issued_at(&self) -> UnixTime {
        self.held.issued_at
    }

    /// The first instant at which the value will not open any more.
    pub fn expires_at(&self) -> UnixTime {
        self.held.expires_at
    }

    /// The value, for good.
    pub fn into_value(self) -> T {
        self.held.value
    }

    /// The same cookie, to be set or removed.
    pub fn into_sealed(self) -> Sealed<T> {
        Sealed::from_parts(self.handle, self.held)
    }
}

impl<T> Deref for Required<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held.value
    }
}

/// Prints the cookie's name and times, never its value.
impl<T: SealedCookie> fmt::Debug for Required<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Required")
            .field("cookie", &self.handle.name().as_str())
            .field("issued_at", &self.held.issued_at)
            .field("expires_at", &self.held.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "axum")]
impl<S, T> axum_core::extract::FromRequestParts<S> for Required<T>
where
    S: Sync,
    T: SealedCookie,
    Sealer<T>: axum_core::extract::FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &S) -> Result<Self, Error> {
        let sealer = axum_core::extract::FromRef::from_ref(state);
        Self::read(&parts.headers, &parts.extensions, &sealer)
    }
}
