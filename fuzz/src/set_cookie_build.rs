//! Set-Cookie as a server builds it.

use std::fmt::Write as _;
use std::time::Duration;

use cloakroom_cookie::parse::{RequestUri, SetCookieLine};
use cloakroom_cookie::prefixed::{MayBeInsecure, MayBeScoped, MayBeScriptReadable};
use cloakroom_cookie::{InvalidSetCookie, SameSite, SetCookie, SetCookieBuilder};
use cloakroom_core::UnixTime;

use crate::set_cookie::reads_as;

/// What a program asks for, as fields between `|` in this order. A field that is `-` or missing is not asked for.
#[derive(Clone, Copy)]
struct Wish<'a> {
    /// `host`, `secure`, `http`, `host_http`: that constructor. Anything else: `SetCookie::new`.
    constructor: &'a str,
    name: &'a str,
    value: &'a str,
    path: Option<&'a str>,
    domain: Option<&'a str>,
    /// Seconds.
    max_age: Option<u64>,
    /// Letters: `s`trict, `n`one or `w`ithout SameSite, `i`nsecure, script-`r`eadable, `p`artitioned, `c`lamped Max-Age,
    /// percent-`e`ncoded value, n`o` path.
    flags: &'a str,
}

impl<'a> Wish<'a> {
    fn read(text: &'a str) -> Self {
        let mut fields = text.split('|').map(|field| (field != "-").then_some(field));
        let mut next = || fields.next().flatten();
        Self {
            constructor: next().unwrap_or_default(),
            name: next().unwrap_or_default(),
            value: next().unwrap_or_default(),
            path: next(),
            domain: next(),
            max_age: next().and_then(|seconds| seconds.parse().ok()),
            flags: next().unwrap_or_default(),
        }
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn prefix(&self) -> Option<&'static str> {
        match self.constructor {
            "host" => Some("__Host-"),
            "secure" => Some("__Secure-"),
            "http" => Some("__Http-"),
            "host_http" => Some("__Host-Http-"),
            _ => None,
        }
    }
}

/// Laws, for any wish:
///
/// 1. The builder builds exactly what the reference below allows, and writes the same line in each of its ways.
/// 2. An error's position lies inside one of the texts that were handed in, and `Debug` tells no more of a value than
///    its length.
/// 3. Parsing what was written gives the cookie back, and a user agent stores all of it.
/// 4. A removal does too, and a user agent finds by it the cookie that it removes.
///
/// # Panics
///
/// When a law is broken.
pub fn set_cookie_build(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let wish = Wish::read(&text);
    let built = build(&wish);
    let line = built.as_ref().ok().map(SetCookie::to_header_string);
    assert_eq!(line, reference(&wish), "the builder and the reference disagree");
    match built {
        Ok(cookie) => writes_one_line(&cookie, &wish),
        Err(error) => {
            let texts = [Some(wish.name), Some(wish.value), wish.path, wish.domain];
            let longest = texts
                .iter()
                .flatten()
                .map(|text| text.len())
                .max()
                .unwrap_or_default();
            assert!(
                error.position().is_none_or(|at| at <= longest),
                "a position outside every text"
            );
        }
    }
}

fn build(wish: &Wish<'_>) -> Result<SetCookie, InvalidSetCookie> {
    let (name, value) = (wish.name.to_owned(), if wish.has('e') { "" } else { wish.value });
    match wish.constructor {
        "host" => common(readable(SetCookie::host(name, value), wish), wish),
        "secure" => common(
            readable(scoped(SetCookie::secure_prefix(name, value), wish), wish),
            wish,
        ),
        "http" => common(scoped(SetCookie::http(name, value), wish), wish),
        "host_http" => common(SetCookie::host_http(name, value), wish),
        _ => common(
            insecure(readable(scoped(SetCookie::new(name, value), wish), wish), wish),
            wish,
        ),
    }
}

fn scoped<P: MayBeScoped>(mut builder: SetCookieBuilder<P>, wish: &Wish<'_>) -> SetCookieBuilder<P> {
    if let Some(path) = wish.path {
        builder = builder.path(path);
    } else if wish.has('o') {
        builder = builder.without_path();
    }
    match wish.domain {
        Some(domain) => builder.domain(domain),
        None => builder,
    }
}

fn readable<P: MayBeScriptReadable>(builder: SetCookieBuilder<P>, wish: &Wish<'_>) -> SetCookieBuilder<P> {
    if wish.has('r') {
        builder.script_readable()
    } else {
        builder
    }
}

fn insecure<P: MayBeInsecure>(builder: SetCookieBuilder<P>, wish: &Wish<'_>) -> SetCookieBuilder<P> {
    if wish.has('i') {
        builder.insecure()
    } else {
        builder
    }
}

fn common<P>(mut builder: SetCookieBuilder<P>, wish: &Wish<'_>) -> Result<SetCookie, InvalidSetCookie> {
    if wish.has('e') {
        builder = builder.value_percent_encoded(wish.value);
    }
    if let Some(seconds) = wish.max_age {
        let max_age = Duration::from_secs(seconds);
        builder = if wish.has('c') {
            builder.persistent_clamped(max_age)
        } else {
            builder.persistent(max_age)
        };
    }
    builder = match same_site(wish) {
        None => builder.without_same_site(),
        Some("Strict") => builder.same_site(SameSite::Strict),
        Some("None") => builder.same_site(SameSite::None),
        Some(_) => builder,
    };
    if wish.has('p') {
        builder = builder.partitioned();
    }
    builder.finish()
}

fn same_site(wish: &Wish<'_>) -> Option<&'static str> {
    match wish.flags {
        flags if flags.contains('w') => None,
        flags if flags.contains('s') => Some("Strict"),
        flags if flags.contains('n') => Some("None"),
        _ => Some("Lax"),
    }
}

/// The line that RFC 6265bis section 4.1 and the layered-cookies draft allow for `wish`, or `None`.
fn reference(wish: &Wish<'_>) -> Option<String> {
    const DAYS_400: u64 = 400 * 86_400;
    let lower = wish.name.to_ascii_lowercase();
    let prefixed = ["__host-", "__secure-", "__http-"]
        .iter()
        .any(|prefix| lower.starts_with(prefix));
    let name = match wish.prefix() {
        Some(prefix) if wish.name.starts_with(prefix) => wish.name.to_owned(),
        Some(_) if prefixed => return None,
        Some(prefix) => format!("{prefix}{}", wish.name),
        None => wish.name.to_owned(),
    };
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let octet = |byte: u8| byte.is_ascii_graphic() && !b"\",;\\".contains(&byte);
    let mut value = wish.value.to_owned();
    if wish.has('e') {
        let encode = |byte: u8| match byte {
            byte if octet(byte) && !b"%+".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        value = wish.value.bytes().map(encode).collect();
    }
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(&value);
    if wish.name.is_empty()
        || !name.bytes().all(token)
        || !inner.bytes().all(octet)
        || name.len() + value.len() > 4096
    {
        return None;
    }

    // What a constructor takes away cannot be wished for.
    let scoped = !matches!(wish.constructor, "host" | "host_http");
    let path = match (scoped, wish.path) {
        (false, _) => Some("/"),
        (true, Some(path)) => Some(path),
        (true, None) => (!wish.has('o')).then_some("/"),
    };
    let domain = wish.domain.filter(|_| scoped);
    let secure = !wish.has('i') || wish.prefix().is_some();
    let http_only = !wish.has('r') || matches!(wish.constructor, "http" | "host_http");

    let mut line = format!("{name}={value}");
    if let Some(path) = path {
        let printable = path
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) && byte != b';');
        if !path.starts_with('/') || !printable || path.ends_with(' ') || path.len() > 1024 {
            return None;
        }
        let _ = write!(line, "; Path={path}");
    }
    if let Some(domain) = domain {
        let domain = domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase();
        let labels: Vec<&str> = domain.split('.').collect();
        let ldh = |label: &&str| {
            label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let last = labels.last()?;
        let number = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
        if labels.len() < 2 || !labels.iter().all(ldh) || number || domain.len() > 253 {
            return None;
        }
        let _ = write!(line, "; Domain={domain}");
    }
    if let Some(seconds) = wish.max_age {
        let seconds = if wish.has('c') {
            seconds.min(DAYS_400)
        } else {
            seconds
        };
        if !(1..=DAYS_400).contains(&seconds) {
            return None;
        }
        let _ = write!(line, "; Max-Age={seconds}");
    }
    for (wished, attribute) in [(secure, "; Secure"), (http_only, "; HttpOnly")] {
        line += if wished { attribute } else { "" };
    }
    if let Some(same_site) = same_site(wish) {
        let _ = write!(line, "; SameSite={same_site}");
    }
    if wish.has('p') {
        line += "; Partitioned";
    }

    let name = name.to_ascii_lowercase();
    let host = name.starts_with("__host-");
    let http = name.starts_with("__http-") || name.starts_with("__host-http-");
    let needs_secure =
        host || http || name.starts_with("__secure-") || wish.has('p') || same_site(wish) == Some("None");
    let broken = (needs_secure && !secure)
        || (http && !http_only)
        || (host && (path != Some("/") || domain.is_some()));
    (!broken).then_some(line)
}

fn writes_one_line(cookie: &SetCookie, wish: &Wish<'_>) {
    let line = cookie.to_header_string();
    let mut appended = b"before".to_vec();
    cookie.write_to(&mut appended);
    assert_eq!(appended.strip_prefix(b"before"), Some(line.as_bytes()));
    assert_eq!(cookie.to_string(), line);
    assert!(
        line.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "an octet that splits a header"
    );
    if !wish.has('e') {
        let other = build(&Wish {
            value: &"x".repeat(wish.value.len()),
            ..*wish
        });
        assert_eq!(
            format!("{:?}", other.as_ref()),
            format!("{:?}", Ok::<_, InvalidSetCookie>(cookie))
        );
    }
    reads_as(cookie, &line);

    let removal = cookie.removal();
    let removing = removal.to_header_string();
    assert!(removal.is_removal() && removing.contains("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
    reads_as(&removal, &removing);
    let (stored, removed) = (store(cookie, &line), store(&removal, &removing));
    assert_eq!(
        stored, removed,
        "a user agent would not take the removal for this cookie's"
    );
}

/// Where a user agent on a secure channel keeps what `line` sets: it takes every cookie that was built, whole.
fn store(cookie: &SetCookie, line: &str) -> (Vec<u8>, String, bool, Vec<u8>, bool) {
    const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);
    let uri = RequestUri {
        host: cookie.domain().unwrap_or("shop.example.com"),
        path: "/app/page",
        secure: true,
    };
    let parsed = SetCookieLine::parse(line.as_bytes()).expect("it was parsed before");
    let kept = parsed
        .receive(&uri, NOW)
        .expect("a user agent stores what can be built");
    assert_eq!(kept.value, cookie.value().as_bytes());
    assert_eq!(
        (kept.secure, kept.http_only, kept.same_site),
        (cookie.secure(), cookie.http_only(), cookie.same_site())
    );
    let ends = cookie.max_age().map(|age| {
        if age.is_zero() {
            UnixTime::MIN
        } else {
            NOW.saturating_add(age)
        }
    });
    assert_eq!(kept.expires_at, ends);
    (
        kept.name.to_vec(),
        kept.domain,
        kept.host_only,
        kept.path.to_vec(),
        kept.partitioned,
    )
}
