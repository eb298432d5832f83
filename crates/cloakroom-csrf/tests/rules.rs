//! Single rules: exemptions, what the decision reads, upgrades, credentials, fields that browsers do not send.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use cloakroom_csrf::cloakroom_cookie::Cookies;
use cloakroom_csrf::{CsrfPolicy, CsrfPolicyBuilder, Reason, Request};

fn policy() -> CsrfPolicyBuilder {
    CsrfPolicy::builder()
        .public_origin("https://app.example")
        .carrier_cookie("__Host-id")
        .carrier_cookie("__Host-jwt")
}

fn post<'a>() -> Request<'a> {
    Request::new("POST", "/transfer").host(b"app.example")
}

fn with_login(request: Request<'_>) -> Request<'_> {
    request.cookies(Some(Cookies::new(b"__Host-id=x").unwrap()))
}

#[track_caller]
fn check(request: &Request<'_>, expected: Reason) {
    assert_eq!(policy().finish().unwrap().decide(request).reason(), expected);
}

#[test]
fn g2_exemptions_match_exactly() {
    let policy = policy().exempt("POST", "/hook").finish().unwrap();
    for (method, path, exempt) in [
        ("POST", "/hook", true),
        ("PUT", "/hook", false),
        ("post", "/hook", false),
        ("POST", "/hook/", false),
        ("POST", "/hook/a", false),
        ("POST", "/Hook", false),
        ("POST", "/%68ook", false),
        ("POST", "//hook", false),
        ("POST", "/./hook", false),
        ("POST", "/hook?a=1", false),
        ("POST", "hook", false),
        ("POST", "", false),
    ] {
        let request = Request::new(method, path).sec_fetch_site(b"cross-site");
        let expected = if exempt { Reason::Exempt } else { Reason::CrossSite };
        assert_eq!(policy.decide(&request).reason(), expected, "{method} {path}");
    }
}

#[test]
fn g4_the_fields_that_were_read_are_told_and_no_other() {
    let plain = policy().exempt("POST", "/hook").finish().unwrap();
    let trusting = policy().trusted_origin("https://b.example").finish().unwrap();
    let strict = policy().require_token_everywhere().finish().unwrap();
    for (policy, request, expected) in [
        (&plain, Request::new("GET", "/").origin(b"null"), &[][..]),
        (&plain, Request::new("POST", "/hook"), &[]),
        (
            &plain,
            post().authorization(b"Bearer a"),
            &["Authorization", "Cookie"],
        ),
        (
            &plain,
            post().sec_fetch_site(b"same-origin").origin(b"null"),
            &["Authorization", "Sec-Fetch-Site"],
        ),
        (
            &trusting,
            post().sec_fetch_site(b"same-origin"),
            &["Authorization", "Origin", "Sec-Fetch-Site"],
        ),
        (
            &trusting,
            post().origin(b"https://b.example"),
            &["Authorization", "Origin"],
        ),
        (
            &plain,
            post().sec_fetch_site(b"none"),
            &["Authorization", "Origin", "Sec-Fetch-Site"],
        ),
        (
            &plain,
            post().origin(b"null"),
            &["Authorization", "Origin", "Sec-Fetch-Site"],
        ),
        (
            &plain,
            post(),
            &["Authorization", "Cookie", "Origin", "Sec-Fetch-Site"],
        ),
        (
            &plain,
            with_login(post()),
            &[
                "Authorization",
                "Cookie",
                "Origin",
                "Sec-Fetch-Site",
                "X-CSRF-Token",
            ],
        ),
        (
            &strict,
            post().sec_fetch_site(b"same-origin"),
            &["Authorization", "Cookie", "Sec-Fetch-Site", "X-CSRF-Token"],
        ),
        // What is denied already asks for no token.
        (
            &strict,
            post().sec_fetch_site(b"cross-site"),
            &["Authorization", "Sec-Fetch-Site"],
        ),
    ] {
        let read: Vec<_> = policy.decide(&request).vary().collect();
        assert_eq!(read, expected);
    }
}

#[test]
fn g5_a_websocket_from_elsewhere_is_denied_whatever_the_method() {
    for (request, expected) in [
        (
            Request::new("GET", "/ws").upgrade(b"websocket"),
            Reason::ForeignOrigin,
        ),
        (
            Request::new("GET", "/ws").upgrade(b"WebSocket"),
            Reason::ForeignOrigin,
        ),
        (
            Request::new("GET", "/ws").upgrade(b"h2c,\t websocket "),
            Reason::ForeignOrigin,
        ),
        (
            Request::new("GET", "/ws")
                .upgrade(b"h2c")
                .upgrade(b"websocket/13"),
            Reason::ForeignOrigin,
        ),
        (
            Request::new("HEAD", "/ws").upgrade(b"websocket"),
            Reason::ForeignOrigin,
        ),
        (
            Request::new("OPTIONS", "/ws").upgrade(b"websocket"),
            Reason::ForeignOrigin,
        ),
        (Request::new("CONNECT", "/ws").protocol(), Reason::ForeignOrigin),
        (Request::new("GET", "/ws").protocol(), Reason::ForeignOrigin),
        (Request::new("CONNECT", "/ws"), Reason::ForeignOrigin),
        (Request::new("GET", "/ws").upgrade(b"h2c"), Reason::SafeMethod),
        (
            Request::new("GET", "/ws").upgrade(b"websockets"),
            Reason::SafeMethod,
        ),
        (
            Request::new("GET", "/ws").upgrade(b"x-websocket"),
            Reason::SafeMethod,
        ),
        (Request::new("GET", "/ws").upgrade(b""), Reason::SafeMethod),
    ] {
        check(&with_login(request.origin(b"https://evil.example")), expected);
    }
    let own = Request::new("GET", "/ws")
        .upgrade(b"websocket")
        .origin(b"https://app.example");
    check(&with_login(own), Reason::PublicOrigin);
    let own = Request::new("CONNECT", "/ws")
        .protocol()
        .origin(b"https://app.example");
    check(&with_login(own), Reason::PublicOrigin);
}

#[test]
fn g6_a_token_in_authorization_is_an_exemption_only_without_a_login_cookie() {
    let cross = || {
        post()
            .sec_fetch_site(b"cross-site")
            .origin(b"https://evil.example")
    };
    for authorization in [
        &b"Bearer junk"[..],
        b"bearer a",
        b"BEARER   a.b.c",
        b"DPoP a",
        b"dpop YQ==",
    ] {
        let request = cross().authorization(authorization);
        check(&request, Reason::TokenInAuthorization);
        for cookie in [
            &b"__Host-id=x"[..],
            b"__Host-id=",
            b"a=1; __Host-jwt=junk; b=2",
            b"__Host-id=a; __Host-id=b",
        ] {
            let cookies = Cookies::new(cookie).unwrap();
            check(&request.cookies(Some(cookies)), Reason::CrossSite);
        }
        // Cookies that nobody looked through may be any.
        check(&request.cookies(None), Reason::CrossSite);
    }
    // What browsers send on their own, and what is no credential at all.
    for authorization in [
        &b"Basic dTpw"[..],
        b"Negotiate YII=",
        b"NTLM TlRM",
        b"Digest username=\"u\"",
        b"Bearer",
        b"Bearer ",
        b"Bearer  ",
        b"Bearer\ta",
        b"Bearer \ta",
        b"Bearer a ",
        b"Bearer a, Basic dTpw",
        b"Bearer a b",
        b"Bearer =",
        b"Bearers a",
        b" Bearer a",
        b"",
        b"Bearer \xff",
    ] {
        check(&cross().authorization(authorization), Reason::CrossSite);
    }
    let twice = cross().authorization(b"Bearer a").authorization(b"Bearer a");
    check(&twice, Reason::CrossSite);
}

#[test]
fn g7_what_no_browser_sends_is_denied() {
    for (sites, origins, expected) in [
        (
            &[&b"none"[..]][..],
            &[&b"https://evil.example"[..]][..],
            Reason::ContradictoryOrigin,
        ),
        (&[b"none"], &[b"null"], Reason::ContradictoryOrigin),
        (
            &[b"none"],
            &[b"https://app.example", b"https://app.example"],
            Reason::ContradictoryOrigin,
        ),
        (&[b"same-origin", b"same-origin"], &[], Reason::RepeatedSite),
        (
            &[b"none", b"same-origin"],
            &[b"https://app.example"],
            Reason::RepeatedSite,
        ),
        (&[b"SAME-ORIGIN"], &[b"https://app.example"], Reason::UnknownSite),
        (
            &[b"same-origin, same-origin"],
            &[b"https://app.example"],
            Reason::UnknownSite,
        ),
        (&[b"same-origin;a=1"], &[], Reason::UnknownSite),
        (&[b"\"same-origin\""], &[], Reason::UnknownSite),
        (&[b""], &[b"https://app.example"], Reason::UnknownSite),
        (&[b"same-site"], &[b"https://app.example"], Reason::SameSite),
        (&[b"cross-site"], &[b"https://app.example"], Reason::CrossSite),
        (
            &[],
            &[b"https://app.example https://evil.example"],
            Reason::ForeignOrigin,
        ),
        (
            &[],
            &[b"https://app.example, https://app.example"],
            Reason::ForeignOrigin,
        ),
        (
            &[],
            &[b"https://app.example", b"https://app.example"],
            Reason::RepeatedOrigin,
        ),
        (&[], &[b"http://app.example"], Reason::ForeignOrigin),
        (&[], &[b"https://app.example:443"], Reason::ForeignOrigin),
        (&[], &[b"https://app.example/"], Reason::ForeignOrigin),
        (&[], &[b"HTTPS://app.example"], Reason::ForeignOrigin),
        (&[], &[b"https://app.example.evil.example"], Reason::ForeignOrigin),
        (&[], &[b"NULL"], Reason::ForeignOrigin),
        (&[], &[b"null"], Reason::NullOrigin),
        (&[], &[b""], Reason::ForeignOrigin),
        (&[], &[], Reason::NoCarrierCookie),
    ] {
        let mut request = post();
        for line in sites {
            request = request.sec_fetch_site(line);
        }
        for line in origins {
            request = request.origin(line);
        }
        check(&request, expected);
        let expected = match expected {
            Reason::NoCarrierCookie => Reason::TokenMissing,
            other => other,
        };
        check(&with_login(request), expected);
    }
}

#[test]
fn g7_a_trusted_origin_counts_before_the_fields_of_fetch() {
    let policy = policy()
        .trusted_origin("https://b.example")
        .trusted_origin("chrome-extension://abc")
        .finish()
        .unwrap();
    for (origin, expected) in [
        (&b"https://b.example"[..], Reason::TrustedOrigin),
        (b"chrome-extension://abc", Reason::TrustedOrigin),
        (b"https://B.example", Reason::CrossSite),
        (b"http://b.example", Reason::CrossSite),
        (b"https://b.example:8443", Reason::CrossSite),
        (b"https://a.b.example", Reason::CrossSite),
    ] {
        let request = with_login(post().sec_fetch_site(b"cross-site").origin(origin));
        assert_eq!(policy.decide(&request).reason(), expected, "{origin:?}");
    }
    let twice = post().origin(b"https://b.example").origin(b"https://b.example");
    assert_eq!(policy.decide(&twice).reason(), Reason::RepeatedOrigin);
}

#[test]
fn cookies_over_a_limit_count_as_a_login() {
    check(&post().cookies(None), Reason::TokenMissing);
    let apart = CsrfPolicy::builder().without_carrier_cookies().finish().unwrap();
    assert_eq!(
        apart.decide(&post().cookies(None)).reason(),
        Reason::NoCarrierCookie
    );
}

#[test]
fn the_types_of_http_say_the_same() {
    let policy = policy().trusted_origin("https://b.example").finish().unwrap();
    for (uri, fields, expected) in [
        (
            "/",
            &[("origin", "https://app.example")][..],
            Reason::PublicOrigin,
        ),
        (
            "/",
            &[("sec-fetch-site", "none"), ("sec-fetch-site", "none")],
            Reason::RepeatedSite,
        ),
        ("/", &[("origin", "https://b.example")], Reason::TrustedOrigin),
        (
            "/",
            &[("authorization", "Bearer a")],
            Reason::TokenInAuthorization,
        ),
        (
            "/",
            &[
                ("authorization", "Bearer a"),
                ("cookie", "a=1"),
                ("cookie", "__Host-id=1"),
            ],
            Reason::TokenMissing,
        ),
        (
            "/?origin=https://app.example",
            &[("origin", "null")],
            Reason::NullOrigin,
        ),
        // Nobody's word but the request's own.
        (
            "/",
            &[
                ("origin", "https://evil.example"),
                ("x-forwarded-host", "evil.example"),
                ("x-forwarded-proto", "https"),
                ("forwarded", "host=evil.example;proto=https"),
                ("x-original-host", "evil.example"),
                ("x-http-method-override", "GET"),
                ("referer", "https://app.example/"),
            ],
            Reason::ForeignOrigin,
        ),
    ] {
        let mut request = http::Request::post(uri);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        assert_eq!(
            policy.decide(&Request::of(&request)).reason(),
            expected,
            "{fields:?}"
        );
    }
    let apart = CsrfPolicy::builder().without_carrier_cookies().finish().unwrap();
    for (uri, host, expected) in [
        ("/", Some("app.example"), Reason::SameHost),
        ("https://app.example/", None, Reason::SameHost),
        ("https://app.example/", Some("app.example"), Reason::SameHost),
        (
            "https://app.example/",
            Some("evil.example"),
            Reason::ForeignOrigin,
        ),
        (
            "https://evil.example/",
            Some("app.example"),
            Reason::ForeignOrigin,
        ),
        ("/", None, Reason::ForeignOrigin),
    ] {
        let mut request = http::Request::post(uri).header("origin", "https://app.example");
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let request = request.body(()).unwrap();
        assert_eq!(
            apart.decide(&Request::of(&request)).reason(),
            expected,
            "{uri} {host:?}"
        );
    }
}
