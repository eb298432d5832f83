use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use crate::domain::canonical_domain;
use crate::invalid::{InvalidSetCookie, Kind};
use crate::lifetime::{Lifetime, MaxAge};
use crate::octets::{check_value, percent_encode};
use crate::path::check_path;
use crate::prefixed::{MayBeInsecure, MayBeScoped, MayBeScriptReadable, Plain};
use crate::{CookieName, SameSite, SetCookie};

/// Builds a [`SetCookie`]; made by its constructors.
///
/// Unless turned off by name the cookie is `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`, belongs to the host that
/// sets it and ends with the user agent's session. The first error is kept and given out by
/// [`finish`](Self::finish). `P` is what the constructor promised about the name's prefix (module
/// [`prefixed`](crate::prefixed)); a setter that would break the promise is not there:
///
/// ```compile_fail,E0277
/// # use cloakroom_cookie::SetCookie;
/// let cookie = SetCookie::host("id", "x").domain("example.com");
/// ```
#[must_use = "a builder does nothing until it is finished"]
pub struct SetCookieBuilder<P = Plain> {
    draft: Result<SetCookie, InvalidSetCookie>,
    promise: PhantomData<fn() -> P>,
}

impl<P> SetCookieBuilder<P> {
    pub(crate) fn start(name: Result<CookieName, InvalidSetCookie>, value: String) -> Self {
        let draft = name.and_then(|name| {
            check_value(value.as_bytes())?;
            Ok(SetCookie {
                name,
                value,
                path: Some(Cow::Borrowed("/")),
                domain: None,
                lifetime: Lifetime::Session,
                same_site: Some(SameSite::Lax),
                secure: true,
                http_only: true,
                partitioned: false,
            })
        });
        Self {
            draft,
            promise: PhantomData,
        }
    }

    fn set(mut self, set: impl FnOnce(&mut SetCookie) -> Result<(), InvalidSetCookie>) -> Self {
        if let Ok(cookie) = &mut self.draft
            && let Err(error) = set(cookie)
        {
            self.draft = Err(error);
        }
        self
    }

    fn put(self, put: impl FnOnce(&mut SetCookie)) -> Self {
        self.set(|cookie| {
            put(cookie);
            Ok(())
        })
    }

    /// Takes any bytes for the value, written as `%XX` where they are no cookie-octets, `%` or `+`.
    /// [`CookieValue::percent_decoded`](crate::CookieValue::percent_decoded) gives them back.
    pub fn value_percent_encoded(self, bytes: impl AsRef<[u8]>) -> Self {
        self.put(|cookie| cookie.value = percent_encode(bytes.as_ref()))
    }

    /// Keeps the cookie for `max_age`, in whole seconds, rounded down.
    ///
    /// Less than a second is an error, since it would remove the cookie, and so is more than
    /// [400 days](SetCookie::MAX_MAX_AGE), since the user agent would cut it.
    pub fn persistent(self, max_age: Duration) -> Self {
        self.set(|cookie| {
            if max_age > SetCookie::MAX_MAX_AGE {
                return Err(InvalidSetCookie::new(Kind::MaxAgeTooLong));
            }
            let max_age = MaxAge::of(max_age.as_secs()).ok_or(InvalidSetCookie::new(Kind::MaxAgeZero))?;
            cookie.lifetime = Lifetime::Persistent(max_age);
            Ok(())
        })
    }

    /// As [`persistent`](Self::persistent), with more than [400 days](SetCookie::MAX_MAX_AGE) taken as 400 days.
    pub fn persistent_clamped(self, max_age: Duration) -> Self {
        self.persistent(max_age.min(SetCookie::MAX_MAX_AGE))
    }

    /// Sets `SameSite`. With [`SameSite::None`] the cookie must stay `Secure`.
    pub fn same_site(self, same_site: SameSite) -> Self {
        self.put(|cookie| cookie.same_site = Some(same_site))
    }

    /// Leaves `SameSite` out. User agents then treat the cookie as `Lax`, some of them with exceptions.
    pub fn without_same_site(self) -> Self {
        self.put(|cookie| cookie.same_site = None)
    }

    /// Keeps the cookie apart for each top-level site that embeds the server (CHIPS). It must stay `Secure`.
    pub fn partitioned(self) -> Self {
        self.put(|cookie| cookie.partitioned = true)
    }

    /// Sends the cookie for requests below `path`, which begins with `/` and has at most 1024 octets, printable
    /// US-ASCII but `;`. `Path` is no border of trust: RFC 6265bis section 8.6.
    pub fn path(self, path: impl AsRef<str>) -> Self
    where
        P: MayBeScoped,
    {
        self.set(|cookie| {
            let path = path.as_ref();
            check_path(path.as_bytes())?;
            // The usual path costs no allocation.
            cookie.path = Some(match path {
                "/" => Cow::Borrowed("/"),
                _ => Cow::Owned(String::from(path)),
            });
            Ok(())
        })
    }

    /// Leaves `Path` out, so that the user agent takes the default-path: the directory of the path of the request that
    /// this response answers. Set again or [removed](SetCookie::removal) from another directory it is another cookie.
    pub fn without_path(self) -> Self
    where
        P: MayBeScoped,
    {
        self.put(|cookie| cookie.path = None)
    }

    /// Shares the cookie with `domain` and every host below it.
    ///
    /// A leading dot is dropped and letters become lower case. Refused are IP addresses, single labels, a trailing
    /// dot, labels that are not 1 to 63 letters, digits and inner hyphens, a last label that is a number, and more
    /// than 253 octets. Public suffixes such as `co.uk` are the browser's business.
    pub fn domain(self, domain: impl AsRef<str>) -> Self
    where
        P: MayBeScoped,
    {
        self.set(|cookie| {
            cookie.domain = Some(canonical_domain(domain.as_ref())?.into_boxed_str());
            Ok(())
        })
    }

    /// Sends the cookie over insecure channels too: `Secure` is left out.
    pub fn insecure(self) -> Self
    where
        P: MayBeInsecure,
    {
        self.put(|cookie| cookie.secure = false)
    }

    /// Lets scripts read the cookie: `HttpOnly` is left out.
    pub fn script_readable(self) -> Self
    where
        P: MayBeScriptReadable,
    {
        self.put(|cookie| cookie.http_only = false)
    }

    /// The cookie.
    ///
    /// # Errors
    /// The first error of the constructor and the setters in the order of the calls. Then: name and value longer than
    /// 4096 octets together, `SameSite=None` or `Partitioned` without `Secure`, a prefix in the name, in any letter
    /// case, whose rules the attributes break.
    pub fn finish(self) -> Result<SetCookie, InvalidSetCookie> {
        self.draft?.checked()
    }
}

impl<P> Clone for SetCookieBuilder<P> {
    fn clone(&self) -> Self {
        Self {
            draft: self.draft.clone(),
            promise: PhantomData,
        }
    }
}

impl<P> fmt::Debug for SetCookieBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SetCookieBuilder").field(&self.draft).finish()
    }
}
