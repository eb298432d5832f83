//! Reading allocates nothing, whatever the header holds.

use allocation_counter::measure;
use cloakroom_cookie::{Cookies, Limits, pairs};

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8]))), 1);
}

#[test]
fn a10_hostile_and_ordinary_headers_are_read_without_allocation() {
    let roomy = Limits::DEFAULT.with_bytes(64 * 1024).with_pairs(64 * 1024);
    let ordinary = "__Host-id=0123456789abcdef0123456789abcdef; theme=dark; lang=de".to_owned();
    for header in [
        ordinary,
        "a=;".repeat(64 * 1024 / 3),
        ";".repeat(64 * 1024),
        "=;".repeat(32 * 1024),
        "\u{1};".repeat(32 * 1024),
        format!("a={}", "x".repeat(64 * 1024 - 2)),
        " \t".repeat(32 * 1024),
    ] {
        let header = header.as_bytes();
        let crumbs: Vec<&[u8]> = header.chunks(100).collect();
        let mut seen = 0;
        let count = allocations(|| {
            seen += pairs(header).count();
            for cookies in [
                Cookies::new_with(header, roomy).unwrap(),
                Cookies::from_values_with(&crumbs, roomy).unwrap(),
            ] {
                seen += cookies.iter().count() + cookies.all("a").count() + cookies.invalid_count();
                seen +=
                    usize::from(cookies.first("zz").is_some()) + usize::from(cookies.unique("a").is_err());
                seen += cookies.get_many(["a", "zz"]).iter().flatten().count();
            }
        });
        assert_eq!(count, 0);
        std::hint::black_box(seen);
    }
}

#[test]
fn a10_limit_outcomes_allocate_nothing() {
    let (long, many) = ("x".repeat(64 * 1024), "a=;".repeat(3001));
    let count = allocations(|| {
        assert!(Cookies::new(long.as_bytes()).is_err());
        assert!(Cookies::new(many.as_bytes()).is_err());
        assert!(Cookies::new(&many.as_bytes()[..9000]).is_ok());
    });
    assert_eq!(count, 0);
}

#[cfg(feature = "http")]
#[test]
fn reading_a_header_map_allocates_nothing() {
    use http::header::{COOKIE, HeaderMap, HeaderValue};

    let mut headers = HeaderMap::new();
    for value in ["a=1; b=2", "c=3", "d=4"] {
        headers.append(COOKIE, HeaderValue::from_static(value));
    }
    let count = allocations(|| {
        let cookies = Cookies::from_headers(&headers).unwrap();
        assert_eq!(cookies.iter().count(), 4);
        assert_eq!(cookies.first("d").unwrap().as_bytes(), b"4");
    });
    assert_eq!(count, 0);
}

#[test]
fn decoding_a_value_allocates_only_when_it_must() {
    let plain = Cookies::new(b"a=plain").unwrap().first("a").unwrap();
    let encoded = Cookies::new(b"a=%20%20%20").unwrap().first("a").unwrap();
    assert_eq!(allocations(|| drop(plain.percent_decoded())), 0);
    assert_eq!(allocations(|| drop(encoded.percent_decoded())), 1);
}
