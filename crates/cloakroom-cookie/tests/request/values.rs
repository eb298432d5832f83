//! What is printed, and decoding.

use cloakroom_cookie::{Cookies, pairs};

#[test]
fn nothing_printed_holds_a_value() {
    let header = b"sid=hunter2; x=y%zz";
    let cookies = Cookies::new(header).unwrap();
    let pair = pairs(header).next().unwrap().unwrap();
    assert_eq!(format!("{:?}", pair.value()), "CookieValue(7 bytes)");
    assert_eq!(
        format!("{pair:?}"),
        r#"CookiePair { name: "sid", value: CookieValue(7 bytes) }"#
    );
    assert_eq!(format!("{cookies:?}"), "Cookies(19 bytes)");
    let mut iter = pairs(header);
    assert_eq!(format!("{iter:?}"), "Pairs(19 bytes left)");
    iter.next();
    assert_eq!(format!("{iter:?}"), "Pairs(7 bytes left)");
    iter.next();
    assert_eq!(format!("{iter:?}"), "Pairs(0 bytes left)");
    assert_eq!(format!("{:?}", cookies.iter()), "Iter { .. }");
    assert_eq!(format!("{:?}", cookies.all("sid")), "All { .. }");
    let error = cookies.first("x").unwrap().percent_decoded().unwrap_err();
    assert_eq!(
        error.to_string(),
        "percent-encoding is incomplete at byte 1 of the cookie-value"
    );
    assert_eq!(error.position(), 1);
}

#[test]
fn percent_decoding_is_asked_for_and_done_once() {
    use std::borrow::Cow;

    for (value, decoded) in [
        ("", Some(&b""[..])),
        ("plain+text", Some(b"plain+text")),
        ("%41%62%6a%6A", Some(b"Abjj")),
        ("a%20b%00%ff", Some(b"a b\x00\xFF")),
        ("%2541", Some(b"%41")),
        ("%", None),
        ("a%4", None),
        ("%g0", None),
        ("%0g", None),
        ("%+1", None),
        ("%%41", None),
    ] {
        let header = format!("a={value}");
        let found = Cookies::new(header.as_bytes()).unwrap().first("a").unwrap();
        assert_eq!(found.percent_decoded().ok().as_deref(), decoded, "{value}");
        let borrowed = matches!(found.percent_decoded(), Ok(Cow::Borrowed(_)));
        assert_eq!(borrowed, !value.contains('%'), "{value}");
    }
}
