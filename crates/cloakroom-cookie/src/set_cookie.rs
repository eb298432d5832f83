use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::invalid::{InvalidSetCookie, Kind};
use crate::lifetime::{Lifetime, MaxAge};
use crate::octets::MAX_PAIR;
use crate::prefixed::{Host, HostHttp, Http, Plain, Secure};
use crate::{CookieName, IntoCookieName, Prefix, SameSite, SetCookieBuilder};

/// A cookie that a server sets: what one `Set-Cookie` header field says (RFC 6265bis section 4.1).
///
/// A value of this type satisfies the grammar of the RFC, its limits, and the rules of the name's prefix: user agents
/// have no reason to drop it, public suffixes and foreign domains aside. It is made by one of the constructors, which return a [`SetCookieBuilder`]:
///
/// ```
/// # fn main() -> Result<(), cloakroom_cookie::InvalidSetCookie> {
/// use std::time::Duration;
/// use cloakroom_cookie::SetCookie;
///
/// let cookie = SetCookie::host("id", "c2VjcmV0").persistent(Duration::from_secs(3600)).finish()?;
/// assert_eq!(
///     cookie.to_header_string(),
///     "__Host-id=c2VjcmV0; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax",
/// );
/// assert_eq!(
///     cookie.removal().to_header_string(),
///     "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax",
/// );
/// # Ok(())
/// # }
/// ```
///
/// The value may be a credential. `Debug` shows only its length; `Display` writes the header field's value with the
/// cookie-value in the clear, so it is for a header and not for a log. `==` takes a time that tells where values differ,
/// so it is for tests, and for comparing cookies of one's own.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie {
    pub(crate) name: CookieName,
    pub(crate) value: String,
    pub(crate) path: Option<Cow<'static, str>>,
    pub(crate) domain: Option<Box<str>>,
    pub(crate) lifetime: Lifetime,
    pub(crate) same_site: Option<SameSite>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) partitioned: bool,
}

impl SetCookie {
    /// The longest Max-Age, 400 days (RFC 6265bis section 5.5); user agents cut longer ones.
    pub const MAX_MAX_AGE: Duration = Duration::from_secs(MaxAge::LIMIT as u64);

    /// A cookie named `name`, as it stands. A prefixed name is held to the rules of its prefix by `finish`.
    #[expect(
        clippy::new_ret_no_self,
        reason = "a cookie has no state that is not checked; the builder checks it"
    )]
    pub fn new(name: impl IntoCookieName, value: impl Into<String>) -> SetCookieBuilder<Plain> {
        SetCookieBuilder::start(name.into_cookie_name(), value.into())
    }

    /// A cookie of one host alone: `__Host-` before `name`, `Secure`, `Path=/`, no `Domain`. The best choice for a
    /// credential that scripts need not read is [`host_http`](Self::host_http), where user agents know it already.
    pub fn host(name: impl IntoCookieName, value: impl Into<String>) -> SetCookieBuilder<Host> {
        SetCookieBuilder::start(prefixed(name, Prefix::Host), value.into())
    }

    /// A cookie with `__Secure-` before `name`: always `Secure`.
    pub fn secure_prefix(name: impl IntoCookieName, value: impl Into<String>) -> SetCookieBuilder<Secure> {
        SetCookieBuilder::start(prefixed(name, Prefix::Secure), value.into())
    }

    /// A cookie with `__Http-` before `name`: always `Secure` and `HttpOnly`.
    pub fn http(name: impl IntoCookieName, value: impl Into<String>) -> SetCookieBuilder<Http> {
        SetCookieBuilder::start(prefixed(name, Prefix::Http), value.into())
    }

    /// A cookie with `__Host-Http-` before `name`: always `Secure`, `HttpOnly`, `Path=/`, no `Domain`.
    pub fn host_http(name: impl IntoCookieName, value: impl Into<String>) -> SetCookieBuilder<HostHttp> {
        SetCookieBuilder::start(prefixed(name, Prefix::HostHttp), value.into())
    }

    /// The cookie-name, prefix included.
    pub fn name(&self) -> &CookieName {
        &self.name
    }

    /// The cookie-value as it is written, quotes and percent-encoding included; empty in a removal.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// `Path`; `None` leaves it to the user agent, which takes the default-path: the directory of the request's path.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// `Domain`, in lower case and without a leading dot; `None` is the host that sets the cookie alone.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// `Secure`: sent over secure channels alone.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// `HttpOnly`: hidden from scripts.
    pub fn http_only(&self) -> bool {
        self.http_only
    }

    /// `SameSite`; `None` leaves it to the user agent.
    pub fn same_site(&self) -> Option<SameSite> {
        self.same_site
    }

    /// `Partitioned`: kept apart for each top-level site (CHIPS).
    pub fn partitioned(&self) -> bool {
        self.partitioned
    }

    /// `Max-Age`, in whole seconds; `None` for a cookie that ends with the user agent's session, zero for a removal.
    pub fn max_age(&self) -> Option<Duration> {
        match self.lifetime {
            Lifetime::Session => None,
            Lifetime::Persistent(max_age) => Some(Duration::from_secs(u64::from(max_age.seconds()))),
            Lifetime::Removal => Some(Duration::ZERO),
        }
    }

    /// Whether the cookie asks the user agent to forget the one that it has.
    pub fn is_removal(&self) -> bool {
        self.lifetime == Lifetime::Removal
    }

    /// What makes the user agent forget this cookie: no value, `Max-Age=0`, `Expires` in 1970, and everything else as
    /// it is. A user agent removes only a cookie of the same name, Domain and Path, ignores a removal that its name's
    /// prefix forbids, and looks in the partition that `Partitioned` tells.
    ///
    /// Without [`path`](Self::path) both times the default-path of the request counts: the removal removes only when
    /// it answers a request in the same directory as the one that set the cookie.
    #[must_use]
    pub fn removal(&self) -> Self {
        Self {
            name: self.name.clone(),
            value: String::new(),
            path: self.path.clone(),
            domain: self.domain.clone(),
            lifetime: Lifetime::Removal,
            ..*self
        }
    }

    /// Appends the header field's value to `out`, which grows once at most.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.reserve(self.len_bound());
        self.each_piece(|piece| out.extend_from_slice(piece.as_bytes()));
    }

    /// The header field's value, in one allocation.
    pub fn to_header_string(&self) -> String {
        let mut text = String::with_capacity(self.len_bound());
        self.each_piece(|piece| text.push_str(piece));
        text
    }

    /// Checks what no single setter can, and so is the last step of every way to a `SetCookie`.
    pub(crate) fn checked(self) -> Result<Self, InvalidSetCookie> {
        if self.name.as_bytes().len() + self.value.len() > MAX_PAIR {
            return Err(InvalidSetCookie::new(Kind::PairTooLong));
        }
        if self.same_site == Some(SameSite::None) && !self.secure {
            return Err(InvalidSetCookie::new(Kind::SameSiteNoneInsecure));
        }
        if self.partitioned && !self.secure {
            return Err(InvalidSetCookie::new(Kind::PartitionedInsecure));
        }
        if let Some(prefix) = self.name.prefix() {
            let broken = if !self.secure {
                Some(Kind::PrefixInsecure(prefix))
            } else if prefix.needs_http_only() && !self.http_only {
                Some(Kind::PrefixNotHttpOnly(prefix))
            } else if prefix.needs_host_only() && self.path() != Some("/") {
                Some(Kind::PrefixPath(prefix))
            } else if prefix.needs_host_only() && self.domain.is_some() {
                Some(Kind::PrefixDomain(prefix))
            } else {
                None
            };
            if let Some(kind) = broken {
                return Err(InvalidSetCookie::new(kind));
            }
        }
        Ok(self)
    }

    /// Whether the cookie still is what the constructors make.
    #[cfg(test)]
    pub(crate) fn checked_again(&self) -> Result<(), InvalidSetCookie> {
        self.clone().checked().map(|_| ())
    }

    /// The same cookie with another value.
    #[cfg(feature = "serde")]
    pub(crate) fn with_value(&self, value: String) -> Result<Self, InvalidSetCookie> {
        crate::octets::check_value(value.as_bytes())?;
        Self {
            value,
            ..self.clone()
        }
        .checked()
    }

    /// Hands `emit` the pieces of the header field's value in order.
    fn each_piece(&self, mut emit: impl FnMut(&str)) {
        emit(self.name.as_str());
        emit("=");
        emit(&self.value);
        if let Some(path) = &self.path {
            emit("; Path=");
            emit(path);
        }
        if let Some(domain) = &self.domain {
            emit("; Domain=");
            emit(domain);
        }
        match self.lifetime {
            Lifetime::Session => {}
            Lifetime::Persistent(max_age) => {
                emit("; Max-Age=");
                emit(max_age.as_str());
            }
            Lifetime::Removal => emit("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
        }
        if self.secure {
            emit("; Secure");
        }
        if self.http_only {
            emit("; HttpOnly");
        }
        match self.same_site {
            None => {}
            Some(SameSite::Strict) => emit("; SameSite=Strict"),
            Some(SameSite::Lax) => emit("; SameSite=Lax"),
            Some(SameSite::None) => emit("; SameSite=None"),
        }
        if self.partitioned {
            emit("; Partitioned");
        }
    }

    /// No shorter than what `each_piece` emits: all that is constant in it, and all that is not.
    fn len_bound(&self) -> usize {
        const CONSTANT: usize = "=; Path=; Domain=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT".len()
            + "; Secure; HttpOnly; SameSite=Strict; Partitioned".len();
        CONSTANT
            + self.name.as_bytes().len()
            + self.value.len()
            + self.path.as_ref().map_or(0, |path| path.len())
            + self.domain.as_ref().map_or(0, |domain| domain.len())
    }
}

fn prefixed(name: impl IntoCookieName, prefix: Prefix) -> Result<CookieName, InvalidSetCookie> {
    name.into_cookie_name()?.with_prefix(prefix)
}

/// Writes the header field's value, the cookie-value in the clear.
impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.each_piece(|piece| {
            if result.is_ok() {
                result = f.write_str(piece);
            }
        });
        result
    }
}

impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie")
            .field("name", &self.name.as_str())
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("path", &self.path())
            .field("domain", &self.domain())
            .field("lifetime", &self.lifetime)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("same_site", &self.same_site)
            .field("partitioned", &self.partitioned)
            .finish()
    }
}
