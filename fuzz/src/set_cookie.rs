//! Set-Cookie as a user agent reads it.

use cloakroom_cookie::parse::{RequestUri, SetCookieLine};
use cloakroom_cookie::{SameSite, SetCookie};
use cloakroom_core::UnixTime;

use crate::cookie_date;

const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);

/// Laws, for any bytes:
///
/// 1. The parser takes what the reference below takes, and both read the same name, value and attributes.
/// 2. What can be built again is written as a line that reads as the same cookie, and means what the first line meant.
/// 3. What a user agent stores has the line's name and value, and keeps the rules of the name's prefix.
///
/// # Panics
///
/// When a law is broken.
pub fn set_cookie(data: &[u8]) {
    let parsed = SetCookieLine::parse(data);
    assert_eq!(
        parsed.as_ref().ok().map(Read::of),
        reference(data),
        "the parser and the reference disagree"
    );
    let Ok(line) = parsed else { return };
    if let Ok(cookie) = SetCookie::try_from(&line) {
        let text = cookie.to_header_string();
        let again = reads_as(&cookie, &text);
        assert!(
            Read {
                expires: again.expires,
                ..Read::of(&line)
            } == again,
            "rebuilt, it means something else"
        );
    }
    for secure in [true, false] {
        stores(
            &line,
            RequestUri {
                host: "Shop.example.com",
                path: "/app/page",
                secure,
            },
        );
    }
}

/// The law of round trips: `text`, which is what was written of `cookie`, reads as `cookie`.
pub(crate) fn reads_as<'a>(cookie: &SetCookie, text: &'a str) -> Read<'a> {
    let line = SetCookieLine::parse(text.as_bytes()).expect("a user agent takes what was written");
    assert_eq!(
        SetCookie::try_from(&line).as_ref(),
        Ok(cookie),
        "written and read, another cookie"
    );
    Read::of(&line)
}

/// What a line says.
#[derive(PartialEq, Debug)]
pub(crate) struct Read<'a> {
    name: &'a [u8],
    value: &'a [u8],
    path: Option<&'a [u8]>,
    domain: Option<Vec<u8>>,
    /// All times that remove the cookie are one.
    max_age: Option<i64>,
    expires: Option<i64>,
    same_site: Option<SameSite>,
    flags: [bool; 3],
}

impl<'a> Read<'a> {
    fn of(line: &SetCookieLine<'a>) -> Self {
        Self {
            name: line.name(),
            value: line.value(),
            path: line.path(),
            domain: line.domain().map(<[u8]>::to_vec),
            max_age: line.max_age().map(|seconds| seconds.max(0)),
            expires: line.expires().map(UnixTime::as_secs),
            same_site: line.same_site(),
            flags: [line.secure(), line.http_only(), line.partitioned()],
        }
    }
}

/// RFC 6265bis section 5.6 and the subsections for its attributes, as a list of attributes that is then searched.
fn reference(line: &[u8]) -> Option<Read<'_>> {
    if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return None;
    }
    let mut items = line.split(|&byte| byte == b';').map(|item| {
        let mut sides = item.splitn(2, |&byte| byte == b'=').map(trim);
        (sides.next().unwrap_or_default(), sides.next())
    });
    let (name, value) = match items.next()? {
        (name, Some(value)) => (name, value),
        (value, None) => (&line[..0], value),
    };
    let lower = value.to_ascii_lowercase();
    let looks_prefixed = ["__secure-", "__host-", "__http-"]
        .iter()
        .any(|prefix| lower.starts_with(prefix.as_bytes()));
    if name.len() + value.len() > 4096 || (name.is_empty() && (value.is_empty() || looks_prefixed)) {
        return None;
    }
    let attributes: Vec<(Vec<u8>, &[u8])> = items
        .map(|(name, value)| (name.to_ascii_lowercase(), value.unwrap_or_default()))
        .filter(|(_, value)| value.len() <= 1024)
        .collect();
    let all = |wanted: &'static str| {
        attributes
            .iter()
            .rev()
            .filter(move |(name, _)| name == wanted.as_bytes())
            .map(|(_, value)| *value)
    };
    Some(Read {
        name,
        value,
        path: all("path").next().filter(|path| path.first() == Some(&b'/')),
        domain: all("domain")
            .next()
            .map(|domain| domain.strip_prefix(b".").unwrap_or(domain).to_ascii_lowercase())
            .filter(|domain| !domain.is_empty()),
        max_age: all("max-age").find_map(max_age),
        expires: all("expires").find_map(cookie_date::reference),
        same_site: all("samesite")
            .next()
            .and_then(|value| match value.to_ascii_lowercase().as_slice() {
                b"strict" => Some(SameSite::Strict),
                b"lax" => Some(SameSite::Lax),
                b"none" => Some(SameSite::None),
                _ => None,
            }),
        flags: ["secure", "httponly", "partitioned"].map(|flag| all(flag).next().is_some()),
    })
}

/// Seconds from 0, which stands for everything below it, to 400 days, which stands for everything above.
fn max_age(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size: i64 = digits
        .trim_start_matches('0')
        .get(..12)
        .unwrap_or(digits)
        .parse()
        .unwrap_or(i64::MAX);
    Some(if text.starts_with('-') {
        0
    } else {
        size.min(400 * 86_400)
    })
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|byte| !b" \t".contains(byte))
        .unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !b" \t".contains(byte))
        .map_or(start, |last| last + 1);
    &text[start..end]
}

fn stores(line: &SetCookieLine<'_>, uri: RequestUri<'_>) {
    let Ok(stored) = line.receive(&uri, NOW) else {
        return;
    };
    assert_eq!((stored.name, stored.value), (line.name(), line.value()));
    assert!(stored.path.starts_with(b"/") && (!stored.secure || uri.secure));
    assert!(
        stored.domain == "shop.example.com"
            || (!stored.host_only && "shop.example.com".ends_with(&stored.domain))
    );
    let limit = NOW.saturating_add(SetCookie::MAX_MAX_AGE);
    assert!(
        stored.expires_at.is_none_or(|end| end <= limit),
        "kept longer than 400 days"
    );
    let name = stored.name.to_ascii_lowercase();
    if name.starts_with(b"__host-") {
        assert!(stored.secure && stored.host_only && stored.path == b"/");
    }
    if name.starts_with(b"__http-") || name.starts_with(b"__host-http-") {
        assert!(stored.secure && stored.http_only);
    }
    if name.starts_with(b"__secure-") {
        assert!(stored.secure);
    }
}
