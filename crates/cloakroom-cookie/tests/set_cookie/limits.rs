//! B2: lengths and names.

use std::time::Duration;

use cloakroom_cookie::{CookieName, SetCookie, SetCookieBuilder};

use crate::{finish, refused, text};

#[test]
fn b2_name_and_value_have_4096_octets_together() {
    const TOO_LONG: &str = "cookie-name and cookie-value are longer than 4096 octets together";
    for name in ["n", "name", "__Host-id"] {
        let room = 4096 - name.len();
        let full = SetCookie::new(name, "v".repeat(room)).finish().unwrap();
        assert_eq!(full.name().as_bytes().len() + full.value().len(), 4096);
        refused(finish(SetCookie::new(name, "v".repeat(room + 1))), TOO_LONG);
    }
    // A prefix that a constructor adds counts.
    assert!(SetCookie::host("id", "v".repeat(4087)).finish().is_ok());
    refused(finish(SetCookie::host("id", "v".repeat(4088))), TOO_LONG);
    // So does what percent-encoding adds.
    assert!(
        SetCookie::new("n", "")
            .value_percent_encoded(" ".repeat(1365))
            .finish()
            .is_ok()
    );
    refused(
        finish(SetCookie::new("n", "").value_percent_encoded(" ".repeat(1366))),
        TOO_LONG,
    );
    assert!(CookieName::new("n".repeat(4096)).is_ok());
    refused(text(CookieName::new("n".repeat(4097))), TOO_LONG);
    assert!(SetCookie::host("n".repeat(4089), "").finish().is_ok());
    refused(finish(SetCookie::host("n".repeat(4090), "")), TOO_LONG);
}

#[test]
fn b2_an_error_tells_when_a_shorter_value_would_do() {
    let error = |builder: SetCookieBuilder| builder.finish().unwrap_err();
    assert!(error(SetCookie::new("n", "v".repeat(4096))).is_too_long());
    assert!(error(SetCookie::new("n", "").value_percent_encoded(" ".repeat(1366))).is_too_long());
    assert!(error(SetCookie::new("n".repeat(4097), "")).is_too_long());
    // What is wrong first is told, and what is long but is not the pair is another matter.
    assert!(!error(SetCookie::new("n", ";".repeat(4096))).is_too_long());
    assert!(!error(SetCookie::new("n", "v").path("/p".repeat(513))).is_too_long());
    assert!(!error(SetCookie::new("n", "v").domain("d.".repeat(127) + "d")).is_too_long());
    assert!(!error(SetCookie::new("n", "v").persistent(Duration::MAX)).is_too_long());
}

#[test]
fn b2_an_attribute_value_has_1024_octets() {
    let path = format!("/{}", "p".repeat(1023));
    assert_eq!(
        SetCookie::new("n", "v")
            .path(path.clone())
            .finish()
            .unwrap()
            .path(),
        Some(path.as_str())
    );
    refused(
        finish(SetCookie::new("n", "v").path(path + "p")),
        "path-value is longer than 1024 octets",
    );
    // A domain reaches its own limit first.
    let label = "d".repeat(63);
    let domain = format!("{label}.{label}.{label}.{}", "d".repeat(61));
    assert_eq!(domain.len(), 253);
    assert_eq!(
        SetCookie::new("n", "v")
            .domain(&domain)
            .finish()
            .unwrap()
            .domain(),
        Some(domain.as_str())
    );
    refused(
        finish(SetCookie::new("n", "v").domain(domain + "d")),
        "domain-value is longer than 253 octets",
    );
}

#[test]
fn b2_a_name_is_a_token_and_never_empty() {
    for octet in 0..=u8::MAX {
        let name = format!("ab{}", char::from(octet));
        // tchar of RFC 9110 section 5.6.2, spelled out apart from the crate's own table.
        if octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet) {
            assert_eq!(CookieName::new(name.clone()).unwrap().as_str(), name);
        } else {
            let error = "cookie-name has a forbidden octet at byte 2";
            refused(text(CookieName::new(name.clone())), error);
            refused(text(name.parse::<CookieName>()), error);
            refused(finish(SetCookie::new(name.clone(), "")), error);
            refused(finish(SetCookie::host(name, "")), error);
        }
    }
    refused(text(CookieName::new("")), "cookie-name is empty");
    refused(finish(SetCookie::new("", "v")), "cookie-name is empty");
    refused(finish(SetCookie::host("", "v")), "cookie-name is empty");
}
