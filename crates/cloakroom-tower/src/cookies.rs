use std::fmt;

use cloakroom_cookie::{CookieValue, SetCookie};
use http::header::COOKIE;
use http::{Extensions, HeaderMap};

use crate::Error;
use crate::jar::Jar;

/// The request's cookies to read, and the response's to write.
///
/// An extractor with the feature `axum`; elsewhere [`Cookies::read`] makes one. Reading shows what the browser sent,
/// also after a write.
///
/// These cookies are plain: whoever sends the request chose their values. For one that the server shall be able to
/// trust, see [`Sealed`](crate::Sealed).
#[derive(Clone)]
pub struct Cookies {
    jar: Jar,
    /// The Cookie fields alone. A `HeaderValue` is shared, not copied.
    headers: HeaderMap,
}

impl Cookies {
    /// The cookies of the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::MissingLayer`]; [`Error::Limit`] when the Cookie header is over a limit of the layer.
    pub fn read(headers: &HeaderMap, extensions: &Extensions) -> Result<Self, Error> {
        let jar = Jar::of(extensions)?;
        jar.read(headers)?;
        let headers = headers
            .get_all(COOKIE)
            .iter()
            .map(|value| (COOKIE, value.clone()))
            .collect();
        Ok(Self { jar, headers })
    }

    /// All that can be asked of a Cookie header: pairs in order, duplicates, several names at once.
    #[expect(clippy::missing_panics_doc, reason = "the proof is the message")]
    pub fn request(&self) -> cloakroom_cookie::Cookies<'_> {
        cloakroom_cookie::Cookies::from_headers_with(&self.headers, self.jar.limits())
            .expect("the same fields were within the same limits when they were read")
    }

    /// The value of the first cookie whose wire name is `name`.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<CookieValue<'_>> {
        self.request().first(name)
    }

    /// Sends `cookie` with the response, whatever its status, in place of one of the same name.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseSent`], from a task that outlives the handler.
    pub fn set(&self, cookie: SetCookie) -> Result<(), Error> {
        self.jar.put(cookie)
    }

    /// Sends `cookie` if the response's status is below 400: for a cookie that gives a privilege.
    ///
    /// With any other status the cookie of the same name goes out that was to go out before, if there was one.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseSent`], from a task that outlives the handler.
    pub fn set_on_success(&self, cookie: SetCookie) -> Result<(), Error> {
        self.jar.put_on_success(cookie)
    }

    /// Sends the removal of `cookie` with the response, whatever its status. The value does not matter; name, path
    /// and domain must be those that the cookie was set with.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseSent`], from a task that outlives the handler.
    pub fn remove(&self, cookie: &SetCookie) -> Result<(), Error> {
        self.jar.put(cookie.removal())
    }
}

/// Prints the number of bytes alone, since they may be credentials.
impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.request(), f)
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Cookies {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _state: &S) -> Result<Self, Error> {
        Self::read(&parts.headers, &parts.extensions)
    }
}
