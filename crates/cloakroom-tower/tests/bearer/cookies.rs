//! Tokens that a cookie carries.

use axum::body::Body;
use cloakroom_tower::EventKind::{Conflict, LimitExceeded, TokenRejected, TokenUnreadable, Verified};
use cloakroom_tower::cloakroom_cookie::CookieName;
use cloakroom_tower::{BearerVerifier, InvalidBearerVerifier, Reach};
use http::header::COOKIE;
use http::{Request, StatusCode};
use serde_json::json;

use crate::desk::{AUDIENCE, COOKIE_NAME, Claims, Desk, T0, good, tampered, token, verifier};

const CHALLENGE: &str = "Cookie cookie-name=\"__Host-jwt\"";
const SIGNATURE: &str = "the token's signature does not verify";
const REQUIRED: &str = "this needs a bearer token";

#[tokio::test]
async fn a_cookie_carries_a_token_where_that_is_said() {
    let cookie = format!("a=1; __Host-jwt={}; b=2", good());
    for desk in [Desk::by_cookie(), Desk::by_both()] {
        let answer = desk.ask("/", &[], &[&cookie]).await;
        answer.is("u1 editor by cookie", &[Verified]);
        let answer = desk.ask("/", &[], &["a=1", &cookie]).await;
        answer.is("u1 editor by cookie", &[Verified]);
    }
    Desk::by_authorization()
        .ask("/", &[], &[&cookie])
        .await
        .is_plain_401();
}

#[tokio::test]
async fn where_a_cookie_alone_is_configured_authorization_is_not_looked_at() {
    let desk = Desk::by_cookie();
    let (field, cookie) = (format!("Bearer {}", good()), format!("__Host-jwt={}", good()));
    let answer = desk.ask("/", &[field.as_bytes()], &[]).await;
    answer.refuses(401, CHALLENGE, REQUIRED, &[]);
    for fields in [&[field.as_bytes()][..], &[b"Basic dTE6cA=="], &[b"", b"x"]] {
        let answer = desk.ask("/", fields, &[&cookie]).await;
        answer.is("u1 editor by cookie", &[Verified]);
    }
}

#[tokio::test]
async fn another_name_is_another_cookie() {
    let desk = Desk::by_cookie();
    for name in ["jwt", "__host-jwt", "__Host-JWT", "%5F%5FHost-jwt", "__Host-jwt2"] {
        let answer = desk.ask("/", &[], &[&format!("{name}={}", good())]).await;
        answer.refuses(401, CHALLENGE, REQUIRED, &[]);
    }
}

#[tokio::test]
async fn a_cookie_that_does_not_verify_is_told_and_not_removed() {
    let (by_cookie, by_both) = (Desk::by_cookie(), Desk::by_both());
    let quoted = format!("\"{}\"", good());
    let malformed = "the token is not a well-formed JWS compact serialization";
    for (value, line) in [
        (&*tampered(), SIGNATURE),
        ("junk", malformed),
        ("", malformed),
        (&*quoted, malformed),
        ("\u{e4}", malformed),
        (&*token(&json!({ "exp": T0 })), "the token has expired"),
    ] {
        let cookie = format!("__Host-jwt={value}");
        let answer = by_cookie.ask("/", &[], &[&cookie]).await;
        answer.refuses(401, CHALLENGE, line, &[TokenRejected]);
        // Here a client may come back with Authorization, so that is what it is told.
        let answer = by_both.ask("/", &[], &[&cookie]).await;
        let challenge = format!("Bearer error=\"invalid_token\", error_description=\"{line}\"");
        answer.refuses(401, &challenge, line, &[TokenRejected]);
    }
}

#[tokio::test]
async fn a6_at_most_four_duplicates_are_tried_and_differing_ones_conflict() {
    let desk = Desk::by_cookie();
    let one = format!("__Host-jwt={}", good());
    let two = format!("__Host-jwt={}", token(&json!({ "role": "admin" })));
    let other = format!("__Host-jwt={}", token(&json!({ "role": 1 })));
    let junk = "__Host-jwt=junk";
    let bad = format!("__Host-jwt={}", tampered());
    let malformed = "the token is not a well-formed JWS compact serialization";
    let conflict = "two cookies hold different tokens";
    for (cookies, refused) in [
        (vec![junk, &one], None),
        (vec![&one, junk], None),
        (vec![&one, &bad], None),
        (vec![junk, junk, junk, &one], None),
        (
            vec![junk, junk, junk, junk, &one],
            Some((malformed, TokenRejected)),
        ),
        (vec![&one, &one, &one, &one], None),
        (vec![&one, &two], Some((conflict, Conflict))),
        // One of them is of another application's shape, and verifies all the same.
        (vec![&one, &other], Some((conflict, Conflict))),
        (vec![&other, &one], Some((conflict, Conflict))),
        (
            vec![&other, junk],
            Some((
                "the token's claims are not those that this needs",
                TokenUnreadable,
            )),
        ),
        (vec![&two, &one, &one], Some((conflict, Conflict))),
        (vec![junk, &one, junk, &two], Some((conflict, Conflict))),
        (vec![&one, junk, junk, junk, &two], None),
        (vec![&bad, junk], Some((SIGNATURE, TokenRejected))),
    ] {
        // In one header and in one header each.
        for fields in [vec![&*cookies.join("; ")], cookies.clone()] {
            let answer = desk.ask("/", &[], &fields).await;
            match refused {
                None => answer.is("u1 editor by cookie", &[Verified]),
                Some((line, event)) => answer.refuses(401, CHALLENGE, line, &[event]),
            }
        }
    }
}

#[tokio::test]
async fn a_cookie_header_over_the_limit_is_not_read() {
    let cookies = format!("{}; __Host-jwt={}", "a=1; ".repeat(8000), good());
    for (desk, status, events) in [
        (Desk::by_cookie(), 431, &[LimitExceeded][..]),
        (Desk::by_both(), 431, &[LimitExceeded]),
        // Planted cookies are nothing to a route that reads none.
        (Desk::by_authorization(), 401, &[]),
    ] {
        let request = Request::get("/maybe").header(COOKIE, &cookies);
        let answer = desk.call(request.body(Body::empty()).unwrap()).await;
        if status == 431 {
            assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        } else {
            answer.is("nobody", &[]);
            continue;
        }
        assert_eq!(answer.events, events);
        assert!(!answer.headers.contains_key("www-authenticate"));
    }
}

#[test]
fn a_cookie_that_others_can_set_is_refused_unless_that_is_said() {
    type Result = core::result::Result<BearerVerifier<Claims>, InvalidBearerVerifier>;
    let from = |name, reach| -> Result { BearerVerifier::from_cookie_of(verifier(), name, reach) };
    let or =
        |name, reach| -> Result { BearerVerifier::from_authorization(verifier()).or_cookie_of(name, reach) };
    for name in ["jwt", "__Secure-jwt", "__Http-jwt"] {
        let name = CookieName::from_static(name);
        for refused in [from(name.clone(), Reach::Host), or(name.clone(), Reach::Host)] {
            let expected = InvalidBearerVerifier::NotHostBound { cookie: name.clone() };
            assert_eq!(refused.unwrap_err(), expected);
        }
        for made in [
            from(name.clone(), Reach::SharedWithSubdomains),
            or(name.clone(), Reach::SharedWithSubdomains),
        ] {
            assert_eq!(made.unwrap().cookie(), Some(&name));
        }
    }
    for name in [COOKIE_NAME, CookieName::from_static("__Host-Http-jwt")] {
        assert!(from(name.clone(), Reach::Host).is_ok() && or(name, Reach::Host).is_ok());
    }
    let expected = "the cookie jwt begins with neither `__Host-` nor `__Host-Http-`, so other hosts of the domain can \
                    set it; say `Reach::SharedWithSubdomains` if they may";
    let refused = from(CookieName::from_static("jwt"), Reach::Host).unwrap_err();
    assert_eq!(refused.to_string(), expected);
    assert!(!expected.contains(AUDIENCE));
}

#[test]
fn a_realm_is_what_a_challenge_can_quote() {
    for (realm, ok) in [
        ("notes of the house", true),
        ("", true),
        ("a\"b", false),
        ("a\\b", false),
        ("a\r\nb", false),
        ("\u{e4}", false),
        ("\u{7f}", false),
    ] {
        let made = BearerVerifier::<Claims>::from_authorization(verifier()).realm(realm);
        assert_eq!(
            made.err(),
            (!ok).then_some(InvalidBearerVerifier::Realm),
            "{realm:?}"
        );
    }
}
