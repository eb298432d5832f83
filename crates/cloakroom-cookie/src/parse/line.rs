use alloc::borrow::Cow;
use core::fmt;

use cloakroom_core::UnixTime;

use super::cookie_date;
use crate::octets::{MAX_ATTRIBUTE, MAX_PAIR};
use crate::{Prefix, SameSite, SetCookie};

/// 400 days, the cookie-age-limit of RFC 6265bis section 5.5, in seconds.
pub(super) const AGE_LIMIT: i64 = SetCookie::MAX_MAX_AGE.as_secs().cast_signed();

/// A `Set-Cookie` header field as a user agent parses it (RFC 6265bis section 5.6), before it looks at the request.
///
/// The last of several attributes of one name counts, unknown attributes and those longer than 1024 octets count for
/// nothing. `Debug` shows only the length of the value; `==` takes a time that tells where values differ, so it is for
/// tests and not for credentials.
///
/// ```
/// use cloakroom_cookie::parse::SetCookieLine;
///
/// let line = SetCookieLine::parse(b"id=x; Path=/; Max-Age=60; Secure; Priority=High").unwrap();
/// assert_eq!((line.name(), line.value()), (&b"id"[..], &b"x"[..]));
/// assert_eq!((line.path(), line.max_age(), line.secure()), (Some(&b"/"[..]), Some(60), true));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookieLine<'a> {
    name: &'a [u8],
    value: &'a [u8],
    /// As it is written; without a slash at its start it stands for the default-path.
    path: Option<&'a [u8]>,
    /// As it is written, a leading dot included.
    written_domain: &'a [u8],
    domain: Option<Cow<'a, [u8]>>,
    max_age: Option<i64>,
    expires: Option<UnixTime>,
    same_site: Option<SameSite>,
    flags: Flags,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Flags {
    secure: bool,
    http_only: bool,
    partitioned: bool,
}

impl<'a> SetCookieLine<'a> {
    /// Parses the value of one `Set-Cookie` header field, which is any bytes.
    ///
    /// # Errors
    /// When a user agent ignores the field whatever the request was: it has a control octet other than HTAB, name and
    /// value are longer than 4096 octets together, both are empty, or there is no name and the value begins as a
    /// prefixed name does.
    pub fn parse(line: &'a [u8]) -> Result<Self, InvalidLine> {
        let is_control = |&octet: &u8| octet.is_ascii_control() && octet != b'\t';
        if let Some(position) = line.iter().position(is_control) {
            return Err(InvalidLine::Control { position });
        }
        let mut items = line.split(|&octet| octet == b';');
        let (name, value) =
            split_at_equals(items.next().unwrap_or_default()).unwrap_or_else(|value| (&[], value));
        if name.len() + value.len() > MAX_PAIR {
            return Err(InvalidLine::PairTooLong);
        }
        if name.is_empty() && value.is_empty() {
            return Err(InvalidLine::Empty);
        }
        if name.is_empty() && Prefix::of(value).is_some() {
            return Err(InvalidLine::NamelessPrefixed);
        }
        let mut parsed = Self {
            name,
            value,
            path: None,
            written_domain: &[],
            domain: None,
            max_age: None,
            expires: None,
            same_site: None,
            flags: Flags::default(),
        };
        for item in items {
            let (name, value) = split_at_equals(item).unwrap_or_else(|name| (name, &[]));
            if value.len() <= MAX_ATTRIBUTE {
                parsed.take(name, value);
            }
        }
        Ok(parsed)
    }

    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let is = |attribute: &str| name.eq_ignore_ascii_case(attribute.as_bytes());
        if is("Expires") {
            self.expires = cookie_date(value).or(self.expires);
        } else if is("Max-Age") {
            self.max_age = delta_seconds(value).or(self.max_age);
        } else if is("Domain") {
            self.written_domain = value;
            let domain = value.strip_prefix(b".").unwrap_or(value);
            self.domain = Some(if domain.iter().any(u8::is_ascii_uppercase) {
                Cow::Owned(domain.to_ascii_lowercase())
            } else {
                Cow::Borrowed(domain)
            });
        } else if is("Path") {
            self.path = Some(value);
        } else if is("Secure") {
            self.flags.secure = true;
        } else if is("HttpOnly") {
            self.flags.http_only = true;
        } else if is("SameSite") {
            self.same_site = [SameSite::None, SameSite::Strict, SameSite::Lax]
                .into_iter()
                .find(|same_site| value.eq_ignore_ascii_case(same_site.as_str().as_bytes()));
        } else if is("Partitioned") {
            self.flags.partitioned = true;
        }
    }

    /// The cookie-name; empty when the field has none.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The cookie-value, quotes included.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// `Path` when it begins with a slash; `None` makes the user agent take the default-path of the request.
    pub fn path(&self) -> Option<&'a [u8]> {
        self.path.filter(|path| path.starts_with(b"/"))
    }

    /// Whether there is a `Path` attribute, be it one that stands for the default-path.
    pub fn has_path_attribute(&self) -> bool {
        self.path.is_some()
    }

    /// `Domain` in lower case without one leading dot; `None` when it is absent or empty, which mean the same.
    pub fn domain(&self) -> Option<&[u8]> {
        self.domain.as_deref().filter(|domain| !domain.is_empty())
    }

    /// `Domain` as it is written, where an error of ours counts its position.
    pub(super) fn written_domain(&self) -> Option<&'a [u8]> {
        self.domain().map(|_| self.written_domain)
    }

    /// `Secure`.
    pub fn secure(&self) -> bool {
        self.flags.secure
    }

    /// `HttpOnly`.
    pub fn http_only(&self) -> bool {
        self.flags.http_only
    }

    /// `SameSite`; `None` when it is absent or none of the three, which both mean the user agent's default.
    pub fn same_site(&self) -> Option<SameSite> {
        self.same_site
    }

    /// `Partitioned` (CHIPS).
    pub fn partitioned(&self) -> bool {
        self.flags.partitioned
    }

    /// `Max-Age` in seconds, at most 400 days (34,560,000) as the RFC cuts it; zero or less removes the cookie.
    pub fn max_age(&self) -> Option<i64> {
        self.max_age
    }

    /// `Expires` as it is written, when it is a date; it counts only where there is no `Max-Age`, and no more than 400
    /// days from now. [`receive`](Self::receive) applies both.
    pub fn expires(&self) -> Option<UnixTime> {
        self.expires
    }

    /// The prefix of the name, in any letter case.
    pub fn prefix(&self) -> Option<Prefix> {
        Prefix::of(self.name)
    }
}

/// The two sides of the first `=`, trimmed; all of `item`, trimmed, when there is none.
fn split_at_equals(item: &[u8]) -> Result<(&[u8], &[u8]), &[u8]> {
    match memchr::memchr(b'=', item) {
        Some(i) => Ok((trim(&item[..i]), trim(&item[i + 1..]))),
        None => Err(trim(item)),
    }
}

/// Drops SP and HTAB at both ends, and nothing else that anybody calls white space.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The value of `Max-Age`: `[ "-" ] 1*DIGIT`, cut at 400 days; `None` where the RFC ignores the attribute: it
/// begins neither with a digit nor with a hyphen that a digit follows, or has anything but digits after that.
fn delta_seconds(value: &[u8]) -> Option<i64> {
    let (sign, digits) = match value {
        [b'-', digits @ ..] => (-1, digits),
        _ => (1, value),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0_i64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(sign * i64::from(digit - b'0'))
    });
    Some(number.min(AGE_LIMIT))
}

/// Octets as text, those outside printable US-ASCII escaped.
pub(super) struct Escaped<'a>(pub(super) &'a [u8]);

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl fmt::Debug for SetCookieLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookieLine")
            .field("name", &Escaped(self.name))
            .field("value", &format_args!("{} bytes", self.value.len()))
            .field("path", &self.path.map(Escaped))
            .field("domain", &self.domain.as_deref().map(Escaped))
            .field("max_age", &self.max_age)
            .field("expires", &self.expires)
            .field("same_site", &self.same_site)
            .field("flags", &self.flags)
            .finish()
    }
}

/// Why a user agent ignores a `Set-Cookie` header field whatever the request was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InvalidLine {
    /// The field has a control octet other than HTAB.
    Control {
        /// Where, counted in bytes from 0.
        position: usize,
    },
    /// Name and value are longer than 4096 octets together.
    PairTooLong,
    /// Name and value are both empty.
    Empty,
    /// There is no name and the value begins as a prefixed name does, to be mistaken for one by a server.
    NamelessPrefixed,
}

impl fmt::Display for InvalidLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control { position } => {
                write!(f, "set-cookie-string has a control octet at byte {position}")
            }
            Self::PairTooLong => {
                f.write_str("cookie-name and cookie-value are longer than 4096 octets together")
            }
            Self::Empty => f.write_str("cookie-name and cookie-value are empty"),
            Self::NamelessPrefixed => {
                f.write_str("cookie-name is empty and cookie-value begins with a prefix")
            }
        }
    }
}

impl core::error::Error for InvalidLine {}
