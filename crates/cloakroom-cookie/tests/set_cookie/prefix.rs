//! B3: prefixes.

use cloakroom_cookie::{CookieName, Prefix, SameSite, SetCookie, SetCookieBuilder};

use crate::{SECOND, finish, refused};

const NAME: CookieName = CookieName::from_static("__Host-n");

#[test]
fn b3_prefix_constructors_write_what_the_prefix_asks_for() {
    for (written, cookie) in [
        (
            "__Secure-n=v; Path=/; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::secure_prefix("n", "v")),
        ),
        (
            "__Host-n=v; Path=/; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::host("n", "v")),
        ),
        (
            "__Http-n=v; Path=/; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::http("n", "v")),
        ),
        (
            "__Host-Http-n=v; Path=/; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::host_http("n", "v")),
        ),
        // A name that carries exactly that prefix is taken as it is.
        (
            "__Host-n=v; Path=/; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::host("__Host-n", "v")),
        ),
        (
            "__Http-n=v; Path=/; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::http("__Http-n", "v")),
        ),
        // What the prefix leaves open can be set.
        (
            "__Secure-n=v; Path=/p; Domain=a.b; Secure; SameSite=Lax",
            finish(
                SetCookie::secure_prefix("n", "v")
                    .path("/p")
                    .domain("a.b")
                    .script_readable(),
            ),
        ),
        (
            "__Secure-n=v; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::secure_prefix("n", "v").without_path()),
        ),
        (
            "__Http-n=v; Path=/p; Domain=a.b; Secure; HttpOnly; SameSite=Lax",
            finish(SetCookie::http("n", "v").path("/p").domain("a.b")),
        ),
        (
            "__Host-n=v; Path=/; Secure; SameSite=Strict",
            finish(
                SetCookie::host("n", "v")
                    .script_readable()
                    .same_site(SameSite::Strict),
            ),
        ),
        (
            "__Host-Http-n=v; Path=/; Max-Age=1; Secure; HttpOnly; SameSite=None; Partitioned",
            finish(
                SetCookie::host_http("n", "v")
                    .same_site(SameSite::None)
                    .partitioned()
                    .persistent(SECOND),
            ),
        ),
    ] {
        assert_eq!(cookie.unwrap(), written);
    }
    assert_eq!(SetCookie::host(&NAME, "").finish().unwrap().name(), &NAME);
    assert_eq!(
        SetCookie::host(NAME, "").finish().unwrap().name().prefix(),
        Some(Prefix::Host)
    );
}

#[test]
fn b3_a_name_takes_one_prefix() {
    let error = "cookie-name begins with another prefix already at byte 0";
    refused(finish(SetCookie::host("__Secure-n", "v")), error);
    refused(finish(SetCookie::host("__HOST-n", "v")), error);
    refused(finish(SetCookie::http("__Host-n", "v")), error);
    refused(finish(SetCookie::host_http("__Host-n", "v")), error);
    // `__Host-Http-` begins with exactly `__Host-`; and the longer prefix's rule is then the name's.
    assert!(SetCookie::host("__Host-Http-n", "v").finish().is_ok());
    refused(
        finish(SetCookie::host("Http-n", "v").script_readable()),
        "__Host-Http- in cookie-name needs HttpOnly",
    );
}

#[test]
fn b3_a_hand_written_prefix_has_the_same_rule_in_any_letter_case() {
    type Break = fn(SetCookieBuilder) -> SetCookieBuilder;
    let insecure: Break = |cookie| cookie.insecure();
    let readable: Break = |cookie| cookie.script_readable();
    let path: Break = |cookie| cookie.path("/p");
    let no_path: Break = |cookie| cookie.without_path();
    let domain: Break = |cookie| cookie.domain("a.b");
    let all = [
        ("needs Secure", insecure),
        ("needs HttpOnly", readable),
        ("needs Path=/", path),
        ("needs Path=/", no_path),
        ("forbids Domain", domain),
    ];
    for (prefix, broken_by) in [
        ("__Secure-", &["needs Secure"][..]),
        ("__Host-", &["needs Secure", "needs Path=/", "forbids Domain"]),
        ("__Http-", &["needs Secure", "needs HttpOnly"]),
        (
            "__Host-Http-",
            &["needs Secure", "needs HttpOnly", "needs Path=/", "forbids Domain"],
        ),
    ] {
        for spelled in [
            prefix.to_owned(),
            prefix.to_uppercase(),
            prefix.to_lowercase(),
            swap_case(prefix),
        ] {
            for name in [format!("{spelled}n"), spelled] {
                assert!(SetCookie::new(name.clone(), "v").finish().is_ok());
                for (rule, break_it) in all {
                    let result = finish(break_it(SetCookie::new(name.clone(), "v")));
                    if broken_by.contains(&rule) {
                        refused(result, &format!("{prefix} in cookie-name {rule}"));
                    } else {
                        assert!(result.is_ok(), "{name} {rule}");
                    }
                }
            }
        }
    }
    // Nearly a prefix is none.
    for name in ["_Host-n", "__Host_n", "Host-n", "__Hosts-n", "x__Host-n"] {
        assert!(
            SetCookie::new(name, "v")
                .insecure()
                .domain("a.b")
                .path("/p")
                .finish()
                .is_ok(),
            "{name}"
        );
    }
}

/// Compiles when `$type` has none of the traits: else two implementations of `Probe` would fit.
macro_rules! lacks {
    ($type:ty: $($bound:path),+) => { $( {
        trait Probe<Marker> {
            fn probe() {}
        }
        impl<T> Probe<()> for T {}
        impl<T: $bound> Probe<u8> for T {}
        <$type as Probe<_>>::probe();
    } )+ };
}

#[test]
fn b3_setters_that_would_break_the_promise_are_not_there() {
    use cloakroom_cookie::prefixed::{
        Host, HostHttp, Http, MayBeInsecure, MayBeScoped, MayBeScriptReadable, Secure,
    };
    lacks!(Secure: MayBeInsecure);
    lacks!(Host: MayBeInsecure, MayBeScoped);
    lacks!(Http: MayBeInsecure, MayBeScriptReadable);
    lacks!(HostHttp: MayBeInsecure, MayBeScoped, MayBeScriptReadable);
    // The constructors promise what their names say.
    let _: SetCookieBuilder<Secure> = SetCookie::secure_prefix("n", "");
    let _: SetCookieBuilder<Host> = SetCookie::host("n", "");
    let _: SetCookieBuilder<Http> = SetCookie::http("n", "");
    let _: SetCookieBuilder<HostHttp> = SetCookie::host_http("n", "");
}

fn swap_case(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}
