//! The `cookie` crate on the same bytes, in process. Its differences are rows of peers/differences.md, too.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use cloakroom_cookie::{SameSite, SetCookie, pairs};
use cookie::Cookie;

type Read = (Vec<(String, String)>, usize);

/// What we read: the pairs, and how many items are invalid.
fn ours(header: &str) -> Read {
    let (found, invalid): (Vec<_>, Vec<_>) = pairs(header.as_bytes()).partition(Result::is_ok);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let found = found.into_iter().flatten();
    let found = found.map(|pair| (text(pair.name()), text(pair.value().as_bytes())));
    (found.collect(), invalid.len())
}

fn theirs(header: &str) -> Read {
    let (found, invalid): (Vec<_>, Vec<_>) = Cookie::split_parse(header).partition(Result::is_ok);
    let found = found.into_iter().flatten();
    let found = found.map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()));
    (found.collect(), invalid.len())
}

/// Their rule: ours with `pairs-with-controls` and `unicode-trimming`.
fn foretold(header: &str) -> Read {
    let mut read = Read::default();
    for item in header.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        match item
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
        {
            Some((name, value)) if !name.is_empty() => read.0.push((name.to_owned(), value.to_owned())),
            _ => read.1 += 1,
        }
    }
    read
}

#[derive(Default)]
struct Seen {
    same: usize,
    controls: usize,
    spaces: usize,
}

#[track_caller]
fn compare(header: &str, seen: &mut Seen) {
    let (ours, theirs) = (ours(header), theirs(header));
    assert_eq!(theirs, foretold(header), "{header:?}");
    let control = header.contains(|c: char| c.is_ascii_control() && c != '\t');
    let space =
        header.contains(|c: char| c.is_whitespace() && c != ' ' && c != '\t' && !c.is_ascii_control());
    match (control, space) {
        (false, false) => {
            assert_eq!(ours, theirs, "{header:?}");
            seen.same += 1;
        }
        (true, false) => seen.controls += usize::from(ours != theirs),
        (false, true) => seen.spaces += usize::from(ours != theirs),
        (true, true) => {}
    }
}

#[test]
fn cookie_0_18_differs_only_where_it_is_listed() {
    let mut seen = Seen::default();
    for header in [
        "a=1; b=2",
        "a=1; b; =x;; c=3;",
        "a[0]=1; a b=1; a=b=c; a=\"b; c\"",
        "%41=%42; A=a; __Host-a=b",
        "\u{a0}a=1; b\u{2000}=2; c=\u{85}",
        "a=1\u{7f}; b=\u{b}; c=\0d",
        "é=ü; 日=本",
        "",
        " ;\t;",
    ] {
        compare(header, &mut seen);
    }
    let pieces = [
        "a",
        "b",
        "=",
        "=",
        ";",
        "; ",
        " ",
        "\t",
        "\"",
        "%3B",
        "\\",
        ",",
        "é",
        "\u{a0}",
        "\u{2003}",
        "\u{0}",
        "\u{b}",
        "\u{7f}",
        "sid=x",
        "__Host-id=y; ",
        "$Version=1",
    ];
    // A linear congruential generator (Knuth's constants), so that every run compares the same headers.
    let mut state = 20_261_121_u64;
    let mut below = |end: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % end
    };
    for _ in 0..5000 {
        let length = below(10);
        let header: String = (0..length).map(|_| pieces[below(pieces.len())]).collect();
        compare(&header, &mut seen);
    }
    let list = include_str!("../peers/differences.md");
    let listed: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| cookie (Rust) | `")?.split('`').next())
        .collect();
    assert_eq!(listed, ["pairs-with-controls", "unicode-trimming"]);
    assert!(seen.same > 1000 && seen.controls > 100 && seen.spaces > 100);
}

#[test]
fn cookie_0_18_reads_what_we_build() {
    let names = ["id", "__Secure-id", "!#$%&'*+-.^_`|~"];
    let values = ["", "v", "a=b", "\"q\"", "%41", "!#$%&'()*+-./:<=>?@[]^_`{|}~"];
    let same_sites = [
        None,
        Some(SameSite::Strict),
        Some(SameSite::Lax),
        Some(SameSite::None),
    ];
    let mut compared = 0;
    for name in names {
        for value in values {
            for same_site in same_sites {
                for bits in 0..32 {
                    let on = |bit: u32| bits & (1 << bit) != 0;
                    let mut builder = SetCookie::new(name, value);
                    builder = match same_site {
                        None => builder.without_same_site(),
                        Some(same_site) => builder.same_site(same_site),
                    };
                    if on(0) {
                        builder = builder.path("/a b/=,");
                    }
                    if on(1) {
                        builder = builder.domain(".Example.com");
                    }
                    if on(2) {
                        builder = builder.persistent(SetCookie::MAX_MAX_AGE);
                    }
                    if on(3) {
                        builder = builder.partitioned();
                    }
                    if on(4) {
                        builder = builder.script_readable();
                    }
                    let built = builder.finish().unwrap();
                    for built in [built.removal(), built] {
                        reads(&built);
                        compared += 1;
                    }
                }
            }
        }
    }
    assert_eq!(compared, 3 * 6 * 4 * 32 * 2);
}

#[track_caller]
fn reads(built: &SetCookie) {
    let text = built.to_header_string();
    let read = Cookie::parse(&text[..]).unwrap();
    assert_eq!(
        (read.name(), read.value()),
        (built.name().as_str(), built.value()),
        "{text}"
    );
    assert_eq!(
        (read.path(), read.domain()),
        (built.path(), built.domain()),
        "{text}"
    );
    assert_eq!(read.secure(), built.secure().then_some(true), "{text}");
    assert_eq!(read.http_only(), built.http_only().then_some(true), "{text}");
    assert_eq!(read.partitioned(), built.partitioned().then_some(true), "{text}");
    assert_eq!(
        read.same_site().map(|same_site| same_site.to_string()),
        built.same_site().map(|same_site| same_site.to_string()),
        "{text}"
    );
    let max_age = built
        .max_age()
        .map(|max_age| i64::try_from(max_age.as_secs()).unwrap());
    assert_eq!(
        read.max_age().map(cookie::time::Duration::whole_seconds),
        max_age,
        "{text}"
    );
    let expires = read
        .expires_datetime()
        .map(cookie::time::OffsetDateTime::unix_timestamp);
    assert_eq!(expires, built.is_removal().then_some(0), "{text}");
}
