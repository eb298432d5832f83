//! Conversions to and from the types of `cookie` 0.18.
#![cfg(feature = "cookie-0_18")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration as StdDuration;

use cloakroom_cookie::{SameSite, SetCookie};
use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, Expiration};

#[track_caller]
fn there_and_back(ours: &SetCookie, theirs_writes: &str) {
    let theirs = Cookie::from(ours);
    assert_eq!(theirs.to_string(), theirs_writes);
    assert_eq!(SetCookie::try_from(&theirs).as_ref(), Ok(ours));
    // What they write, they read; the conversion takes that too.
    let read_back = Cookie::parse(theirs_writes.to_owned()).unwrap();
    assert_eq!(SetCookie::try_from(read_back).as_ref(), Ok(ours));
}

#[test]
fn nothing_is_lost_on_the_way_there_and_back() {
    let session = SetCookie::host("id", "abc").finish().unwrap();
    there_and_back(&session, "__Host-id=abc; HttpOnly; SameSite=Lax; Secure; Path=/");
    there_and_back(
        &session.removal(),
        "__Host-id=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    );
    let full = SetCookie::new("n", "\"v\"")
        .path("/p")
        .domain(".A.example")
        .same_site(SameSite::None)
        .partitioned();
    there_and_back(
        &full
            .persistent(StdDuration::from_secs(34_560_000))
            .finish()
            .unwrap(),
        "n=\"v\"; HttpOnly; SameSite=None; Partitioned; Secure; Path=/p; Domain=a.example; Max-Age=34560000",
    );
    let bare = SetCookie::new("n", "")
        .insecure()
        .script_readable()
        .without_path()
        .without_same_site();
    there_and_back(&bare.finish().unwrap(), "n=");
    let strict = SetCookie::new("n", "v")
        .insecure()
        .same_site(SameSite::Strict)
        .finish()
        .unwrap();
    there_and_back(&strict, "n=v; HttpOnly; SameSite=Strict; Path=/");
}

#[test]
fn what_their_crate_adds_when_it_writes_is_there() {
    for (theirs, written) in [
        (
            Cookie::build(("n", "v")).same_site(cookie::SameSite::None),
            "n=v; Secure; SameSite=None",
        ),
        (
            Cookie::build(("n", "v")).partitioned(true),
            "n=v; Secure; Partitioned",
        ),
        (
            Cookie::build(("n", "v")).partitioned(true).secure(false),
            "n=v; Secure; Partitioned",
        ),
        (Cookie::build(("n", "v")).secure(false).http_only(false), "n=v"),
        (Cookie::build(("n", "v")).expires(Expiration::Session), "n=v"),
        (
            Cookie::build(("n", "v")).max_age(Duration::seconds(5)),
            "n=v; Max-Age=5",
        ),
    ] {
        assert_eq!(
            SetCookie::try_from(theirs.build()).unwrap().to_header_string(),
            written
        );
    }
    let mut removal = Cookie::build(("n", "v")).path("/").build();
    removal.make_removal();
    assert_eq!(
        SetCookie::try_from(&removal).unwrap().to_header_string(),
        "n=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    );
}

#[test]
fn what_has_no_counterpart_is_an_error() {
    let build = || Cookie::build(("n", "v"));
    for (theirs, error) in [
        (
            build().expires(OffsetDateTime::UNIX_EPOCH),
            "Expires cannot be kept: only Max-Age can",
        ),
        (
            build()
                .expires(OffsetDateTime::UNIX_EPOCH)
                .max_age(Duration::seconds(1)),
            "Expires cannot be kept: only Max-Age can",
        ),
        (
            build().max_age(Duration::milliseconds(1500)),
            "Max-Age is not a whole number of seconds",
        ),
        (
            build().max_age(Duration::days(401)),
            "Max-Age is longer than 400 days",
        ),
        (build().max_age(Duration::MAX), "Max-Age is longer than 400 days"),
        (
            build().max_age(Duration::ZERO),
            "cookie-value of a removal is not empty",
        ),
        (
            build().max_age(Duration::MIN),
            "cookie-value of a removal is not empty",
        ),
        (
            build().same_site(cookie::SameSite::None).secure(false),
            "SameSite=None needs Secure",
        ),
        (build().domain("com"), "domain-value has a single label"),
        (
            build().path("p"),
            "path-value does not begin with a slash at byte 0",
        ),
        (
            Cookie::build(("n", "a;b")),
            "cookie-value has a forbidden octet at byte 1",
        ),
        (
            Cookie::build(("n n", "v")),
            "cookie-name has a forbidden octet at byte 1",
        ),
        (
            Cookie::build(("__host-n", "v")),
            "__Host- in cookie-name needs Secure",
        ),
    ] {
        assert_eq!(
            SetCookie::try_from(theirs.build()).unwrap_err().to_string(),
            error
        );
    }
}
