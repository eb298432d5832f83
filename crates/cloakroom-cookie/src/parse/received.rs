use alloc::string::String;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

use cloakroom_core::UnixTime;

use super::SetCookieLine;
use super::line::{AGE_LIMIT, Escaped};
use crate::{Prefix, SameSite, SetCookie};

/// What a user agent knows of the request whose response sets a cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestUri<'a> {
    /// The host, without a port; an internationalized name in its ASCII form.
    pub host: &'a str,
    /// The path, without a query.
    pub path: &'a str,
    /// Whether the user agent holds the channel for secure: `https`, and for most of them `http://localhost`.
    pub secure: bool,
}

/// A cookie as a user agent stores it (RFC 6265bis section 5.7).
///
/// `Debug` shows only the length of the value; `==` takes a time that tells where values differ, so it is for tests and
/// not for credentials.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the storage model has these flags, each with a name"
)]
pub struct ReceivedCookie<'a> {
    /// The name; empty when the field has none.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// The canonical host, or the `Domain` that it lies in.
    pub domain: String,
    /// Whether the cookie goes to `domain` alone and not to the hosts below it.
    pub host_only: bool,
    /// `Path`, or the default-path of the request.
    pub path: &'a [u8],
    /// When the cookie ends, at most 400 days from now; `None`: with the user agent's session.
    pub expires_at: Option<UnixTime>,
    /// `SameSite`; `None` is the user agent's default.
    pub same_site: Option<SameSite>,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `Partitioned`.
    pub partitioned: bool,
}

impl<'a> SetCookieLine<'a> {
    /// What a user agent stores when the field comes with the response to a request for `uri`.
    ///
    /// # Errors
    /// When it ignores the field instead.
    pub fn receive(&self, uri: &RequestUri<'a>, now: UnixTime) -> Result<ReceivedCookie<'a>, Ignored> {
        let host = uri.host.to_ascii_lowercase();
        let (domain, host_only) = match self.domain() {
            None => (host, true),
            Some(domain) => {
                let domain = core::str::from_utf8(domain)
                    .ok()
                    .filter(|domain| domain.is_ascii())
                    .ok_or(Ignored::DomainNotAscii)?;
                if !domain_matches(&host, domain) {
                    return Err(Ignored::ForeignDomain);
                }
                (String::from(domain), false)
            }
        };
        let path = self.path().unwrap_or_else(|| default_path(uri.path).as_bytes());
        if self.secure() && !uri.secure {
            return Err(Ignored::InsecureChannel);
        }
        if self.same_site() == Some(SameSite::None) && !self.secure() {
            return Err(Ignored::SameSiteNoneInsecure);
        }
        if self.partitioned() && !self.secure() {
            return Err(Ignored::PartitionedInsecure);
        }
        if let Some(prefix) = self.prefix() {
            let kept = self.secure()
                && (!prefix.needs_http_only() || self.http_only())
                && (!prefix.needs_host_only() || (host_only && self.has_path_attribute() && path == b"/"));
            if !kept {
                return Err(Ignored::Prefix(prefix));
            }
        }
        Ok(ReceivedCookie {
            name: self.name(),
            value: self.value(),
            domain,
            host_only,
            path,
            expires_at: self.expires_at(now),
            same_site: self.same_site(),
            secure: self.secure(),
            http_only: self.http_only(),
            partitioned: self.partitioned(),
        })
    }

    /// When the cookie ends, if it comes at `now`: `Max-Age` before `Expires`, at most 400 days away, and the earliest
    /// time of all for a `Max-Age` of zero or less. `None`: with the user agent's session.
    pub fn expires_at(&self, now: UnixTime) -> Option<UnixTime> {
        match (self.max_age(), self.expires()) {
            (Some(..=0), _) => Some(UnixTime::MIN),
            (Some(seconds), _) => {
                let seconds = Duration::from_secs(seconds.min(AGE_LIMIT).unsigned_abs());
                Some(now.saturating_add(seconds))
            }
            (None, Some(expires)) => Some(expires.min(now.saturating_add(SetCookie::MAX_MAX_AGE))),
            (None, None) => None,
        }
    }
}

/// Domain-matching (section 5.1.3); both sides are canonical.
fn domain_matches(host: &str, domain: &str) -> bool {
    let is_address = || host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) && !is_address()
}

/// The default-path of a request (section 5.1.4): its path up to the last slash.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(last) if last > 0 && path.starts_with('/') => &path[..last],
        _ => "/",
    }
}

impl fmt::Debug for ReceivedCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedCookie")
            .field("name", &Escaped(self.name))
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("domain", &self.domain)
            .field("host_only", &self.host_only)
            .field("path", &Escaped(self.path))
            .field("expires_at", &self.expires_at)
            .field("same_site", &self.same_site)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("partitioned", &self.partitioned)
            .finish()
    }
}

/// Why a user agent ignores a cookie that came with this response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ignored {
    /// `Domain` has an octet outside US-ASCII.
    DomainNotAscii,
    /// `Domain` is neither the host nor above it.
    ForeignDomain,
    /// `Secure` over an insecure channel.
    InsecureChannel,
    /// `SameSite=None` without `Secure`.
    SameSiteNoneInsecure,
    /// `Partitioned` without `Secure`.
    PartitionedInsecure,
    /// The name has this prefix, in whatever letter case, and the attributes break its rules.
    Prefix(Prefix),
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DomainNotAscii => f.write_str("domain-attribute is not US-ASCII"),
            Self::ForeignDomain => f.write_str("request-host does not domain-match domain-attribute"),
            Self::InsecureChannel => f.write_str("a Secure cookie came over an insecure channel"),
            Self::SameSiteNoneInsecure => f.write_str("SameSite=None needs Secure"),
            Self::PartitionedInsecure => f.write_str("Partitioned needs Secure"),
            Self::Prefix(prefix) => write!(f, "the attributes break the rules of {prefix} in cookie-name"),
        }
    }
}

impl core::error::Error for Ignored {}
