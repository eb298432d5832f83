use alloc::borrow::ToOwned;
use alloc::string::String;

use super::SetCookieLine;
use crate::SetCookie;
use crate::invalid::{InvalidSetCookie, Kind};
use crate::lifetime::{Lifetime, MaxAge};
use crate::name::check_name;
use crate::octets::check_value;
use crate::path::check_path;

/// What a server of ours would build to set the same cookie.
///
/// # Errors
/// What [`SetCookieBuilder`](crate::SetCookieBuilder) refuses, though user agents may take it; `Expires` without
/// `Max-Age`, since `SetCookie` has only the latter; a removal with a value. `Expires` beside `Max-Age` is dropped,
/// as user agents do.
impl TryFrom<&SetCookieLine<'_>> for SetCookie {
    type Error = InvalidSetCookie;

    fn try_from(line: &SetCookieLine<'_>) -> Result<Self, InvalidSetCookie> {
        const ASCII: &str = "checked octets are US-ASCII";
        let text = |octets: &[u8]| core::str::from_utf8(octets).expect(ASCII).to_owned();

        if let Some(error) = check_name(line.name()) {
            return Err(error);
        }
        check_value(line.value())?;
        let mut builder = SetCookie::new(text(line.name()), text(line.value()));
        builder = match line.path() {
            Some(path) => {
                check_path(path)?;
                builder.path(core::str::from_utf8(path).expect(ASCII))
            }
            None => builder.without_path(),
        };
        if let Some(domain) = line.written_domain() {
            // The builder drops the leading dot as the parser did, and counts in the same text. A replacement character
            // stands where the first octet at fault stood.
            builder = builder.domain(String::from_utf8_lossy(domain));
        }
        builder = match line.same_site() {
            Some(same_site) => builder.same_site(same_site),
            None => builder.without_same_site(),
        };
        if !line.secure() {
            builder = builder.insecure();
        }
        if !line.http_only() {
            builder = builder.script_readable();
        }
        if line.partitioned() {
            builder = builder.partitioned();
        }
        let mut cookie = builder.finish()?;
        cookie.lifetime = match (line.max_age(), line.expires()) {
            (None, None) => Lifetime::Session,
            (None, Some(_)) => return Err(InvalidSetCookie::new(Kind::Expires)),
            (Some(seconds), _) => match u64::try_from(seconds).ok().and_then(MaxAge::of) {
                Some(max_age) => Lifetime::Persistent(max_age),
                None if cookie.value.is_empty() => Lifetime::Removal,
                None => return Err(InvalidSetCookie::new(Kind::RemovalWithValue)),
            },
        };
        Ok(cookie)
    }
}
