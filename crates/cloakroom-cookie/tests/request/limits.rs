//! Headers that are too long, or hold too many pairs.

use cloakroom_cookie::{Cookies, LimitExceeded, Limits, pairs};

use crate::check::first;

const KIB: usize = 1024;

#[test]
fn a10_more_bytes_than_the_limit() {
    for (length, allowed) in [(32 * KIB, true), (32 * KIB + 1, false), (64 * KIB, false)] {
        let value = format!("a={}", "x".repeat(length - 2));
        let crumbs = value.as_bytes().chunks(4000).collect::<Vec<_>>();
        for result in [Cookies::new(value.as_bytes()), Cookies::from_values(&crumbs)] {
            if allowed {
                assert_eq!(first(result.unwrap(), b"a").unwrap()[0], b'x');
            } else {
                let error = result.unwrap_err();
                assert!(
                    matches!(error, LimitExceeded::Bytes { found, limit, .. } if (found, limit) == (length, 32 * KIB))
                );
                let text = format!("Cookie header list has {length} bytes, over the limit of 32768");
                assert_eq!(error.to_string(), text);
            }
        }
    }
    let roomy = Limits::DEFAULT.with_bytes(64 * KIB);
    let value = format!("a={}", "x".repeat(64 * KIB - 2));
    let cookies = Cookies::new_with(value.as_bytes(), roomy).unwrap();
    assert_eq!(cookies.first("a").unwrap().as_bytes().len(), 64 * KIB - 2);
}

#[test]
fn a10_more_pairs_than_the_limit() {
    for segment in ["a=;", "a=; ", "a;", "=;", "\u{1};", ";\t; ;a=;"] {
        let (most, more) = (segment.repeat(3000), segment.repeat(3001));
        let crumbs: Vec<&[u8]> = more.as_bytes().chunks(segment.len() * 7).collect();
        assert_eq!(
            Cookies::new(most.as_bytes()).unwrap().iter().count(),
            3000,
            "{segment:?}"
        );
        for result in [Cookies::new(more.as_bytes()), Cookies::from_values(&crumbs)] {
            let error = result.unwrap_err();
            assert!(
                matches!(
                    error,
                    LimitExceeded::Pairs {
                        found: 3001,
                        limit: 3000,
                        ..
                    }
                ),
                "{segment:?}"
            );
            assert_eq!(
                error.to_string(),
                "Cookie header list has 3001 cookie-pairs, over the limit of 3000"
            );
        }
    }
}

#[test]
fn a10_empty_segments_do_not_count() {
    let header = format!("{}a=1{}", "; ".repeat(8000), ";".repeat(8000));
    let cookies = Cookies::new_with(header.as_bytes(), Limits::DEFAULT.with_pairs(1)).unwrap();
    assert_eq!(first(cookies, b"a"), Some(&b"1"[..]));
    let error = Cookies::new_with(header.as_bytes(), Limits::DEFAULT.with_pairs(0)).unwrap_err();
    assert!(matches!(
        error,
        LimitExceeded::Pairs {
            found: 1,
            limit: 0,
            ..
        }
    ));
}

#[test]
fn a10_the_shortest_pairs_meet_the_limit_exactly() {
    // Two bytes a segment but for the last: the densest list there is.
    for count in 1..40 {
        let header = "a;".repeat(count);
        let header = &header.as_bytes()[..header.len() - 1];
        assert!(Cookies::new_with(header, Limits::DEFAULT.with_pairs(count)).is_ok());
        let error = Cookies::new_with(header, Limits::DEFAULT.with_pairs(count - 1)).unwrap_err();
        assert!(matches!(error, LimitExceeded::Pairs { found, .. } if found == count));
        let crumbs = vec![&b"a"[..]; count];
        assert!(Cookies::from_values_with(&crumbs, Limits::DEFAULT.with_pairs(count)).is_ok());
        assert!(Cookies::from_values_with(&crumbs, Limits::DEFAULT.with_pairs(count - 1)).is_err());
    }
}

#[test]
fn a10_bytes_are_decided_before_pairs() {
    let header = "a=;".repeat(64 * KIB / 3);
    let error = Cookies::new(header.as_bytes()).unwrap_err();
    assert!(matches!(error, LimitExceeded::Bytes { found: 65535, .. }));
    let roomy = Limits::DEFAULT.with_bytes(64 * KIB);
    let error = Cookies::new_with(header.as_bytes(), roomy).unwrap_err();
    assert!(matches!(
        error,
        LimitExceeded::Pairs {
            found: 21845,
            limit: 3000,
            ..
        }
    ));
    assert_eq!(pairs(header.as_bytes()).flatten().count(), 21845);
}

#[cfg(feature = "serde")]
#[test]
fn limits_come_from_a_configuration_file() {
    let limits: Limits = serde_json::from_str(r#"{"pairs": 50}"#).unwrap();
    assert_eq!(limits, Limits::DEFAULT.with_pairs(50));
    let text = serde_json::to_string(&limits).unwrap();
    assert_eq!(text, r#"{"bytes":32768,"pairs":50}"#);
    assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
    assert!(serde_json::from_str::<Limits>(r#"{"cookies": 50}"#).is_err());
    assert!(serde_json::from_str::<Limits>(r#"{"pairs": -1}"#).is_err());
}
