//! What is no policy is an error where it is built.

use cloakroom_csrf::{CsrfPolicy, CsrfPolicyBuilder};

#[track_caller]
fn check(policy: CsrfPolicyBuilder, expected: &str) {
    let said = policy.finish().map_err(|error| error.to_string());
    assert_eq!(said.map(|_| ()), Err(expected.to_owned()));
}

fn policy() -> CsrfPolicyBuilder {
    CsrfPolicy::builder().carrier_cookie("__Host-id")
}

#[test]
fn a_mistake_is_one_line_that_names_its_setting() {
    check(
        CsrfPolicy::builder(),
        "the cookies that carry a login are not named: call carrier_cookie, or without_carrier_cookies",
    );
    check(
        policy().without_carrier_cookies(),
        "carrier cookies are named, and without_carrier_cookies says that there are none",
    );
    check(
        policy().carrier_cookie("a b"),
        "carrier cookie 2 has no cookie-name",
    );
    check(policy().carrier_cookie(""), "carrier cookie 2 has no cookie-name");
    for (origin, expected) in [
        ("app.example", "begins with a scheme in lower case and `://`"),
        ("null", "is null, which anybody can have"),
        ("*", "begins with a scheme in lower case and `://`"),
        (
            "https://App.example",
            "has a host as browsers write it: lower case, punycode, the shortest form of an address",
        ),
        (
            "https://app.example/",
            "ends with its host and port: no slash, path, query or user",
        ),
        (
            "https://app.example:443",
            "leaves the scheme's own port out, as browsers do",
        ),
        (
            "https://app.example:https",
            "has a port from 1 to 65535 behind its colon",
        ),
    ] {
        check(
            policy().public_origin(origin),
            &format!("the public origin {expected}"),
        );
        check(
            policy()
                .trusted_origin("https://b.example")
                .trusted_origin(origin),
            &format!("trusted origin 2 {expected}"),
        );
    }
    check(
        policy().public_origin("app://app"),
        "the public origin is an http or https one",
    );
    check(
        policy()
            .public_origin("https://a.example")
            .public_origin("https://b.example"),
        "the public origin is said twice: further ones are trusted origins",
    );
    check(
        policy().exempt("POST ", "/"),
        "exemption 1 has a method that is no token",
    );
    check(
        policy().exempt("POST", "/hook?a"),
        "exemption 1 has a path that does not begin with `/`, or has a query or a byte that no path has",
    );
    check(
        policy().require_token("POST", "login"),
        "route 1 that needs a token has a path that does not begin with `/`, or has a query or a byte that no path has",
    );
    check(
        policy().require_token("GET", "/login"),
        "route 1 that needs a token has a method that changes nothing",
    );
    check(
        policy()
            .require_token("POST", "/a")
            .require_token("POST", "/b")
            .exempt("POST", "/b"),
        "route 2 that needs a token is exempt, too",
    );
    // The first mistake is the one that is told.
    check(
        policy().exempt("", "/").public_origin("null"),
        "exemption 1 has a method that is no token",
    );
}
