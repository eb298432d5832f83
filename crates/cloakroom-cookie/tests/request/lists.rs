//! Several cookies of one name, several names, several header values.

use cloakroom_cookie::{CookieName, CookieValue, Cookies, InvalidPair, Limits};

use crate::check::{all, first};

// A6 --------------------------------------------------------------------------------------------------------

#[test]
fn a6_duplicates_are_told() {
    let cookies = Cookies::new(b"a=1; b=x; a=2; a=\0; a; a=2").unwrap();
    assert_eq!(first(cookies, b"a"), Some(&b"1"[..]));
    assert_eq!(all(cookies, b"a"), [b"1", b"2", b"2"]);
    assert_eq!(
        cookies.unique("a").unwrap_err().to_string(),
        "Cookie header list has more than one cookie of this cookie-name"
    );
    assert_eq!(
        cookies.unique("b").unwrap().map(CookieValue::as_bytes),
        Some(&b"x"[..])
    );
    assert!(cookies.unique("c").unwrap().is_none());
}

#[test]
fn a6_equal_duplicates_are_duplicates_and_invalid_ones_are_not() {
    assert!(Cookies::new(b"a=1; a=1").unwrap().unique("a").is_err());
    let one = Cookies::new(b"a=\x01; a=1; a").unwrap().unique("a").unwrap();
    assert_eq!(one.map(CookieValue::as_bytes), Some(&b"1"[..]));
}

#[test]
fn a_read_can_stop_after_four_candidates() {
    let header = "sid=x; ".repeat(500);
    let cookies = Cookies::new(header.as_bytes()).unwrap();
    assert_eq!(cookies.all("sid").take(4).count(), 4);
    assert_eq!(cookies.all("sid").count(), 500);
}

#[test]
fn a6_several_names_in_one_pass() {
    let cookies = Cookies::new(b"c=3; a=1; b=\0; a=2; b=4").unwrap();
    let found = cookies.get_many(["a", "b", "zz", "c", "a", ""]);
    let found = found.map(|value| value.map(CookieValue::as_bytes));
    assert_eq!(
        found,
        [Some(&b"1"[..]), Some(b"4"), None, Some(b"3"), Some(b"1"), None]
    );
    // Names come as text, as octets or as a CookieName.
    let names = [CookieName::from_static("c"), CookieName::from_static("x")];
    let [c, x] = cookies.get_many(names.each_ref());
    assert_eq!((c.unwrap().as_bytes(), x.is_none()), (&b"3"[..], true));
    assert!(cookies.get_many([""; 0]).is_empty());
}

// A9 --------------------------------------------------------------------------------------------------------

#[test]
fn a9_many_header_values_are_one_list_in_order() {
    let values: [&[u8]; 5] = [b"a=1; b=2", b"", b"a=3; =x; c=4;", b"b", b"d=\x01; a=5"];
    let cookies = Cookies::from_values(&values).unwrap();
    assert_eq!(all(cookies, b"a"), [b"1", b"3", b"5"]);
    assert_eq!(first(cookies, b"c"), Some(&b"4"[..]));
    assert!(cookies.first("d").is_none());
    assert!(cookies.unique("a").is_err());
    assert_eq!(cookies.invalid_count(), 3);
    let [c, a, e] = cookies.get_many([b"c", b"a", b"e"]);
    assert_eq!(
        (c.unwrap().as_bytes(), a.unwrap().as_bytes(), e.is_none()),
        (&b"4"[..], &b"1"[..], true)
    );
    let lines: Vec<_> = cookies
        .iter()
        .map(|pair| pair.map(|pair| pair.name()).map_err(InvalidPair::position))
        .collect();
    let (a, b, c): (&[u8], &[u8], &[u8]) = (b"a", b"b", b"c");
    assert_eq!(lines, [Ok(a), Ok(b), Ok(a), Err(5), Ok(c), Err(0), Err(2), Ok(a)]);
}

#[test]
fn a9_no_header_value_is_no_cookie() {
    let none = Cookies::from_values(&[]).unwrap();
    assert_eq!(none.iter().count(), 0);
    assert!(none.first("a").is_none());
    let strict = Limits::DEFAULT.with_bytes(0).with_pairs(0);
    assert!(Cookies::from_values_with(&[b"", b""], strict).is_ok());
}

#[test]
fn a9_a_pair_does_not_continue_in_the_next_header_value() {
    let values: [&[u8]; 2] = [b"a=1; b", b"=2; c=3"];
    let cookies = Cookies::from_values(&values).unwrap();
    assert!(cookies.first("b").is_none());
    assert_eq!(cookies.invalid_count(), 2);
    assert_eq!(first(cookies, b"c"), Some(&b"3"[..]));
}

#[cfg(feature = "http")]
#[test]
fn a9_header_maps_are_read_like_lists() {
    use cloakroom_cookie::LimitExceeded;
    use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

    let mut headers = HeaderMap::new();
    assert_eq!(Cookies::from_headers(&headers).unwrap().iter().count(), 0);
    headers.append(SET_COOKIE, HeaderValue::from_static("a=0"));
    for (count, value) in ["a=1; b=2", "a=3", "c=4; a=5"].into_iter().enumerate() {
        headers.append(COOKIE, HeaderValue::from_static(value));
        let cookies = Cookies::from_headers(&headers).unwrap();
        assert_eq!(all(cookies, b"a"), [b"1", b"3", b"5"][..=count]);
    }
    headers.append(COOKIE, HeaderValue::from_bytes(b"d=\xFF").unwrap());
    let cookies = Cookies::from_headers(&headers).unwrap();
    assert_eq!(first(cookies, b"c"), Some(&b"4"[..]));
    assert_eq!(first(cookies, b"d"), Some(&b"\xFF"[..]));
    // 8 + 3 + 8 + 3 bytes, 6 pairs.
    let limits = Limits::DEFAULT.with_bytes(22).with_pairs(6);
    assert!(Cookies::from_headers_with(&headers, limits).is_ok());
    let error = Cookies::from_headers_with(&headers, limits.with_bytes(21)).unwrap_err();
    assert!(matches!(
        error,
        LimitExceeded::Bytes {
            found: 22,
            limit: 21,
            ..
        }
    ));
    let error = Cookies::from_headers_with(&headers, limits.with_pairs(5)).unwrap_err();
    assert!(matches!(
        error,
        LimitExceeded::Pairs {
            found: 6,
            limit: 5,
            ..
        }
    ));
}
