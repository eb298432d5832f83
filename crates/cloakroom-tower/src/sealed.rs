use std::fmt;
use std::time::Duration;

use cloakroom_cookie::{CookieName, CookieValue, SetCookie};
use cloakroom_core::UnixTime;
use cloakroom_seal::{MAX_CANDIDATES, OpenError, Opened};
use http::{Extensions, HeaderMap};

use crate::jar::{Decided, Jar};
use crate::{Error, EventKind, SealedCookie, Sealer};

/// The sealed cookie `T` of a request: its value if the browser brought a valid one, and the means to set or remove it.
///
/// An extractor with the feature `axum`, where the router's state gives a [`Sealer<T>`] by `FromRef`; elsewhere
/// [`Sealed::read`] makes one. A cookie that is not authentic, too old, revoked or unreadable is as good as none: the
/// request goes on without it, the observer hears why, and nothing is sent because of it.
///
/// When the value was sealed under a retiring key, the response carries it sealed anew, with its old times: the handler
/// has nothing to do, and a cookie that the handler sets or removes goes first.
///
/// Of several cookies of the name (RFC 6265bis section 8.6 says how they get there) at most four are tried; those that
/// do not open do not matter, and two that open and differ are a conflict: none is taken.
///
/// Within one request a write is seen at once, by this value and by later extractors.
pub struct Sealed<T> {
    handle: Handle<T>,
    held: Option<Held<T>>,
}

/// What it takes to write the cookie.
pub(crate) struct Handle<T> {
    jar: Jar,
    sealer: Sealer<T>,
}

/// A value and its times.
pub(crate) struct Held<T> {
    pub(crate) value: T,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    /// What it was read from; `None` for what was just sealed.
    pub(crate) opened: Option<Opened>,
}

/// What a look at a request's cookies of the name finds.
pub(crate) enum Look<T> {
    /// No value that counts.
    Nothing,
    /// Values that open and differ: all of those that are tried and open.
    #[cfg_attr(
        not(feature = "identity"),
        expect(dead_code, reason = "identities alone look at each of them")
    )]
    Conflict(Vec<Held<T>>),
    /// A value, and the cookie with the value sealed anew where it should be.
    Held(Held<T>, Option<SetCookie>),
}

impl<T: SealedCookie> Sealed<T> {
    /// The cookie of the request with these headers and extensions.
    ///
    /// # Errors
    ///
    /// [`Error::MissingLayer`]; [`Error::Limit`] when the Cookie header is over a limit of the layer. An invalid cookie
    /// is no error.
    pub fn read(headers: &HeaderMap, extensions: &Extensions, sealer: &Sealer<T>) -> Result<Self, Error> {
        let handle = Handle::new(Jar::of(extensions)?, sealer.clone());
        let held = match handle.jar.decided(sealer.name()) {
            Decided::Removed => None,
            Decided::Value(text) => handle.reopen(&text),
            Decided::Nothing => handle.open(headers)?,
        };
        Ok(Self { handle, held })
    }

    /// The value, if there is a valid one.
    pub fn get(&self) -> Option<&T> {
        self.held.as_ref().map(|held| &held.value)
    }

    /// The value, if there is a valid one, for good.
    pub fn into_value(self) -> Option<T> {
        self.held.map(|held| held.value)
    }

    /// Whether there is a valid value.
    pub fn is_present(&self) -> bool {
        self.held.is_some()
    }

    /// When the value was first sealed.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.held.as_ref().map(|held| held.issued_at)
    }

    /// The first instant at which the value will not open any more.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.held.as_ref().map(|held| held.expires_at)
    }

    /// What the layer's clock says: the time at which [`set`](Self::set) seals.
    pub fn now(&self) -> UnixTime {
        self.handle.jar.now()
    }

    /// Seals `value` for [`SealedCookie::TTL`] from now and sends it if the response's status is below 400.
    ///
    /// This starts a new life: call it for a login or another fresh proof, not to keep somebody logged in. To change the
    /// value of a life that goes on, call [`update`](Self::update).
    ///
    /// # Errors
    ///
    /// When the value does not fit into a cookie, cannot be serialized or the cut-off lies ahead; and
    /// [`Error::ResponseSent`]. What the cookie was before stays.
    pub fn set(&mut self, value: T) -> Result<(), Error> {
        self.set_with_ttl(value, T::TTL)
    }

    /// The same for a life of `ttl`, in whole seconds and at most [`SealedCookie::MAX_TTL`].
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set), and when `ttl` is below a second or over the limit.
    pub fn set_with_ttl(&mut self, value: T, ttl: Duration) -> Result<(), Error> {
        let Handle { jar, sealer } = &self.handle;
        let sealed = sealer.seal_at(&value, jar.now(), ttl)?;
        jar.put_on_success(sealed.cookie)?;
        self.held = Some(Held {
            value,
            issued_at: sealed.issued_at,
            expires_at: sealed.expires_at,
            opened: None,
        });
        Ok(())
    }

    /// Seals `value` in place of the value, which keeps its times, and sends it if the response's status is below 400.
    ///
    /// This is for everything but a fresh authentication: a theme, a counter, whatever stands beside the login. The cookie
    /// ends when it would have ended, and a cut-off that refuses the old value refuses the new one. Take over from the
    /// old value what says who authenticated and when.
    ///
    /// # Errors
    ///
    /// [`Error::Required`] when there is no valid value, or it has less than a second left; [`Error::Seal`] when the value
    /// does not fit into a cookie, cannot be serialized, or was issued later than this server's clock says, which passes
    /// within 5 s; and [`Error::ResponseSent`]. What the cookie was before stays.
    pub fn update(&mut self, value: T) -> Result<(), Error> {
        let Handle { jar, sealer } = &self.handle;
        let cookie = match &self.held {
            Some(held) => sealer.update(&value, held, jar.now())?,
            None => None,
        };
        let (Some(held), Some(cookie)) = (&mut self.held, cookie) else {
            return Err(Error::Required {
                cookie: sealer.name().clone(),
            });
        };
        jar.put_on_success(cookie)?;
        held.value = value;
        Ok(())
    }

    /// Sends the removal of the cookie, whatever the response's status, also when the request brought none.
    ///
    /// It makes this browser forget. A copy of the value taken elsewhere still opens until it expires or a cut-off
    /// revokes it.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseSent`].
    pub fn remove(&mut self) -> Result<(), Error> {
        let Handle { jar, sealer } = &self.handle;
        jar.put(sealer.removal()?)?;
        self.held = None;
        Ok(())
    }

    pub(crate) fn into_parts(self) -> (Handle<T>, Option<Held<T>>) {
        (self.handle, self.held)
    }

    pub(crate) fn from_parts(handle: Handle<T>, held: Held<T>) -> Self {
        Self {
            handle,
            held: Some(held),
        }
    }
}

/// Prints the cookie's name and times, never its value.
impl<T: SealedCookie> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("cookie", &self.handle.name().as_str())
            .field("issued_at", &self.issued_at())
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

impl<T: SealedCookie> Handle<T> {
    pub(crate) const fn new(jar: Jar, sealer: Sealer<T>) -> Self {
        Self { jar, sealer }
    }

    /// Opens what the request brought, and sends it sealed anew where it should be.
    fn open(&self, headers: &HeaderMap) -> Result<Option<Held<T>>, Error> {
        let Look::Held(held, resealed) = self.look(headers)? else {
            return Ok(None);
        };
        if let Some(cookie) = resealed {
            self.jar.put_resealed(cookie);
        }
        Ok(Some(held))
    }

    /// Opens what the request brought, and sends nothing.
    pub(crate) fn look(&self, headers: &HeaderMap) -> Result<Look<T>, Error> {
        let name = self.sealer.name();
        let cookies = self.jar.read(headers)?;
        let mut candidates = cookies.all(name).map(CookieValue::as_bytes).peekable();
        if candidates.peek().is_none() {
            return Ok(Look::Nothing);
        }
        let now = self.jar.now();
        let current = self.sealer.current();
        let opened = match self.sealer.open(&current, candidates, now) {
            Ok(opened) => opened,
            Err(error) => {
                self.jar.observe(kind_of(error), name);
                return Ok(match error {
                    OpenError::Conflict => {
                        let tried = cookies.all(name).take(MAX_CANDIDATES).map(CookieValue::as_bytes);
                        let opened = tried.filter_map(|one| self.sealer.open(&current, [one], now).ok());
                        Look::Conflict(opened.filter_map(held).collect())
                    }
                    _ => Look::Nothing,
                });
            }
        };
        let needs_reseal = opened.needs_reseal();
        let Some(held) = held(opened) else {
            self.jar.observe(EventKind::Unreadable, name);
            return Ok(Look::Nothing);
        };
        self.jar.observe(EventKind::Opened, name);
        let mut resealed = None;
        if needs_reseal && !self.jar.holds(name) {
            match self.sealer.reseal(&current, &held, now) {
                Ok(cookie) => resealed = cookie,
                Err(_) => self.jar.observe(EventKind::ResealFailed, name),
            }
        }
        Ok(Look::Held(held, resealed))
    }

    /// The value that counts in this request, as [`Sealed::read`] finds it, and nothing is sent.
    #[cfg(feature = "csrf")]
    pub(crate) fn peek(&self, headers: &HeaderMap) -> Result<Option<Held<T>>, Error> {
        Ok(match self.jar.decided(self.name()) {
            Decided::Removed => None,
            Decided::Value(text) => self.reopen(&text),
            Decided::Nothing => match self.look(headers)? {
                Look::Held(held, _) => Some(held),
                Look::Nothing | Look::Conflict(_) => None,
            },
        })
    }

    /// Opens what this very request is about to send; no event of the browser's cookie.
    fn reopen(&self, text: &str) -> Option<Held<T>> {
        let current = self.sealer.current();
        let opened = self.sealer.open(&current, [text.as_bytes()], self.jar.now());
        held(opened.ok()?)
    }

    pub(crate) fn name(&self) -> &CookieName {
        self.sealer.name()
    }
}

fn held<T: SealedCookie>(opened: Opened) -> Option<Held<T>> {
    Some(Held {
        value: opened.json().ok()?,
        issued_at: opened.issued_at(),
        expires_at: opened.expires_at(),
        opened: Some(opened),
    })
}

fn kind_of(error: OpenError) -> EventKind {
    match error {
        OpenError::NotYetValid => EventKind::NotYetValid,
        OpenError::Expired => EventKind::Expired,
        OpenError::Revoked => EventKind::Revoked,
        OpenError::Conflict => EventKind::Conflict,
        _ => EventKind::Rejected,
    }
}

#[cfg(feature = "axum")]
impl<S, T> axum_core::extract::FromRequestParts<S> for Sealed<T>
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
