//! Before the inner service runs.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use cloakroom_tower::cloakroom_cookie::SetCookie;
use cloakroom_tower::cloakroom_csrf::Reason;
use cloakroom_tower::{CookieLayer, Cookies, CsrfLayer, CsrfPassed, CsrfToken, Error, EventKind};
use http::{Extensions, Request, StatusCode};
use tower::ServiceExt;

use crate::desk::{Desk, policy, ring, teapot};

const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test]
async fn g2_a_refused_request_never_reaches_the_inner_service() {
    let desk = Desk::new();
    let refused = desk.ask("POST", "/transfer", &[CROSS], "").await;
    refused.is_refused(Reason::CrossSite);
    assert_eq!(desk.served.load(Ordering::Relaxed), 0);
    assert_eq!(desk.heard(), [(EventKind::CsrfRefused, Some(Reason::CrossSite))]);
    desk.ask("POST", "/transfer", &[OWN], "")
        .await
        .is(200, "same_origin");
    desk.ask("GET", "/transfer", &[CROSS], "")
        .await
        .is(200, "safe_method");
    assert_eq!(desk.served.load(Ordering::Relaxed), 2);
    assert_eq!(desk.heard(), []);
}

#[tokio::test]
async fn g2_exemptions_are_of_one_method_and_one_path() {
    let desk = Desk::new();
    for path in ["/hook", "/hook?a=1"] {
        desk.ask("POST", path, &[CROSS], "").await.is(200, "exempt");
    }
    for (method, path) in [
        ("PUT", "/hook"),
        ("POST", "/hook/"),
        ("POST", "/Hook"),
        ("POST", "/%68ook"),
        ("POST", "//hook"),
    ] {
        desk.ask(method, path, &[CROSS], "")
            .await
            .is_refused(Reason::CrossSite);
    }
}

#[tokio::test]
async fn g2_report_only_blocks_nothing_and_reports_everything() {
    let desk = Desk::with(policy(), CsrfLayer::report_only);
    let cookie = desk.cookie("u1").await;
    for (method, path, fields, reason) in [
        ("POST", "/transfer", &[CROSS][..], Reason::CrossSite),
        ("POST", "/transfer", &[("origin", "null")], Reason::NullOrigin),
        ("POST", "/transfer", &[("cookie", &cookie)], Reason::TokenMissing),
        ("DELETE", "/hook", &[("sec-fetch-site", "")], Reason::UnknownSite),
        (
            "GET",
            "/ws",
            &[("upgrade", "websocket"), ("origin", "https://evil.example")],
            Reason::ForeignOrigin,
        ),
    ] {
        desk.ask(method, path, fields, "").await.is(200, reason.as_str());
        assert_eq!(desk.heard(), [(EventKind::CsrfReported, Some(reason))]);
    }
    desk.ask("POST", "/transfer", &[OWN], "")
        .await
        .is(200, "same_origin");
    assert_eq!(desk.heard(), []);
}

#[tokio::test]
async fn g2_the_response_to_a_refusal_can_be_another_one() {
    async fn ask(app: Router) -> Response {
        let request = Request::post("/").header(CROSS.0, CROSS.1);
        app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }
    let inner = || Router::new().fallback(any(async || "served"));
    let layer = || CsrfLayer::new(policy().finish().unwrap(), &ring());
    let own = inner().layer(layer().on_error(|error, response: Response| {
        assert!(matches!(
            error,
            Error::Csrf {
                reason: Reason::CrossSite
            }
        ));
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        Redirect::to("/why").into_response()
    }));
    let response = ask(own.clone()).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()["vary"], "Authorization, Sec-Fetch-Site");
    // A layer further out hears of the error, and of the failure behind a redirect.
    let outer = inner().layer(layer()).layer(CookieLayer::new().on_error(teapot));
    assert_eq!(ask(outer).await.status(), StatusCode::IM_A_TEAPOT);
    let withholding = own.layer(axum::middleware::from_fn(
        async |request: axum::extract::Request, next: axum::middleware::Next| {
            let cookies = Cookies::read(request.headers(), request.extensions()).unwrap();
            cookies
                .set_on_success(SetCookie::new("a", "1").finish().unwrap())
                .unwrap();
            next.run(request).await
        },
    ));
    let response = ask(withholding.layer(CookieLayer::new())).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(!response.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn g2_a_second_layer_further_in_may_ask_for_more() {
    let layer = |policy| CsrfLayer::new(policy, &ring());
    let strict = layer(policy().require_token_everywhere().finish().unwrap());
    let inner = Router::new().fallback(any(async |extensions: Extensions| {
        extensions.get::<CsrfPassed>().unwrap().reason().as_str()
    }));
    let app = Router::new()
        .nest("/strict", inner.clone().layer(strict))
        .fallback_service(inner)
        .layer(layer(policy().finish().unwrap()));
    for (path, status) in [("/a", 200), ("/strict/a", 403)] {
        let request = Request::post(path).header(OWN.0, OWN.1);
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn g2_a_token_without_a_layer_is_a_mistake_in_the_program() {
    let app = Router::new().fallback(any(async |token: CsrfToken| token.to_string()));
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn g6_a_junk_bearer_token_beside_a_session_is_no_exemption() {
    let desk = Desk::new();
    let cookie = desk.cookie("u1").await;
    let junk = ("authorization", "Bearer junk");
    desk.ask("POST", "/transfer", &[CROSS, junk], "")
        .await
        .is(200, "token_in_authorization");
    for cookie in [&*cookie, "__Host-id=junk", "__Host-id="] {
        desk.ask("POST", "/transfer", &[CROSS, junk, ("cookie", cookie)], "")
            .await
            .is_refused(Reason::CrossSite);
    }
    for ambient in ["Basic dTpw", "Negotiate YII="] {
        desk.ask("POST", "/transfer", &[CROSS, ("authorization", ambient)], "")
            .await
            .is_refused(Reason::CrossSite);
    }
}

#[tokio::test]
async fn g7_what_no_browser_sends_is_refused_and_what_programs_send_is_not() {
    let desk = Desk::new();
    for (fields, reason) in [
        (
            &[("sec-fetch-site", "none"), ("origin", "https://evil.example")][..],
            Reason::ContradictoryOrigin,
        ),
        (&[OWN, OWN], Reason::RepeatedSite),
        (&[("sec-fetch-site", "unheard-of")], Reason::UnknownSite),
        (
            &[("origin", "https://app.example https://app.example")],
            Reason::ForeignOrigin,
        ),
        (
            &[
                ("origin", "https://app.example"),
                ("origin", "https://app.example"),
            ],
            Reason::RepeatedOrigin,
        ),
        (&[("origin", "http://app.example")], Reason::ForeignOrigin),
        (
            &[
                ("origin", "https://evil.example"),
                ("host", "app.example"),
                ("x-forwarded-host", "evil.example"),
                ("forwarded", "host=evil.example"),
            ],
            Reason::ForeignOrigin,
        ),
    ] {
        desk.ask("POST", "/transfer", fields, "").await.is_refused(reason);
    }
    desk.ask("POST", "/transfer", &[], "")
        .await
        .is(200, "no_carrier_cookie");
    let cookie = desk.cookie("u1").await;
    desk.ask("POST", "/transfer", &[("cookie", &cookie)], "")
        .await
        .is_refused(Reason::TokenMissing);
}
