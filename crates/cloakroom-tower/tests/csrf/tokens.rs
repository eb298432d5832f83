//! Tokens of sessions, in a field of the header and in one of a form.

use axum::body::Body;
use cloakroom_tower::cloakroom_csrf::{Binding, CsrfTokens, Reason};
use cloakroom_tower::cloakroom_keyring::{Key, KeyRing};
use cloakroom_tower::testing::{in_session, with_csrf_token};
use http::Request;
use http::header::COOKIE;

use crate::desk::{Desk, HOUR, T0, policy, ring};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=UTF-8");

async fn token(desk: &Desk, cookie: &str) -> String {
    let page = desk.ask("GET", "/page", &[("cookie", cookie)], "").await;
    assert_eq!(page.status, 200);
    assert!(page.no_store());
    assert_eq!(page.vary(), ["Cookie"]);
    page.body
}

#[tokio::test]
async fn g3_a_token_of_the_session_decides_where_the_browser_says_nothing() {
    let desk = Desk::new();
    let (cookie, other) = (desk.cookie("u1").await, desk.cookie("u1").await);
    let good = token(&desk, &cookie).await;
    let foreign = token(&desk, &other).await;
    let ask = async |cookie: &str, token: &str| {
        let fields = [("cookie", cookie), ("x-csrf-token", token)];
        desk.ask("POST", "/transfer", &fields, "").await
    };
    ask(&cookie, &good).await.is(200, "token");
    ask(&other, &good).await.is_refused(Reason::TokenRejected);
    ask(&cookie, &foreign).await.is_refused(Reason::TokenRejected);
    ask(&cookie, "junk").await.is_refused(Reason::TokenRejected);
    ask(&cookie, "").await.is_refused(Reason::TokenRejected);
    // Two sessions in one request: whose token it is cannot be told.
    ask(&format!("{cookie}; {other}"), &good)
        .await
        .is_refused(Reason::TokenRejected);
    let twice = [
        ("cookie", &*cookie),
        ("x-csrf-token", &*good),
        ("x-csrf-token", &*good),
    ];
    desk.ask("POST", "/transfer", &twice, "")
        .await
        .is_refused(Reason::TokenRejected);
    desk.at(T0 + 12 * HOUR - 1);
    ask(&cookie, &good).await.is(200, "token");
    desk.at(T0 + 12 * HOUR);
    ask(&cookie, &good).await.is_refused(Reason::TokenExpired);
}

#[tokio::test]
async fn g3_two_renders_of_a_page_have_two_tokens() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let (a, b) = (token(&desk, &cookie).await, token(&desk, &cookie).await);
    assert_ne!(a, b);
    for token in [a, b] {
        let fields = [("cookie", &*cookie), ("x-csrf-token", &*token)];
        desk.ask("POST", "/transfer", &fields, "").await.is(200, "token");
    }
}

#[tokio::test]
async fn g3_a_route_may_need_a_token_as_well() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let token = token(&desk, &cookie).await;
    let with = |fields: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let mut fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        fields.push(("cookie", cookie.clone()));
        fields
    };
    for (fields, body, expected) in [
        (with(&[OWN]), "", Err(Reason::TokenMissing)),
        (with(&[OWN, ("x-csrf-token", &token)]), "", Ok("")),
        (with(&[OWN, FORM]), "a=1", Err(Reason::TokenMissing)),
        (with(&[OWN, FORM]), "csrf_token=", Err(Reason::TokenRejected)),
        (
            with(&[OWN, FORM]),
            "a=1&csrf_token=T&b=2",
            Ok("a=1&csrf_token=T&b=2"),
        ),
        (
            with(&[OWN, FORM]),
            "csrf_token=T&csrf_token=T",
            Err(Reason::TokenRejected),
        ),
        // The field of the header counts before that of the form.
        (
            with(&[OWN, FORM, ("x-csrf-token", "junk")]),
            "csrf_token=T",
            Err(Reason::TokenRejected),
        ),
        (
            with(&[OWN, ("content-type", "text/plain")]),
            "csrf_token=T",
            Err(Reason::TokenMissing),
        ),
        // A good token is no way around the rules.
        (
            with(&[("sec-fetch-site", "cross-site"), FORM]),
            "csrf_token=T",
            Err(Reason::CrossSite),
        ),
    ] {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, &**value)).collect();
        let body = body.replace('T', &token);
        let answer = desk.ask("POST", "/form", &fields, &body).await;
        match expected {
            Ok(echo) => answer.is(200, &echo.replace('T', &token)),
            Err(reason) => answer.is_refused(reason),
        }
    }
    // Alone where the browser says nothing.
    let fields = [("cookie", &*cookie), FORM];
    let body = format!("csrf_token={token}");
    desk.ask("POST", "/form", &fields, &body).await.is(200, &body);
}

#[tokio::test]
async fn g3_a_form_is_collected_up_to_a_limit() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let token = token(&desk, &cookie).await;
    let body = |length: usize| {
        let body = format!("csrf_token={token}&a=");
        let rest = length - body.len();
        body + &"x".repeat(rest)
    };
    let fields = [("cookie", &*cookie), FORM, OWN];
    desk.ask("POST", "/form", &fields, &body(1000))
        .await
        .is(200, &body(1000));
    desk.ask("POST", "/form", &fields, &body(1001))
        .await
        .is(413, "the form is too large\n");
    let length = [("content-length", "1001"), fields[0], FORM, OWN];
    desk.ask("POST", "/form", &length, &body(1001))
        .await
        .is_refused(Reason::TokenMissing);
    let broken = Body::new(Broken);
    let mut request = Request::post("/form").body(broken).unwrap();
    for (name, value) in fields {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    desk.send(request).await.is(400, "the form could not be read\n");
}

/// A body that breaks off.
struct Broken;

impl axum::body::HttpBody for Broken {
    type Data = axum::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())))
    }
}

#[tokio::test]
async fn g3_keys_change_while_the_server_runs() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let new = Key::from_bytes(&(100..132).collect::<Vec<u8>>()).unwrap();
    let announced = ring().announce(new.clone()).unwrap();
    let activated = announced.activate(new.id()).unwrap();
    let old = token(&desk, &cookie).await;
    desk.csrf.replace_keys(&activated);
    let by_new = token(&desk, &cookie).await;
    for (ring, expected) in [
        (announced, [true, true]),
        (activated, [true, true]),
        (KeyRing::single(new), [false, true]),
    ] {
        desk.csrf.replace_keys(&ring);
        for (token, expected) in [&old, &by_new].into_iter().zip(expected) {
            let fields = [("cookie", &*cookie), ("x-csrf-token", token)];
            let answer = desk.ask("POST", "/transfer", &fields, "").await;
            assert_eq!(answer.status == 200, expected);
        }
    }
}

#[tokio::test]
async fn g3_tokens_may_be_bound_to_whatever_carries_a_login() {
    let tokens = CsrfTokens::new(&ring());
    let desk = Desk::with(policy(), |layer| {
        layer.bind(|headers, _| {
            let ticket = headers.get("x-ticket")?.as_bytes();
            Some(Binding::ticket(ticket.try_into().ok()?))
        })
    });
    let now = cloakroom_tower::cloakroom_core::UnixTime::from_millis(T0);
    let good = tokens.issue(&Binding::ticket(*b"0123456789abcdef"), now).unwrap();
    for (ticket, expected) in [("0123456789abcdef", 200), ("0123456789abcdeF", 403)] {
        let fields = [
            ("x-ticket", ticket),
            ("cookie", "__Host-id=x"),
            ("x-csrf-token", &good),
        ];
        assert_eq!(desk.ask("POST", "/transfer", &fields, "").await.status, expected);
    }
}

#[tokio::test]
async fn g3_the_helper_for_tests_makes_requests_that_pass() {
    let desk = Desk::new();
    let request = || Request::post("/transfer").body(Body::empty()).unwrap();
    let logged_in = in_session(request(), &desk.sessions, "u1").await.unwrap();
    let request = with_csrf_token(logged_in, &desk.csrf).unwrap();
    assert_eq!(request.headers().get_all(COOKIE).iter().count(), 1);
    desk.send(request).await.is(200, "token");
    let visitor = Request::post("/login").body(Body::empty()).unwrap();
    let visitor = with_csrf_token(visitor, &desk.csrf).unwrap();
    assert_eq!(desk.send(visitor).await.status, 303);
}
