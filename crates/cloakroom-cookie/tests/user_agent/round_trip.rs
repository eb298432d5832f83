//! B10: what we write, user agents read as it was meant.

use std::cell::Cell;
use std::time::Duration;

use cloakroom_cookie::parse::{RequestUri, SetCookieLine};
use cloakroom_cookie::{InvalidSetCookie, SameSite, SetCookie};
use cloakroom_core::UnixTime;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::{NOW, parse};

/// Every cookie that can be built: each kind of name, quoted and bare values, every attribute on and off.
fn cookies() -> impl Strategy<Value = SetCookie> {
    let name = prop_oneof![
        4 => "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}",
        4 => "__(Host|host|Secure|SECURE|Http|HOST-http|Host-Http)-[a-z]{0,5}",
        1 => (1..4000_usize).prop_map(|length| "n".repeat(length)),
    ];
    let value = prop_oneof![
        4 => "[!#-+\\--:<-\\[\\]-~]{0,80}",
        2 => "\"[!#-+\\--:<-\\[\\]-~]{0,20}\"",
        1 => (0..4000_usize).prop_map(|length| "v".repeat(length)),
    ];
    let path = proptest::option::of("/([ -:<-~]{0,30}[!-:<-~])?");
    let domain =
        proptest::option::of("\\.?([a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?\\.){1,3}[a-zA-Z]{1,5}");
    let age = proptest::option::of(1..=34_560_000_u64);
    let same_site = proptest::option::of(prop_oneof![
        Just(SameSite::Strict),
        Just(SameSite::Lax),
        Just(SameSite::None)
    ]);
    let flags = proptest::bits::u8::masked(0b1111);
    (name, value, path, domain, age, same_site, flags).prop_filter_map(
        "cannot be built",
        |(name, value, path, domain, age, same_site, flags)| {
            let mut builder = SetCookie::new(name, value);
            builder = match path {
                Some(path) => builder.path(path),
                None => builder.without_path(),
            };
            if let Some(domain) = domain {
                builder = builder.domain(domain);
            }
            if let Some(seconds) = age {
                builder = builder.persistent(Duration::from_secs(seconds));
            }
            builder = match same_site {
                Some(same_site) => builder.same_site(same_site),
                None => builder.without_same_site(),
            };
            if flags & 1 != 0 {
                builder = builder.insecure();
            }
            if flags & 2 != 0 {
                builder = builder.script_readable();
            }
            if flags & 4 != 0 {
                builder = builder.partitioned();
            }
            let cookie = builder.finish().ok()?;
            Some(if flags & 8 != 0 { cookie.removal() } else { cookie })
        },
    )
}

fn written_and_read(cookie: &SetCookie) -> Result<SetCookie, InvalidSetCookie> {
    let text = cookie.to_header_string();
    let line = SetCookieLine::parse(text.as_bytes()).expect("a user agent takes what we write");
    assert_eq!(line.expires(), cookie.is_removal().then_some(UnixTime::EPOCH));
    let host = cookie.domain().unwrap_or("example.com");
    let uri = RequestUri {
        host,
        path: "/x/y",
        secure: true,
    };
    let kept = line.receive(&uri, NOW).expect("a user agent keeps what we write");
    assert_eq!(
        (kept.name, kept.value),
        (cookie.name().as_bytes(), cookie.value().as_bytes())
    );
    assert_eq!(kept.path, cookie.path().unwrap_or("/x").as_bytes());
    SetCookie::try_from(&line)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn b10_reading_what_was_written_gives_the_cookie_back(cookie in cookies()) {
        prop_assert_eq!(written_and_read(&cookie), Ok(cookie));
    }
}

/// Reads lines of `lines`, builds cookies from those that allow it, and checks that each of them comes back. At least
/// `enough` of 512 have to be built, or nothing was proven.
fn soundly_built(lines: &impl Strategy<Value = Vec<u8>>, enough: u32) {
    let built = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(512));
    let outcome = runner.run(lines, |line| {
        if let Ok(line) = SetCookieLine::parse(&line)
            && let Ok(cookie) = SetCookie::try_from(&line)
        {
            built.set(built.get() + 1);
            prop_assert_eq!(
                (cookie.name().as_bytes(), cookie.value().as_bytes()),
                (line.name(), line.value())
            );
            prop_assert_eq!(written_and_read(&cookie), Ok(cookie));
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    assert!(built.get() >= enough, "only {} cookies were built", built.get());
}

#[test]
fn b10_reading_any_bytes_and_building_from_them_is_sound() {
    const PIECES: &[&str] = &[
        "a",
        "B",
        "__host-",
        "=",
        "=",
        "b",
        "\"",
        "%",
        "; ",
        ";",
        " ",
        "\t",
        "Path=/",
        "path",
        "Domain=a.b",
        "domain=.A",
        ".c",
        "Max-Age=9",
        "max-age=0",
        "-1",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Secure",
        "; secure; ",
        "HttpOnly",
        "SameSite=None",
        "samesite=strict",
        "Partitioned",
        "Priority=High",
    ];
    let piece = prop_oneof![
        40 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    let pieces = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    // One line in two begins as a cookie does, so that the attributes are reached.
    let start = prop_oneof![Just(&b""[..]), Just(&b"a=b; "[..])];
    soundly_built(
        &(start, pieces).prop_map(|(start, rest)| [start, &rest].concat()),
        128,
    );
}

#[test]
fn b10_reading_anything_like_a_field_and_building_from_it_is_sound() {
    let lines = proptest::string::string_regex(
        "([a-z_]{1,9}|[ -~\té]{0,9})=([a-z%]{1,9}|[ -~\té]{0,9})(; ?(path|Domain|MAX-age|samesite|Secure|expires)(=[ -~\té]{0,9}|=/|=a.b|=5|=none)?){0,6}",
    );
    soundly_built(&lines.unwrap().prop_map(String::into_bytes), 32);
}

#[test]
fn b10_a_cookie_at_every_limit_comes_back() {
    let longest = SetCookie::new("n", "v".repeat(4095))
        .path(format!("/{}", "p".repeat(1023)))
        .domain(["d".repeat(63), "d".repeat(63), "d".repeat(63), "d".repeat(61)].join("."))
        .persistent(SetCookie::MAX_MAX_AGE)
        .finish()
        .unwrap();
    assert_eq!(written_and_read(&longest), Ok(longest.clone()));
    assert_eq!(written_and_read(&longest.removal()), Ok(longest.removal()));
}

#[test]
fn b10_what_cannot_be_built_is_refused_when_read() {
    for (line, error) in [
        ("b", "cookie-name is empty"),
        ("a b=c", "cookie-name has a forbidden octet at byte 1"),
        ("\u{e9}=c", "cookie-name has a forbidden octet at byte 0"),
        ("a=b c", "cookie-value has a forbidden octet at byte 1"),
        ("a=\u{e9}", "cookie-value has a forbidden octet at byte 0"),
        ("a=b; Path=/\u{e9}", "path-value has a forbidden octet at byte 1"),
        ("a=b; Domain=com", "domain-value has a single label"),
        (
            "a=b; Domain=..example.com",
            "domain-value has an empty label at byte 1",
        ),
        // Places count in the domain as it is written, with the dot that is dropped.
        (
            "a=b; Domain=.Example._com",
            "domain-value has a forbidden octet at byte 9",
        ),
        (
            "a=b; Domain=.-a.com",
            "domain-value has a label that begins or ends with a hyphen at byte 1",
        ),
        (
            "a=b; Domain=.b\u{fc}cher.com",
            "domain-value has a forbidden octet at byte 2",
        ),
        (
            "a=b; Domain=b\u{fc}cher.com",
            "domain-value has a forbidden octet at byte 1",
        ),
        ("a=b; SameSite=None", "SameSite=None needs Secure"),
        ("a=b; Partitioned", "Partitioned needs Secure"),
        ("__host-a=b; Secure", "__Host- in cookie-name needs Path=/"),
        ("a=b; Max-Age=0", "cookie-value of a removal is not empty"),
        (
            "a=b; Expires=Thu, 01 Jan 2037 00:00:00 GMT",
            "Expires cannot be kept: only Max-Age can",
        ),
    ] {
        let error_text = SetCookie::try_from(&parse(line)).unwrap_err().to_string();
        assert_eq!(error_text, error, "{line}");
    }
    let latin_1 = SetCookieLine::parse(b"a=b; Domain=b\xfccher.com").unwrap();
    assert_eq!(
        SetCookie::try_from(&latin_1).unwrap_err().to_string(),
        "domain-value has a forbidden octet at byte 1"
    );
    // User agents look at Max-Age alone, cut it, and read any negative one as a removal.
    for (line, written) in [
        (
            "a=b; Max-Age=5; Expires=Thu, 01 Jan 2037 00:00:00 GMT",
            "a=b; Max-Age=5",
        ),
        ("a=b; Max-Age=99999999999", "a=b; Max-Age=34560000"),
        (
            "a=; Max-Age=-7",
            "a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        ("a=b; Path=x; Domain=", "a=b"),
    ] {
        assert_eq!(
            SetCookie::try_from(&parse(line)).unwrap().to_header_string(),
            written
        );
    }
}
