//! B1: values and what else may break out of its place.

use cloakroom_cookie::{Cookies, SetCookie};

use crate::{finish, refused};

#[test]
fn b1_each_octet_is_a_cookie_octet_or_refused_with_its_place() {
    for octet in 0..=u8::MAX {
        let value = format!("abc{}d", char::from(octet));
        // %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E, spelled out apart from the crate's own table.
        let allowed = octet.is_ascii_graphic() && !b"\",;\\".contains(&octet);
        let result = finish(SetCookie::new("n", value.as_str()));
        if allowed {
            assert_eq!(
                result.unwrap(),
                format!("n={value}; Path=/; Secure; HttpOnly; SameSite=Lax")
            );
        } else {
            refused(result, "cookie-value has a forbidden octet at byte 3");
        }
    }
}

#[test]
fn b1_values_that_break_out_are_refused_with_the_place_and_without_the_value() {
    for (value, place) in [
        ("\r\nSet-Cookie: x=y", 0),
        ("a\rb", 1),
        ("a\nb", 1),
        ("a\0b", 1),
        ("x; Domain=evil.example", 1),
        ("x,y", 1),
        ("x y", 1),
        (" x", 0),
        ("x ", 1),
        ("x\t", 1),
        ("0123456789ab;", 12),
        ("a\\b", 1),
        ("é", 0),
        ("ab\u{7f}", 2),
        // A DQUOTE belongs around the whole value or nowhere.
        ("\"", 0),
        ("\"ab", 0),
        ("ab\"", 2),
        ("a\"b", 1),
        ("\"a\"b\"", 2),
        ("\"\"\"", 1),
        ("\"a b\"", 2),
        ("\"a;b\"", 2),
        ("\"a\\\"\"", 2),
    ] {
        let error = format!("cookie-value has a forbidden octet at byte {place}");
        refused(finish(SetCookie::new("n", value)), &error);
        refused(finish(SetCookie::host_http("n", value)), &error);
    }
}

#[test]
fn b1_a_wholly_quoted_value_keeps_its_quotes() {
    for value in ["\"\"", "\"a\"", "\"a=b/c:d\"", "", "=", "a=b", "%41", "{}[]"] {
        let cookie = SetCookie::new("n", value).finish().unwrap();
        assert_eq!(cookie.value(), value);
        assert!(
            cookie
                .to_header_string()
                .starts_with(&format!("n={value}; Path=/"))
        );
    }
}

#[test]
fn b1_each_octet_of_a_path_is_an_av_octet_or_refused_with_its_place() {
    for octet in 0..=u8::MAX {
        let path = format!("/ab{}d", char::from(octet));
        let result = finish(SetCookie::new("n", "v").path(path.clone()));
        // %x20-3A / %x3C-7E: any CHAR but controls and `;`.
        if matches!(octet, b' '..=b':' | b'<'..=b'~') {
            assert_eq!(
                result.unwrap(),
                format!("n=v; Path={path}; Secure; HttpOnly; SameSite=Lax")
            );
        } else {
            refused(result, "path-value has a forbidden octet at byte 3");
        }
    }
}

#[test]
fn b1_a_path_that_breaks_out_is_refused_with_its_place() {
    for (path, error) in [
        (
            "/; Domain=evil.example",
            "path-value has a forbidden octet at byte 1",
        ),
        ("/a\r\nX: y", "path-value has a forbidden octet at byte 2"),
        ("/a\0", "path-value has a forbidden octet at byte 2"),
        ("/a\tb", "path-value has a forbidden octet at byte 2"),
        ("/a\u{7f}", "path-value has a forbidden octet at byte 2"),
        ("/caf\u{e9}", "path-value has a forbidden octet at byte 4"),
        ("/a ", "path-value has a forbidden octet at byte 2"),
    ] {
        refused(finish(SetCookie::new("n", "v").path(path)), error);
    }
    assert_eq!(
        finish(SetCookie::new("n", "v").path("/a b,\"c\"/%20")).unwrap(),
        "n=v; Path=/a b,\"c\"/%20; Secure; HttpOnly; SameSite=Lax"
    );
}

#[test]
fn b1_any_bytes_can_be_percent_encoded() {
    let encoded = SetCookie::new("n", "")
        .value_percent_encoded("a b;\r\n\"é%+~\0")
        .finish()
        .unwrap();
    assert_eq!(encoded.value(), "a%20b%3B%0D%0A%22%C3%A9%25%2B~%00");
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let encoded = SetCookie::new("n", "")
        .value_percent_encoded(&all)
        .finish()
        .unwrap();
    let header = format!("n={}", encoded.value());
    let value = Cookies::new(header.as_bytes()).unwrap().first("n").unwrap();
    assert_eq!(value.percent_decoded().unwrap(), all);
}

#[test]
fn b1_neither_errors_nor_debug_tell_the_value() {
    let cookie = SetCookie::new("n", "hunter2hunter2").finish().unwrap();
    assert_eq!(
        format!("{cookie:?}"),
        "SetCookie { name: \"n\", value: 14 bytes, path: Some(\"/\"), domain: None, lifetime: Session, secure: true, \
         http_only: true, same_site: Some(Lax), partitioned: false }"
    );
    let builder = SetCookie::new("n", "hunter2 hunter2");
    assert_eq!(
        format!("{builder:?}"),
        "SetCookieBuilder(Err(InvalidSetCookie { kind: ValueOctet, position: Some(7) }))"
    );
}
