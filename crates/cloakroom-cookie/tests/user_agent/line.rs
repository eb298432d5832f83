//! B9: the line.

use cloakroom_cookie::SameSite;
use cloakroom_cookie::parse::{InvalidLine, SetCookieLine, cookie_date};

use crate::parse;

#[test]
fn b9_name_and_value_are_split_and_trimmed() {
    for (line, name, value) in [
        ("a=b", "a", "b"),
        ("a=b; Path=/", "a", "b"),
        (" \t a \t= \t b c \t", "a", "b c"),
        ("a=b=c", "a", "b=c"),
        ("a=", "a", ""),
        ("a=;b=c", "a", ""),
        ("a=\"b; c\"", "a", "\"b"),
        ("a=\"b\"", "a", "\"b\""),
        ("=b", "", "b"),
        ("  =  b", "", "b"),
        ("b", "", "b"),
        ("b; Secure", "", "b"),
        ("a b=c,d", "a b", "c,d"),
        ("a\u{a0}= b", "a\u{a0}", "b"),
        ("a=\u{2000}b", "a", "\u{2000}b"),
        ("=__Hos-a=b", "", "__Hos-a=b"),
        ("a=b\t\t c;", "a", "b\t\t c"),
    ] {
        let parsed = parse(line);
        assert_eq!(
            (parsed.name(), parsed.value()),
            (name.as_bytes(), value.as_bytes()),
            "{line}"
        );
    }
    let latin_1 = SetCookieLine::parse(b"\xff=\xfe; Path=/\xfd").unwrap();
    assert_eq!(
        (latin_1.name(), latin_1.value(), latin_1.path()),
        (&b"\xff"[..], &b"\xfe"[..], Some(&b"/\xfd"[..]))
    );
}

#[test]
fn b9_control_characters_reject_the_cookie() {
    for octet in 0..=u8::MAX {
        for (start, end) in [
            ("a", "=b"),
            ("a=b", ""),
            ("a=b; Path=/", ""),
            ("a=b; x", "y=z"),
            ("a=b;", ""),
        ] {
            let line = [start.as_bytes(), &[octet], end.as_bytes()].concat();
            let parsed = SetCookieLine::parse(&line);
            if matches!(octet, 0x00..=0x08 | 0x0a..=0x1f | 0x7f) {
                let error = InvalidLine::Control {
                    position: start.len(),
                };
                assert_eq!(parsed, Err(error));
                let text = format!("set-cookie-string has a control octet at byte {}", start.len());
                assert_eq!(error.to_string(), text);
            } else {
                assert!(parsed.is_ok(), "{octet:#x} in {start}{end}");
            }
        }
    }
}

#[test]
fn b9_empty_nameless_and_oversized_cookies_are_rejected() {
    for line in ["", "=", " = ", ";", "; Path=/", "=;", "\t"] {
        assert_eq!(
            SetCookieLine::parse(line.as_bytes()),
            Err(InvalidLine::Empty),
            "{line:?}"
        );
    }
    for prefix in ["__Secure-", "__Host-", "__Http-", "__Host-Http-"] {
        for spelled in [prefix.to_owned(), prefix.to_uppercase(), prefix.to_lowercase()] {
            for line in [
                format!("{spelled}a"),
                format!("={spelled}a=b; Path=/; Secure"),
                format!(" =\t{spelled}a=b"),
                format!("={spelled}"),
            ] {
                let parsed = SetCookieLine::parse(line.as_bytes());
                assert_eq!(parsed, Err(InvalidLine::NamelessPrefixed), "{line}");
            }
            // With a name the value may look like anything.
            assert!(SetCookieLine::parse(format!("n={spelled}a").as_bytes()).is_ok());
        }
    }
    for (name, value, ok) in [
        (1, 4095, true),
        (1, 4096, false),
        (4096, 0, true),
        (4097, 0, false),
        (0, 4096, true),
    ] {
        let line = format!("{}={} ; Path=/", "n".repeat(name), "v".repeat(value));
        let parsed = SetCookieLine::parse(line.as_bytes());
        assert_eq!(
            parsed.map(|_| ()),
            if ok { Ok(()) } else { Err(InvalidLine::PairTooLong) }
        );
    }
}

#[test]
fn b9_unknown_attributes_are_ignored_and_known_ones_read_in_any_case() {
    let plain = parse("a=b");
    for line in [
        "a=b; Priority=High",
        "a=b;;;",
        "a=b; =x",
        "a=b; Version=1; Comment=c",
        "a=b; Paths=/; xPath=/",
    ] {
        assert_eq!(parse(line), plain, "{line}");
    }
    for line in [
        "a=b; Path=/p; Domain=a.example; Max-Age=5; Secure; HttpOnly; SameSite=Strict; Partitioned",
        "a=b;path=/p;domain=A.Example;max-age=5;secure;httponly;samesite=strict;partitioned",
        "a=b;PATH = /p ;\tDOMAIN=.a.EXAMPLE;MAX-AGE= 5;SECURE=no;HTTPONLY=;SAMESITE=STRICT;PARTITIONED=0;Q",
    ] {
        let parsed = parse(line);
        assert_eq!(parsed.path(), Some(&b"/p"[..]));
        assert_eq!(parsed.domain(), Some(&b"a.example"[..]));
        assert_eq!(parsed.max_age(), Some(5));
        assert_eq!(
            (parsed.secure(), parsed.http_only(), parsed.partitioned()),
            (true, true, true)
        );
        assert_eq!(parsed.same_site(), Some(SameSite::Strict));
    }
}

#[test]
fn b9_the_last_duplicate_attribute_wins() {
    let both = parse(
        "a=b; Path=/1; Path=/2; Domain=1.com; Domain=2.com; Max-Age=1; Max-Age=2; SameSite=Lax; SameSite=None",
    );
    assert_eq!(
        (both.path(), both.domain()),
        (Some(&b"/2"[..]), Some(&b"2.com"[..]))
    );
    assert_eq!(
        (both.max_age(), both.same_site()),
        (Some(2), Some(SameSite::None))
    );
    let dates = parse("a=b; Expires=1 Jan 2001 00:00:00; Expires=2 Jan 2001 00:00:00");
    assert_eq!(dates.expires(), cookie_date(b"2 Jan 2001 00:00:00"));
    // These count, though they say nothing: they bring the default back.
    let path = parse("a=b; Path=/1; Path=x");
    assert_eq!((path.path(), path.has_path_attribute()), (None, true));
    assert_eq!(parse("a=b; Path=/1; Path").path(), None);
    assert_eq!(parse("a=b; Domain=1.com; Domain=").domain(), None);
    assert_eq!(parse("a=b; Domain=1.com; Domain=.").domain(), None);
    assert_eq!(parse("a=b; SameSite=Strict; SameSite=x").same_site(), None);
    assert_eq!(parse("a=b; SameSite=Strict; SameSite").same_site(), None);
    // These are ignored, so the one before them stays.
    assert_eq!(parse("a=b; Max-Age=1; Max-Age=x").max_age(), Some(1));
    assert_eq!(parse("a=b; Max-Age=1; Max-Age").max_age(), Some(1));
    let expires = parse("a=b; Expires=1 Jan 2001 00:00:00; Expires=never").expires();
    assert_eq!(expires, cookie_date(b"1 Jan 2001 00:00:00"));
    assert!(!parse("a=b").has_path_attribute());
}

#[test]
fn b9_an_attribute_value_of_more_than_1024_octets_is_ignored() {
    let fits = format!("/{}", "p".repeat(1023));
    let (fits_line, long_line) = (
        format!("a=b; Path=/1; Path= {fits} "),
        format!("a=b; Path=/1; Path={fits}p; Secure"),
    );
    assert_eq!(parse(&fits_line).path(), Some(fits.as_bytes()));
    let long = parse(&long_line);
    assert_eq!((long.path(), long.secure()), (Some(&b"/1"[..]), true));
    let domain = "d".repeat(1024);
    assert_eq!(
        parse(&format!("a=b; Domain={domain}")).domain(),
        Some(domain.as_bytes())
    );
    assert_eq!(parse(&format!("a=b; Domain={domain}d")).domain(), None);
    // The leading dot counts, and so does a value that nobody reads.
    assert_eq!(parse(&format!("a=b; Domain=.{domain}")).domain(), None);
    assert!(!parse(&format!("a=b; Secure={domain}d")).secure());
    assert_eq!(
        parse(&format!("a=b; Max-Age={}", "1".repeat(1024))).max_age(),
        Some(34_560_000)
    );
    assert_eq!(
        parse(&format!("a=b; Max-Age={}", "1".repeat(1025))).max_age(),
        None
    );
}

#[test]
fn b9_max_age_is_digits_maybe_negative_and_cut_at_400_days() {
    for (value, max_age) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("1", Some(1)),
        ("-1", Some(-1)),
        ("007", Some(7)),
        ("34560000", Some(34_560_000)),
        ("34560001", Some(34_560_000)),
        ("9223372036854775807", Some(34_560_000)),
        ("9223372036854775808", Some(34_560_000)),
        ("99999999999999999999999999", Some(34_560_000)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("-99999999999999999999999999", Some(i64::MIN)),
        ("", None),
        ("-", None),
        ("+1", None),
        ("--1", None),
        ("1.5", None),
        ("1e3", None),
        ("1 2", None),
        ("60s", None),
        ("\u{661}", None),
        ("\"60\"", None),
    ] {
        assert_eq!(
            parse(&format!("a=b; Max-Age={value}")).max_age(),
            max_age,
            "{value}"
        );
    }
}
