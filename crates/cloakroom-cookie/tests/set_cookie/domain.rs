//! B8 and the paths and domains of B11.

use cloakroom_cookie::SetCookie;

use crate::{finish, refused, text};

#[track_caller]
fn domain(domain: impl AsRef<str>) -> Result<String, String> {
    let cookie = text(SetCookie::new("n", "v").domain(domain).finish())?;
    Ok(cookie.domain().unwrap().to_owned())
}

#[test]
fn b8_domains_are_ldh_labels_in_lower_case_without_a_leading_dot() {
    for (given, canonical) in [
        ("example.com", "example.com"),
        ("EXAMPLE.Com", "example.com"),
        (".example.com", "example.com"),
        ("a.b", "a.b"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1.2.3.com", "1.2.3.com"),
        ("3com.a1", "3com.a1"),
        ("0x7f.example", "0x7f.example"),
        ("a--b.c-d.example", "a--b.c-d.example"),
        ("co.uk", "co.uk"),
    ] {
        assert_eq!(domain(given).as_deref(), Ok(canonical));
    }
    let label = "a".repeat(63);
    assert_eq!(
        domain(format!("{label}.{label}")).unwrap(),
        format!("{label}.{label}")
    );
    for octet in 0..=u8::MAX {
        let given = format!("ab{}cd.example", char::from(octet));
        if octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'.' {
            assert_eq!(domain(&given).unwrap(), given.to_lowercase());
        } else {
            refused(domain(given), "domain-value has a forbidden octet at byte 2");
        }
    }
}

#[test]
fn b8_addresses_and_hyphens_at_the_ends_are_refused() {
    for (given, error) in [
        ("127.0.0.1", "domain-value is an IP address"),
        (".127.0.0.1", "domain-value is an IP address"),
        ("::1", "domain-value is an IP address"),
        ("2001:db8::1", "domain-value is an IP address"),
        ("[::1]", "domain-value is an IP address"),
        ("1.2.3", "domain-value has a numeric last label at byte 4"),
        ("1.2.3.4.5", "domain-value has a numeric last label at byte 8"),
        ("127.1", "domain-value has a numeric last label at byte 4"),
        ("0x7f.0x1", "domain-value has a numeric last label at byte 5"),
        ("2130706433", "domain-value has a numeric last label at byte 0"),
        ("0x7f000001", "domain-value has a numeric last label at byte 0"),
        ("01.02.03.04", "domain-value has a numeric last label at byte 9"),
        ("a.0x", "domain-value has a numeric last label at byte 2"),
        ("a.0XfF", "domain-value has a numeric last label at byte 2"),
        (
            "trailing-.example",
            "domain-value has a label that begins or ends with a hyphen at byte 8",
        ),
        (
            "-leading.example",
            "domain-value has a label that begins or ends with a hyphen at byte 0",
        ),
        (
            ".-leading.example",
            "domain-value has a label that begins or ends with a hyphen at byte 1",
        ),
        (
            "a.b-",
            "domain-value has a label that begins or ends with a hyphen at byte 3",
        ),
        (
            "a.-",
            "domain-value has a label that begins or ends with a hyphen at byte 2",
        ),
    ] {
        refused(domain(given), error);
    }
}

#[test]
fn b11_paths_without_a_slash_and_odd_domains_are_refused() {
    for path in ["", "a", "a/b", "./", "\\", " /", "%2F"] {
        refused(
            finish(SetCookie::new("n", "v").path(path)),
            "path-value does not begin with a slash at byte 0",
        );
    }
    let long = format!("a.{}.b", "c".repeat(64));
    for (given, error) in [
        ("com", "domain-value has a single label"),
        (".com", "domain-value has a single label"),
        ("localhost", "domain-value has a single label"),
        ("1.2.3.4", "domain-value is an IP address"),
        ("0x7f.1", "domain-value has a numeric last label at byte 5"),
        ("a.b.", "domain-value has an empty label at byte 4"),
        ("a.b..", "domain-value has an empty label at byte 4"),
        ("a..b", "domain-value has an empty label at byte 2"),
        ("..a.b", "domain-value has an empty label at byte 1"),
        ("", "domain-value is empty"),
        (".", "domain-value is empty"),
        (
            long.as_str(),
            "domain-value has a label longer than 63 octets at byte 2",
        ),
    ] {
        refused(domain(given), error);
    }
}
