//! B9: what depends on the request.

use std::time::Duration;

use cloakroom_cookie::parse::{Ignored, RequestUri};
use cloakroom_cookie::{Prefix, SetCookie};
use cloakroom_core::UnixTime;

use crate::{HTTPS, NOW, parse};

#[test]
fn b9_domain_and_path_come_from_the_field_or_the_request() {
    for (line, domain, host_only, path) in [
        ("a=b", "www.example.com", true, "/a"),
        ("a=b; Domain=; Path=", "www.example.com", true, "/a"),
        ("a=b; Domain=example.com; Path=/x", "example.com", false, "/x"),
        (
            "a=b; Domain=.WWW.example.com; Path=x",
            "www.example.com",
            false,
            "/a",
        ),
        ("a=b; Domain=com; Path=/", "com", false, "/"),
    ] {
        let line = parse(line);
        let cookie = line.receive(&HTTPS, NOW).unwrap();
        assert_eq!(
            (cookie.domain.as_str(), cookie.host_only, cookie.path),
            (domain, host_only, path.as_bytes())
        );
    }
    for (line, host) in [
        ("a=b; Domain=ample.com", "www.example.com"),
        ("a=b; Domain=a.www.example.com", "www.example.com"),
        ("a=b; Domain=..example.com", "www.example.com"),
        ("a=b; Domain=example.com.", "www.example.com"),
        ("a=b; Domain=0.0.1", "127.0.0.1"),
        ("a=b; Domain=1]", "[::1]"),
    ] {
        let uri = RequestUri { host, ..HTTPS };
        assert_eq!(
            parse(line).receive(&uri, NOW),
            Err(Ignored::ForeignDomain),
            "{line}"
        );
    }
    let address = RequestUri {
        host: "127.0.0.1",
        ..HTTPS
    };
    assert!(
        !parse("a=b; Domain=127.0.0.1")
            .receive(&address, NOW)
            .unwrap()
            .host_only
    );
    assert_eq!(
        parse("a=b; Domain=b\u{fc}cher.com").receive(&HTTPS, NOW),
        Err(Ignored::DomainNotAscii)
    );
    for (path, default) in [
        ("", "/"),
        ("/", "/"),
        ("/a", "/"),
        ("/a/", "/a"),
        ("/a/b/c", "/a/b"),
        ("a/b", "/"),
    ] {
        let uri = RequestUri { path, ..HTTPS };
        assert_eq!(
            parse("a=b").receive(&uri, NOW).unwrap().path,
            default.as_bytes(),
            "{path}"
        );
    }
}

#[test]
fn b9_flags_and_prefixes_are_held_against_the_request() {
    let http = RequestUri {
        secure: false,
        ..HTTPS
    };
    let root = RequestUri { path: "/a", ..HTTPS };
    for (line, uri, ignored) in [
        ("a=b; Secure", http, Some(Ignored::InsecureChannel)),
        ("a=b", http, None),
        ("a=b; SameSite=None", HTTPS, Some(Ignored::SameSiteNoneInsecure)),
        ("a=b; SameSite=None; Secure", HTTPS, None),
        ("a=b; Partitioned", HTTPS, Some(Ignored::PartitionedInsecure)),
        ("a=b; Partitioned; Secure", HTTPS, None),
        ("__Secure-a=b", HTTPS, Some(Ignored::Prefix(Prefix::Secure))),
        ("__SECURE-a=b", HTTPS, Some(Ignored::Prefix(Prefix::Secure))),
        ("__Secure-a=b; Secure; Domain=example.com", HTTPS, None),
        ("__Host-a=b; Secure; Path=/", HTTPS, None),
        ("__Host-a=b; Path=/", HTTPS, Some(Ignored::Prefix(Prefix::Host))),
        ("__hOST-a=b; Path=/", HTTPS, Some(Ignored::Prefix(Prefix::Host))),
        (
            "__Host-a=b; Secure; Path=/; Domain=www.example.com",
            HTTPS,
            Some(Ignored::Prefix(Prefix::Host)),
        ),
        ("__Host-a=b; Secure; Path=/; Domain=", HTTPS, None),
        (
            "__Host-a=b; Secure; Path=/x",
            HTTPS,
            Some(Ignored::Prefix(Prefix::Host)),
        ),
        // The attribute must be there, even where the default-path is `/`; a relative one is there.
        ("__Host-a=b; Secure", root, Some(Ignored::Prefix(Prefix::Host))),
        ("__Host-a=b; Secure; Path", root, None),
        (
            "__Host-a=b; Secure; Path",
            HTTPS,
            Some(Ignored::Prefix(Prefix::Host)),
        ),
        ("__Http-a=b; Secure", HTTPS, Some(Ignored::Prefix(Prefix::Http))),
        ("__Http-a=b; HttpOnly", HTTPS, Some(Ignored::Prefix(Prefix::Http))),
        ("__Http-a=b; HttpOnly; Secure; Domain=example.com", HTTPS, None),
        ("__Host-Http-a=b; HttpOnly; Secure; Path=/", HTTPS, None),
        (
            "__Host-Http-a=b; Secure; Path=/",
            HTTPS,
            Some(Ignored::Prefix(Prefix::HostHttp)),
        ),
        (
            "__Host-Http-a=b; HttpOnly; Secure; Path=/x",
            HTTPS,
            Some(Ignored::Prefix(Prefix::HostHttp)),
        ),
        (
            "__Host-Http-a=b; HttpOnly; Secure; Path=/; Domain=example.com",
            HTTPS,
            Some(Ignored::Prefix(Prefix::HostHttp)),
        ),
    ] {
        assert_eq!(parse(line).receive(&uri, NOW).err(), ignored, "{line}");
    }
    assert_eq!(
        Ignored::Prefix(Prefix::HostHttp).to_string(),
        "the attributes break the rules of __Host-Http- in cookie-name"
    );
}

#[test]
fn b9_max_age_goes_before_expires_and_nothing_lasts_beyond_400_days() {
    let limit = NOW.checked_add(SetCookie::MAX_MAX_AGE);
    for (line, expires_at) in [
        ("a=b", None),
        (
            "a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            NOW.checked_add(Duration::from_secs(60)),
        ),
        (
            "a=b; Max-Age=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            Some(UnixTime::EPOCH),
        ),
        (
            "a=b; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT",
            Some(UnixTime::MIN),
        ),
        ("a=b; Max-Age=-1", Some(UnixTime::MIN)),
        ("a=b; Max-Age=34560000", limit),
        ("a=b; Max-Age=99999999999999999999", limit),
        ("a=b; Expires=Fri, 31 Dec 9999 23:59:59 GMT", limit),
        ("a=b; Expires=never", None),
    ] {
        let line = parse(line);
        assert_eq!(line.expires_at(NOW), expires_at, "{line:?}");
        assert_eq!(line.receive(&HTTPS, NOW).unwrap().expires_at, expires_at);
    }
    assert_eq!(
        parse("a=b; Max-Age=1").expires_at(UnixTime::MAX),
        Some(UnixTime::MAX)
    );
}

#[test]
fn b9_debug_shows_no_value() {
    let line = parse("a=hunter2; Path=/");
    assert_eq!(
        format!("{line:?}"),
        "SetCookieLine { name: \"a\", value: 7 bytes, path: Some(\"/\"), domain: None, max_age: None, expires: None, \
         same_site: None, flags: Flags { secure: false, http_only: false, partitioned: false } }"
    );
    assert!(!format!("{:?}", line.receive(&HTTPS, NOW)).contains("hunter2"));
}
