use alloc::borrow::ToOwned;
use alloc::string::ToString;

use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, Expiration};

use crate::invalid::{InvalidSetCookie, Kind};
use crate::lifetime::{Lifetime, MaxAge};
use crate::{SameSite, SetCookie};

/// Nothing is lost: the conversion back gives an equal `SetCookie`. The `cookie` crate writes the attributes in an
/// order of its own.
impl From<&SetCookie> for Cookie<'static> {
    fn from(ours: &SetCookie) -> Self {
        let mut theirs = Cookie::new(ours.name().to_string(), ours.value().to_owned());
        if let Some(path) = ours.path() {
            theirs.set_path(path.to_owned());
        }
        if let Some(domain) = ours.domain() {
            theirs.set_domain(domain.to_owned());
        }
        match ours.lifetime {
            Lifetime::Session => {}
            Lifetime::Persistent(max_age) => {
                theirs.set_max_age(Duration::seconds(i64::from(max_age.seconds())));
            }
            Lifetime::Removal => {
                theirs.set_max_age(Duration::ZERO);
                theirs.set_expires(OffsetDateTime::UNIX_EPOCH);
            }
        }
        theirs.set_same_site(ours.same_site().map(|same_site| match same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        }));
        theirs.set_secure(ours.secure());
        theirs.set_http_only(ours.http_only());
        theirs.set_partitioned(ours.partitioned());
        theirs
    }
}

/// As from `&SetCookie`.
impl From<SetCookie> for Cookie<'static> {
    fn from(ours: SetCookie) -> Self {
        Self::from(&ours)
    }
}

/// Reads what the `cookie` crate would write: it adds `Secure` to `Partitioned`, and to `SameSite=None` when `secure`
/// is unset. A flag that is unset and one that is `false` are the same on the wire and become the same here.
///
/// A Max-Age of zero or less is a removal; an `Expires` beside it becomes 1970. What has no counterpart is an error and never
/// dropped: any other `Expires` with a date, a Max-Age with a fraction of a second, a removal with a value, and
/// everything that [`SetCookieBuilder`](crate::SetCookieBuilder) refuses.
impl TryFrom<&Cookie<'_>> for SetCookie {
    type Error = InvalidSetCookie;

    fn try_from(theirs: &Cookie<'_>) -> Result<Self, InvalidSetCookie> {
        let mut builder = SetCookie::new(theirs.name().to_owned(), theirs.value());
        builder = match theirs.path() {
            Some(path) => builder.path(path),
            None => builder.without_path(),
        };
        if let Some(domain) = theirs.domain() {
            builder = builder.domain(domain);
        }
        let partitioned = theirs.partitioned() == Some(true);
        let same_site = theirs.same_site().map(|same_site| match same_site {
            cookie::SameSite::Strict => SameSite::Strict,
            cookie::SameSite::Lax => SameSite::Lax,
            cookie::SameSite::None => SameSite::None,
        });
        let secure = theirs.secure().unwrap_or(same_site == Some(SameSite::None)) || partitioned;
        builder = match same_site {
            Some(same_site) => builder.same_site(same_site),
            None => builder.without_same_site(),
        };
        if partitioned {
            builder = builder.partitioned();
        }
        if !secure {
            builder = builder.insecure();
        }
        if theirs.http_only() != Some(true) {
            builder = builder.script_readable();
        }
        let mut ours = builder.finish()?;
        ours.lifetime = lifetime(theirs)?;
        if ours.is_removal() && !ours.value.is_empty() {
            return Err(InvalidSetCookie::new(Kind::RemovalWithValue));
        }
        Ok(ours)
    }
}

/// As from `&Cookie`.
impl TryFrom<Cookie<'_>> for SetCookie {
    type Error = InvalidSetCookie;

    fn try_from(theirs: Cookie<'_>) -> Result<Self, InvalidSetCookie> {
        Self::try_from(&theirs)
    }
}

fn lifetime(theirs: &Cookie<'_>) -> Result<Lifetime, InvalidSetCookie> {
    let max_age = theirs.max_age();
    if max_age.is_some_and(|max_age| max_age <= Duration::ZERO) {
        return Ok(Lifetime::Removal);
    }
    if matches!(theirs.expires(), Some(Expiration::DateTime(_))) {
        return Err(InvalidSetCookie::new(Kind::Expires));
    }
    let Some(max_age) = max_age else {
        return Ok(Lifetime::Session);
    };
    if max_age > SetCookie::MAX_MAX_AGE {
        return Err(InvalidSetCookie::new(Kind::MaxAgeTooLong));
    }
    if max_age.subsec_nanoseconds() != 0 {
        return Err(InvalidSetCookie::new(Kind::MaxAgeFraction));
    }
    u64::try_from(max_age.whole_seconds())
        .ok()
        .and_then(MaxAge::of)
        .map(Lifetime::Persistent)
        .ok_or(InvalidSetCookie::new(Kind::MaxAgeTooLong))
}
