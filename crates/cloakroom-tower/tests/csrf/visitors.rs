//! Login forms, and what caches are told.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use cloakroom_tower::cloakroom_cookie::{SetCookie, Transport};
use cloakroom_tower::cloakroom_csrf::Reason;
use cloakroom_tower::{CookieLayer, Cookies, CsrfLayer, CsrfToken};
use http::Request;
use http::header::SET_COOKIE;
use tower::ServiceExt;

use crate::desk::{Desk, policy, ring};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test]
async fn g4_a_login_form_has_a_token_without_a_stored_session() {
    let desk = Desk::new();
    let page = desk.ask("GET", "/page", &[], "").await;
    let visitor = page.visitor().unwrap();
    assert_eq!(page.set.len(), 1, "nothing but the visitor");
    assert!(page.no_store());
    let line = page.headers[SET_COOKIE].to_str().unwrap();
    assert!(
        line.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"),
        "{line}"
    );
    let token = page.body;
    // Nobody is logged in by what another page sends, be it the old way or the new.
    for fields in [
        &[][..],
        &[OWN],
        &[("cookie", &*visitor)],
        &[("cookie", &*visitor), OWN],
        &[("x-csrf-token", &*token)],
        &[("x-csrf-token", &*token), OWN],
    ] {
        let answer = desk.ask("POST", "/login", fields, "").await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.set, []);
    }
    // The attacker has a visitor and a token of his own, and cannot plant a `__Host-` cookie.
    let other = desk.ask("GET", "/page", &[], "").await;
    let fields = [("cookie", &*visitor), ("x-csrf-token", &*other.body)];
    desk.ask("POST", "/login", &fields, "")
        .await
        .is_refused(Reason::TokenRejected);
    let fields = [("cookie", &*visitor), ("x-csrf-token", &*token)];
    let login = desk.ask("POST", "/login", &fields, "").await;
    assert_eq!(login.status, 303);
    // The session's cookie, and another visitor.
    let names: Vec<_> = login.set.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["__Host-id", "__Host-csrf"]);
    let replaced = login.visitor().unwrap();
    assert_ne!(replaced, visitor);
    assert!(login.no_store());
    // Tokens of the visitor are good no more: neither in the session, nor after it.
    let (name, value) = &login.set[0];
    let session = format!("{name}={value}; {replaced}");
    for cookie in [&*session, &*replaced] {
        let fields = [("cookie", cookie), ("x-csrf-token", &*token)];
        desk.ask("POST", "/login", &fields, "")
            .await
            .is_refused(Reason::TokenRejected);
    }
}

#[tokio::test]
async fn g4_a_visitor_keeps_its_cookie_and_gets_one_once() {
    let desk = Desk::new();
    let first = desk.ask("GET", "/pages", &[], "").await;
    let visitor = first.visitor().unwrap();
    let (a, b) = first.body.split_once(' ').unwrap();
    assert_ne!(a, b);
    for token in [a, b] {
        let fields = [("cookie", &*visitor), ("x-csrf-token", token), OWN];
        desk.ask("POST", "/form", &fields, "").await.is(200, "");
    }
    let again = desk.ask("GET", "/page", &[("cookie", &visitor)], "").await;
    assert_eq!(again.set, []);
    assert!(again.no_store());
    // What is no visitor, or two of them, is replaced.
    let two = format!(
        "{visitor}; {}",
        desk.ask("GET", "/page", &[], "").await.visitor().unwrap()
    );
    for cookie in ["__Host-csrf=junk", &two] {
        let page = desk.ask("GET", "/page", &[("cookie", cookie)], "").await;
        assert_ne!(page.visitor().unwrap(), visitor);
    }
    // A page without a token sets nothing and may be stored.
    let plain = desk.ask("GET", "/plain", &[("cookie", &visitor)], "").await;
    assert_eq!(
        (plain.set.len(), plain.no_store(), plain.vary()),
        (0, false, vec![])
    );
}

#[tokio::test]
async fn g4_vary_names_what_the_decision_read() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    for (method, path, fields, expected) in [
        ("GET", "/", &[][..], &[][..]),
        ("POST", "/hook", &[], &[]),
        ("POST", "/", &[OWN], &["Authorization, Sec-Fetch-Site"]),
        (
            "POST",
            "/",
            &[("origin", "null")],
            &["Authorization, Origin, Sec-Fetch-Site"],
        ),
        (
            "POST",
            "/",
            &[],
            &["Authorization, Cookie, Origin, Sec-Fetch-Site"],
        ),
        (
            "POST",
            "/",
            &[("cookie", &cookie)],
            &["Authorization, Cookie, Origin, Sec-Fetch-Site, X-CSRF-Token"],
        ),
        ("GET", "/page", &[("cookie", &cookie)], &["Cookie"]),
    ] {
        let answer = desk.ask(method, path, fields, "").await;
        assert_eq!(answer.vary(), expected, "{method} {path} {fields:?}");
    }
}

#[tokio::test]
async fn g4_what_vary_says_already_is_not_said_twice() {
    let handler = post(async |request: Request<Body>| {
        let said = request.headers()["said"].clone();
        ([("vary", said)], "")
    });
    let layer = CsrfLayer::new(policy().finish().unwrap(), &ring());
    let app = Router::new().route("/", handler).layer(layer);
    for (said, expected) in [
        ("*", &["*"][..]),
        (
            "accept, sec-fetch-site",
            &["accept, sec-fetch-site", "Authorization"],
        ),
        (
            "Sec-Fetch-Site ,authorization",
            &["Sec-Fetch-Site ,authorization"],
        ),
    ] {
        let request = Request::post("/").header(OWN.0, OWN.1).header("said", said);
        let response = app
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let lines: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert_eq!(lines, expected);
    }
}

#[tokio::test]
async fn g4_a_login_in_the_jar_of_a_layer_further_out_replaces_the_visitor_too() {
    let layer = CsrfLayer::new(policy().finish().unwrap(), &ring());
    let app = Router::new()
        .route("/page", get(async |token: CsrfToken| token.to_string()))
        .route(
            "/set",
            post(async |cookies: Cookies| cookies.set(SetCookie::host("id", "1").finish().unwrap())),
        )
        .route(
            "/unset",
            post(async |cookies: Cookies| cookies.remove(&SetCookie::host("id", "1").finish().unwrap())),
        )
        .layer(layer)
        .layer(CookieLayer::new());
    let ask = async |method: &str, path: &str, cookie: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", cookie);
        let request = request.header(OWN.0, OWN.1).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let lines = response.headers().get_all(SET_COOKIE).iter();
        let pairs = lines.map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned());
        pairs.collect::<Vec<_>>()
    };
    let visitor = ask("GET", "/page", "").await.remove(0);
    let set = ask("POST", "/set", &visitor).await;
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set.contains(&"__Host-id=1".to_owned()) && !set.contains(&visitor));
    // Without a visitor there is none to replace, and a logout replaces nobody.
    assert_eq!(ask("POST", "/set", "a=1").await, ["__Host-id=1"]);
    assert_eq!(ask("POST", "/unset", &visitor).await, ["__Host-id="]);
}

#[cfg(debug_assertions)]
#[tokio::test]
async fn g4_over_plain_http_the_visitor_has_another_name() {
    let transport = Transport::plain_http_for_development().unwrap();
    let desk = Desk::with(policy(), |layer| layer.over(transport));
    let page = desk.ask("GET", "/page", &[], "").await;
    let (name, value) = &page.set[0];
    assert_eq!(name, "--Host-csrf");
    let cookie = format!("{name}={value}");
    let fields = [("cookie", &*cookie), ("x-csrf-token", &*page.body), OWN];
    desk.ask("POST", "/form", &fields, "").await.is(200, "");
}
