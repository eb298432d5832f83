//! Identities and cross-site requests.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use cloakroom_tower::cloakroom_cookie::SetCookie;
use cloakroom_tower::cloakroom_csrf::CsrfPolicy;
use cloakroom_tower::{CookieLayer, CsrfLayer, CsrfToken, EventKind, SessionCookie};
use http::{HeaderValue, Request};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use crate::desk::{Desk, ISSUER, Plan, request, ring};

const NOT_PASSED: &str = "no CsrfLayer has let this request pass, so no cookie may say who sent it: add \
                          `.layer(cloakroom_tower::CsrfLayer::new(policy, &ring))` outside of IdentityLayer\n";

fn cross_site(mut request: Request<Body>) -> Request<Body> {
    let cross = HeaderValue::from_static("cross-site");
    request.headers_mut().insert("sec-fetch-site", cross);
    request
}

async fn unguarded() -> Desk {
    Desk::with(Plan {
        csrf: false,
        ..Plan::default()
    })
    .await
}

#[tokio::test]
async fn g8_without_a_csrf_layer_no_cookie_says_who_it_is() {
    let desk = unguarded().await;
    let cookies = [
        desk.session("u1").await,
        desk.ticket("u1"),
        desk.token_cookie(&json!({})),
    ];
    for cookie in &cookies {
        for (method, path) in [
            ("POST", "/me"),
            ("POST", "/maybe"),
            ("GET", "/me"),
            ("GET", "/maybe"),
        ] {
            desk.heard();
            let answer = desk.call(request(method, path, &[cookie], "")).await;
            answer.is(403, NOT_PASSED);
            assert!(!answer.headers.contains_key("www-authenticate"));
            assert_eq!(desk.heard().last(), Some(&EventKind::CsrfMissing));
        }
    }
    // Nobody was going to be believed.
    let junk = request("POST", "/maybe", &["__Host-ticket=junk"], "");
    desk.call(junk).await.is(200, "nobody");
    let conflict = [&*cookies[0], &*desk.ticket("u2")];
    desk.call(request("POST", "/maybe", &conflict, ""))
        .await
        .is(200, "nobody");
    // No page can make a browser send this.
    let bearer = format!("Bearer {}", desk.token(&json!({})));
    let answer = desk.bear("/me", &[&bearer], &[&cookies[0]], "").await;
    answer.is(200, &format!("{ISSUER} u1 -60000 Token(Authorization)"));
}

#[tokio::test]
async fn g8_without_a_csrf_layer_nobody_is_logged_in_or_out() {
    let desk = unguarded().await;
    for steps in ["enter session u1", "enter ticket u1", "leave"] {
        desk.act(&[], steps).await.is(403, NOT_PASSED);
    }
    let session = desk.session("u1").await;
    desk.act(&[&session], "leave").await.is(403, NOT_PASSED);
    assert_eq!(desk.store.take(), [""; 0]);
}

#[tokio::test]
async fn g8_a_cookie_that_the_csrf_policy_does_not_know_says_nobody() {
    let desk = Desk::with(Plan {
        forgotten: 1,
        ..Plan::default()
    })
    .await;
    // Neither field, as some clients send it: the policy lets it pass because it sees no carrier's cookie.
    let silent = |cookie: &str| {
        let mut request = request("POST", "/me", &[cookie], "");
        request.headers_mut().remove("sec-fetch-site");
        request
    };
    let session = desk.session("u1").await;
    desk.call(silent(&session)).await.is(403, NOT_PASSED);
    // Where the browser says that the request is ours, no list decides.
    let ours = request("POST", "/me", &[&session], "");
    desk.call(ours).await.is(200, "local u1 0 Session(Cookie)");
}

#[tokio::test]
async fn the_sessions_of_another_layer_are_a_mistake_that_shows() {
    let desk = Desk::with(Plan {
        carriers: |builder, carriers| {
            let staff = SetCookie::host("staff", "").finish().unwrap();
            let staff = SessionCookie::new(&staff).unwrap();
            builder.session(&carriers.sessions.clone().cookie(staff))
        },
        ..Plan::default()
    })
    .await;
    for cookies in [&[][..], &["__Host-staff=x"]] {
        let answer = desk.call(request("GET", "/me", cookies, "")).await;
        assert_eq!(answer.status, 500);
    }
}

#[tokio::test]
async fn where_no_carrier_has_a_cookie_no_csrf_layer_is_needed() {
    let desk = Desk::with(Plan {
        csrf: false,
        carriers: |builder, carriers| builder.session(&carriers.sessions.clone().bearer()),
        ..Plan::default()
    })
    .await;
    let session = desk.session("u1").await;
    let bearer = format!("Bearer {}", session.split_once('=').unwrap().1);
    let answer = desk.bear("/", &[&bearer], &[], "who, leave").await;
    answer.is(200, "local u1 0 Session(Authorization)");
    desk.bear("/me", &[&bearer], &[], "")
        .await
        .is(401, "the credentials in Authorization are not good\n");
}

#[tokio::test]
async fn g6_junk_in_authorization_beside_a_session_cookie_is_refused_by_both_layers() {
    let desk = Desk::new().await;
    let session = desk.session("u1").await;
    for authorization in ["Bearer junk", "DPoP junk", "Basic dTpw"] {
        let bring = || {
            let mut request = request("POST", "/", &[&session], "who");
            let authorization = HeaderValue::from_static(authorization);
            request.headers_mut().insert("authorization", authorization);
            request
        };
        let answer = desk.call(cross_site(bring())).await;
        let refused = "this request is refused, because another site may have sent it (cross_site)\n";
        answer.is(403, refused);
        // The other layer alone, and a request that the first lets pass.
        let alone = unguarded().await.call(cross_site(bring())).await;
        alone.is(401, "the credentials in Authorization are not good\n");
        let same_origin = desk.call(bring()).await;
        same_origin.is(401, "the credentials in Authorization are not good\n");
    }
    assert_eq!(desk.store.take(), [""; 0], "the session is not even looked for");
}

#[tokio::test]
async fn a_cross_site_post_with_a_cookie_reaches_no_handler() {
    let desk = Desk::new().await;
    for cookie in [
        desk.session("u1").await,
        desk.ticket("u1"),
        desk.token_cookie(&json!({})),
    ] {
        let answer = desk
            .call(cross_site(request("POST", "/", &[&cookie], "leave")))
            .await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.set_cookies(), [("", ""); 0]);
        assert_eq!(desk.maybe(&[&cookie]).await.status, 200);
    }
}

#[tokio::test]
async fn a_csrf_token_is_bound_to_a_ticket_and_nothing_is_sent_for_that() {
    let desk = Desk::new().await;
    let (ticket, other) = (desk.ticket("u1"), desk.ticket("u2"));
    desk.rotate();
    let now = desk.now();
    let policy = CsrfPolicy::builder()
        .public_origin("https://app.example")
        .carrier_cookie("__Host-ticket")
        .require_token_everywhere();
    let csrf = CsrfLayer::new(policy.finish().unwrap(), &ring())
        .with_clock(move || now)
        .bind_ticket(&desk.sealer);
    let app = Router::new()
        .route("/", any(async |csrf: CsrfToken| csrf.as_str().to_owned()))
        .layer(csrf)
        .layer(CookieLayer::new().with_clock(move || now));
    let call = async |method: &str, cookies: &str, token: &str| {
        let request = Request::builder()
            .method(method)
            .header("cookie", cookies)
            .header("sec-fetch-site", "same-origin")
            .header("x-csrf-token", token);
        let answer = app
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let (head, body) = answer.into_parts();
        let set = head.headers.get_all("set-cookie").iter();
        let set: Vec<_> = set
            .map(|line| line.to_str().unwrap().split('=').next().unwrap().to_owned())
            .collect();
        let body = body.collect().await.unwrap().to_bytes();
        (
            head.status.as_u16(),
            set,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    };
    // Under a retiring key: whoever judges the ticket seals it anew, and here nobody does.
    let (status, set, token) = call("GET", &ticket, "").await;
    assert_eq!((status, set), (200, vec![]));
    let (status, set, _) = call("POST", &ticket, &token).await;
    assert_eq!((status, set), (200, vec![]));
    assert_eq!(call("POST", &other, &token).await.0, 403);
    // Two of them are as good as none: the token is a visitor's, whose cookie is all that is sent.
    let both = format!("{ticket}; {other}");
    let (status, set, visitors) = call("GET", &both, "").await;
    assert_eq!((status, set), (200, vec!["__Host-csrf".to_owned()]));
    for token in [&token, &visitors] {
        let (status, set, _) = call("POST", &both, token).await;
        assert_eq!((status, set), (403, vec![]));
    }
}
