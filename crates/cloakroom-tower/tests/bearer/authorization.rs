//! The Authorization field: its syntax, and that it alone decides.

use axum::body::Body;
use cloakroom_tower::BearerVerifier;
use cloakroom_tower::EventKind::{CredentialsMalformed, TokenRejected, Verified};
use http::header::AUTHORIZATION;
use http::{Method, Request};

use crate::desk::{Desk, good, tampered, verifier};

const MALFORMED: &str = "Bearer error=\"invalid_request\", error_description=\"the Authorization field is not one \
                         scheme and one token\"";
const MALFORMED_LINE: &str = "the Authorization field is not one scheme and one token";
const SIGNATURE: &str =
    "Bearer error=\"invalid_token\", error_description=\"the token's signature does not verify\"";
const SIGNATURE_LINE: &str = "the token's signature does not verify";

#[tokio::test]
async fn no_credentials_are_a_401_without_an_error_code() {
    let desk = Desk::by_authorization();
    desk.ask("/", &[], &[]).await.is_plain_401();
    let realm = BearerVerifier::from_authorization(verifier())
        .realm("notes")
        .unwrap();
    let answer = Desk::with(realm).ask("/", &[], &[]).await;
    answer.refuses(401, "Bearer realm=\"notes\"", "this needs a bearer token", &[]);
}

#[tokio::test]
async fn the_scheme_is_read_in_any_letter_case() {
    let desk = Desk::by_authorization();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let field = format!("{scheme} {}", good());
        let answer = desk.ask("/", &[field.as_bytes()], &[]).await;
        answer.is("u1 editor by authorization", &[Verified]);
    }
}

#[tokio::test]
async fn spaces_before_the_token_are_as_good_as_one() {
    let desk = Desk::by_authorization();
    for spaces in [1, 2, 3, 100] {
        let field = format!("Bearer{}{}", " ".repeat(spaces), good());
        let answer = desk.ask("/", &[field.as_bytes()], &[]).await;
        answer.is("u1 editor by authorization", &[Verified]);
    }
}

#[tokio::test]
async fn another_scheme_is_no_bearer_token() {
    let desk = Desk::by_authorization();
    for field in [
        &b"Basic dTE6cA=="[..],
        b"Negotiate",
        b"DPoP abc",
        b"Digest a=\"b\", c=d",
    ] {
        desk.ask("/", &[field], &[]).await.is_plain_401();
    }
}

#[tokio::test]
async fn a_malformed_field_is_a_400() {
    let desk = Desk::by_authorization();
    let good = good();
    let fields = [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer   ".to_owned(),
        format!("Bearer \t{good}"),
        format!("Bearer {good}  {good}"),
        format!("Bearer\t{good}"),
        format!("Bearer {good} "),
        format!("Bearer {good},{good}"),
        format!("Bearer {good} x"),
        format!("Bearer \"{good}\""),
        format!("Bearer token={good}"),
        "Bearer =".to_owned(),
        good.replace('.', ","),
        String::new(),
    ];
    for field in &fields {
        let answer = desk.ask("/", &[field.as_bytes()], &[]).await;
        answer.refuses(400, MALFORMED, MALFORMED_LINE, &[CredentialsMalformed]);
    }
    let answer = desk.ask("/", &[b"Bearer \xe4.b.c"], &[]).await;
    answer.refuses(400, MALFORMED, MALFORMED_LINE, &[CredentialsMalformed]);
}

#[tokio::test]
async fn two_fields_are_a_400_even_when_both_are_good() {
    let desk = Desk::by_both();
    let good = format!("Bearer {}", good());
    let cookie = good.replace("Bearer ", "__Host-jwt=");
    for other in [good.as_bytes(), b"Bearer x", b"Basic dTE6cA==", b""] {
        for fields in [[good.as_bytes(), other], [other, good.as_bytes()]] {
            let answer = desk.ask("/", &fields, &[&cookie]).await;
            answer.refuses(400, MALFORMED, MALFORMED_LINE, &[CredentialsMalformed]);
        }
    }
}

#[tokio::test]
async fn what_stands_in_authorization_never_makes_a_cookie_count() {
    let desk = Desk::by_both();
    let cookie = format!("__Host-jwt={}", good());
    let answer = desk.ask("/", &[], &[&cookie]).await;
    answer.is("u1 editor by cookie", &[Verified]);
    let field = format!("Bearer {}", good());
    let answer = desk.ask("/", &[field.as_bytes()], &[&cookie]).await;
    answer.is("u1 editor by authorization", &[Verified]);
    // Junk beside a good cookie.
    let field = format!("Bearer {}", tampered());
    let answer = desk.ask("/", &[field.as_bytes()], &[&cookie]).await;
    answer.refuses(401, SIGNATURE, SIGNATURE_LINE, &[TokenRejected]);
    let answer = desk.ask("/", &[b"Bearer "], &[&cookie]).await;
    answer.refuses(400, MALFORMED, MALFORMED_LINE, &[CredentialsMalformed]);
    desk.ask("/", &[b"Basic dTE6cA=="], &[&cookie])
        .await
        .is_plain_401();
    // A good token beside a junk cookie.
    let field = format!("Bearer {}", good());
    let answer = desk.ask("/", &[field.as_bytes()], &["__Host-jwt=junk"]).await;
    answer.is("u1 editor by authorization", &[Verified]);
}

#[tokio::test]
async fn a_token_anywhere_else_is_no_token() {
    let desk = Desk::by_both();
    let good = good();
    for path in [
        format!("/?access_token={good}"),
        format!("/?token={good}&bearer={good}"),
    ] {
        desk.ask(&path, &[], &[]).await.is_plain_401();
    }
    let request = Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-authorization", format!("Bearer {good}"))
        .header("proxy-authorization", format!("Bearer {good}"))
        .body(Body::from(format!("access_token={good}")));
    desk.call(request.unwrap()).await.is_plain_401();
    let cookies = format!("jwt={good}; __host-jwt={good}; access_token={good}; %5F%5FHost-jwt={good}");
    desk.ask("/", &[], &[&cookies]).await.is_plain_401();
}

#[tokio::test]
async fn a_head_request_is_answered_like_a_get() {
    let desk = Desk::by_authorization();
    for (token, status, challenge) in [(good(), 200, None), (tampered(), 401, Some(SIGNATURE))] {
        let request = Request::builder()
            .method(Method::HEAD)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty());
        let answer = desk.call(request.unwrap()).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (status, ""));
        let found = answer.headers.get("www-authenticate");
        assert_eq!(found.map(|value| value.to_str().unwrap()), challenge);
    }
}

#[tokio::test]
async fn a_field_of_64_kib_is_refused_by_its_length() {
    let desk = Desk::by_authorization();
    // Were more looked at than the length, the first would be malformed: it has characters that no token has.
    for junk in [
        "a,".repeat(32 * 1024),
        "a".repeat(64 * 1024),
        ".".repeat(64 * 1024),
    ] {
        let answer = desk.bring(&junk).await;
        answer.refuses(
            401,
            "Bearer error=\"invalid_token\", error_description=\"the token is longer than the policy allows\"",
            "the token is longer than the policy allows",
            &[TokenRejected],
        );
    }
    let scheme = "x".repeat(64 * 1024);
    let answer = desk.ask("/", &[scheme.as_bytes()], &[]).await;
    answer.refuses(400, MALFORMED, MALFORMED_LINE, &[CredentialsMalformed]);
}
