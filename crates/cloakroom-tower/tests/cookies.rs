//! Plain cookies through the layer: with bare tower services of foreign body types, and with axum.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

use std::convert::Infallible;
use std::future::Future;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cloakroom_tower::cloakroom_cookie::{Limits, SetCookie};
use cloakroom_tower::testing::Recorder;
use cloakroom_tower::{CookieLayer, Cookies, Error, Event, EventKind};
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use tower::{Layer, ServiceExt, service_fn};

fn cookie(name: &'static str, value: &str) -> SetCookie {
    SetCookie::new(name, value).finish().unwrap()
}

/// One request through `layer` around a service that does `act` and answers with `status`; the bodies are of types that
/// no framework knows.
async fn through(
    layer: CookieLayer,
    request: Request<u8>,
    status: u16,
    act: impl FnOnce(&HeaderMap, &http::Extensions, &mut HeaderMap) + Clone,
) -> http::Response<i8> {
    let service = layer.layer(service_fn(move |request: Request<u8>| {
        let act = act.clone();
        async move {
            let mut response = http::Response::new(-1_i8);
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            act(request.headers(), request.extensions(), response.headers_mut());
            Ok::<_, Infallible>(response)
        }
    }));
    service.oneshot(request).await.unwrap()
}

fn lines<B>(response: &http::Response<B>) -> Vec<&str> {
    let lines = response.headers().get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

const A: &str = "a=1; Path=/; Secure; HttpOnly; SameSite=Lax";
const A_REMOVED: &str =
    "a=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";

#[tokio::test]
async fn a_response_without_cookies_is_left_as_it_is() {
    for touch in [false, true] {
        let request = Request::builder().header(COOKIE, "a=1").body(0).unwrap();
        let response = through(
            CookieLayer::new(),
            request,
            200,
            move |headers, extensions, out| {
                if touch {
                    let cookies = Cookies::read(headers, extensions).unwrap();
                    assert_eq!(cookies.get("a").unwrap().as_bytes(), b"1");
                }
                out.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
            },
        )
        .await;
        assert_eq!(response.headers().len(), 1, "read: {touch}");
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=60");
    }
}

#[tokio::test]
async fn one_line_a_name_and_the_later_write_wins() {
    let response = through(
        CookieLayer::new(),
        Request::new(0),
        200,
        |headers, extensions, _| {
            let cookies = Cookies::read(headers, extensions).unwrap();
            cookies.set(cookie("a", "0")).unwrap();
            cookies.set(cookie("b", "2")).unwrap();
            cookies.set(cookie("a", "1")).unwrap();
            // Another handle writes into the same jar; names are compared byte for byte.
            let other = Cookies::read(headers, extensions).unwrap();
            other.set(cookie("A", "3")).unwrap();
            other.remove(&cookie("b", "")).unwrap();
        },
    )
    .await;
    assert_eq!(
        lines(&response),
        [A, &A_REMOVED.replace("a=;", "b=;"), &A.replace("a=1", "A=3")]
    );
    assert_eq!(*response.body(), -1);
}

#[tokio::test]
async fn what_the_handler_wrote_itself_stays() {
    let response = through(
        CookieLayer::new(),
        Request::new(0),
        200,
        |headers, extensions, out| {
            Cookies::read(headers, extensions)
                .unwrap()
                .set(cookie("a", "1"))
                .unwrap();
            out.append(SET_COOKIE, HeaderValue::from_static("own=1"));
            out.append(SET_COOKIE, HeaderValue::from_static("a=own"));
        },
    )
    .await;
    assert_eq!(lines(&response), ["own=1", "a=own", A]);

    let response = through(CookieLayer::new(), Request::new(0), 200, |_, _, out| {
        out.append(SET_COOKIE, HeaderValue::from_static("own=1"));
        out.append(CACHE_CONTROL, HeaderValue::from_static("private"));
    })
    .await;
    assert_eq!(lines(&response), ["own=1"]);
    assert_eq!(response.headers()[CACHE_CONTROL], "private");
}

#[tokio::test]
async fn a_response_with_our_cookie_is_never_stored() {
    for theirs in [
        None,
        Some("public, max-age=31536000, immutable"),
        Some("no-cache"),
        Some("private"),
    ] {
        let response = through(
            CookieLayer::new(),
            Request::new(0),
            200,
            move |headers, extensions, out| {
                Cookies::read(headers, extensions)
                    .unwrap()
                    .set(cookie("a", "1"))
                    .unwrap();
                if let Some(theirs) = theirs {
                    out.append(CACHE_CONTROL, HeaderValue::from_static(theirs));
                    out.append(CACHE_CONTROL, HeaderValue::from_static("s-maxage=9"));
                    out.append("cdn-cache-control", HeaderValue::from_static("max-age=600"));
                }
                out.append(VARY, HeaderValue::from_static("accept"));
            },
        )
        .await;
        let all = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(all("cache-control"), ["no-store"], "{theirs:?}");
        let cdn: &[&str] = if theirs.is_some() { &["no-store"] } else { &[] };
        assert_eq!(all("cdn-cache-control"), cdn, "{theirs:?}");
        assert_eq!(all("vary"), ["accept"]);
    }
}

#[tokio::test]
async fn a_status_of_400_or_above_holds_back_what_waits_for_success() {
    use EventKind::{Removed, Set, Withheld};
    #[rustfmt::skip]
    let cases: [(u16, &[&str], &[EventKind]); 8] = [
        (200, &[A], &[Set]), (303, &[A], &[Set]), (304, &[A], &[Set]), (399, &[A], &[Set]),
        (400, &[], &[Withheld]), (404, &[], &[Withheld]), (500, &[], &[Withheld]), (999, &[], &[Withheld]),
    ];
    for (status, sent, events) in cases {
        let recorder = Recorder::new();
        let layer = CookieLayer::new().observer(recorder.clone());
        let response = through(layer, Request::new(0), status, |headers, extensions, _| {
            let cookies = Cookies::read(headers, extensions).unwrap();
            cookies.set_on_success(cookie("a", "1")).unwrap();
        })
        .await;
        assert_eq!(lines(&response), sent, "{status}");
        assert_eq!(recorder.take_kinds(), events, "{status}");
        assert_eq!(response.headers().contains_key(CACHE_CONTROL), status < 400);
    }

    // A removal before it, as in a change of user, goes out with any status.
    for (status, sent, events) in [(200, A, &[Set][..]), (500, A_REMOVED, &[Withheld, Removed])] {
        let recorder = Recorder::new();
        let layer = CookieLayer::new().observer(recorder.clone());
        let response = through(layer, Request::new(0), status, |headers, extensions, _| {
            let cookies = Cookies::read(headers, extensions).unwrap();
            cookies.remove(&cookie("a", "")).unwrap();
            cookies.set_on_success(cookie("a", "1")).unwrap();
        })
        .await;
        assert_eq!(lines(&response), [sent], "{status}");
        assert_eq!(recorder.take_kinds(), events, "{status}");
    }

    // A plain cookie, and a removal after the login, go out alone whatever the status is.
    for status in [200, 500] {
        let response = through(
            CookieLayer::new(),
            Request::new(0),
            status,
            |headers, extensions, _| {
                let cookies = Cookies::read(headers, extensions).unwrap();
                cookies.set_on_success(cookie("a", "1")).unwrap();
                cookies.remove(&cookie("a", "")).unwrap();
                cookies.set(cookie("b", "1")).unwrap();
            },
        )
        .await;
        assert_eq!(
            lines(&response),
            [A_REMOVED, &A.replace("a=1", "b=1")],
            "{status}"
        );
    }
}

#[tokio::test]
async fn a9_crumbs_of_several_headers_are_one_list() {
    let mut request = Request::new(0);
    for crumb in ["a=1; b=2", "", "c", "a=3"] {
        request
            .headers_mut()
            .append(COOKIE, HeaderValue::from_static(crumb));
    }
    through(CookieLayer::new(), request, 200, |headers, extensions, _| {
        let cookies = Cookies::read(headers, extensions).unwrap();
        let all: Vec<_> = cookies
            .request()
            .all("a")
            .map(|value| value.as_bytes().to_vec())
            .collect();
        assert_eq!(all, [b"1", b"3"]);
        assert_eq!(cookies.get("b").unwrap().as_bytes(), b"2");
        assert!(cookies.get("c").is_none());
        assert_eq!(cookies.request().invalid_count(), 1);
        assert!(cookies.request().unique("a").is_err());
    })
    .await;
}

#[tokio::test]
async fn a_service_that_fails_or_is_dropped_sends_nothing() {
    let recorder = Recorder::new();
    let layer = CookieLayer::new().observer(recorder.clone());
    let service = layer.layer(service_fn(|request: Request<u8>| async move {
        let cookies = Cookies::read(request.headers(), request.extensions()).unwrap();
        cookies.set(cookie("a", "1")).unwrap();
        Err::<http::Response<u8>, _>("failed")
    }));
    assert_eq!(
        service.clone().oneshot(Request::new(0)).await.unwrap_err(),
        "failed"
    );

    let pending = layer.layer(service_fn(|request: Request<u8>| async move {
        let cookies = Cookies::read(request.headers(), request.extensions()).unwrap();
        cookies.set(cookie("a", "1")).unwrap();
        std::future::pending::<Result<http::Response<u8>, Infallible>>().await
    }));
    let mut call = std::pin::pin!(pending.oneshot(Request::new(0)));
    std::future::poll_fn(|cx| {
        assert!(call.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
    assert_eq!(recorder.take(), []);
}

#[tokio::test]
async fn a_write_after_the_response_is_an_error() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = std::sync::Arc::new(std::sync::Mutex::new(Some(sender)));
    through(
        CookieLayer::new(),
        Request::new(0),
        200,
        move |headers, extensions, _| {
            let cookies = Cookies::read(headers, extensions).unwrap();
            assert!(sender.lock().unwrap().take().unwrap().send(cookies).is_ok());
        },
    )
    .await;
    let late = receiver.await.unwrap();
    assert!(matches!(late.set(cookie("a", "1")), Err(Error::ResponseSent)));
    assert!(matches!(
        late.set_on_success(cookie("a", "1")),
        Err(Error::ResponseSent)
    ));
    assert!(matches!(late.remove(&cookie("a", "1")), Err(Error::ResponseSent)));
}

// With axum.

fn app() -> Router {
    Router::new()
        .route("/", get(|cookies: Cookies| async move { format!("{cookies:?}") }))
        .route("/untouched", get(|| async { "untouched" }))
        .route(
            "/set",
            post(|cookies: Cookies| async move {
                cookies.set(cookie("a", "1"))?;
                Ok::<_, Error>(StatusCode::NO_CONTENT)
            })
            .get(|cookies: Cookies| async move { cookies.set(cookie("a", "1")) }),
        )
}

async fn call(app: Router, request: Request<Body>) -> (http::response::Parts, String) {
    let (parts, body) = app.oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
    (parts, String::from_utf8(body.to_vec()).unwrap())
}

fn ask(method: Method, path: &str, cookies: &str) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(COOKIE, cookies);
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn axum_handlers_read_and_write() {
    let app = app().layer(CookieLayer::new());
    let (parts, body) = call(app.clone(), ask(Method::GET, "/", "a=secret")).await;
    assert_eq!(
        (parts.status, body.as_str()),
        (StatusCode::OK, "Cookies(8 bytes)")
    );
    assert!(!parts.headers.contains_key(SET_COOKIE));
    for (method, status) in [
        (Method::POST, StatusCode::NO_CONTENT),
        (Method::HEAD, StatusCode::OK),
    ] {
        let (parts, body) = call(app.clone(), ask(method, "/set", "")).await;
        assert_eq!((parts.status, body.as_str()), (status, ""));
        assert_eq!(parts.headers[SET_COOKIE], A);
        assert!(parts.headers[SET_COOKIE].is_sensitive());
        assert_eq!(parts.headers[CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn a_missing_layer_is_a_500_that_says_what_to_add() {
    let (parts, body) = call(app(), ask(Method::GET, "/", "a=secret")).await;
    assert_eq!(parts.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        body,
        "CookieLayer is missing: add `.layer(cloakroom_tower::CookieLayer::new())` to the router, outside of all that \
         reads or writes cookies\n"
    );
    assert!(matches!(parts.extensions.get(), Some(Error::MissingLayer)));
}

#[tokio::test]
async fn a10_a_header_over_a_limit_is_a_431_where_cookies_are_read() {
    let recorder = Recorder::new();
    let limits = Limits::DEFAULT.with_bytes(20).with_pairs(3);
    let layer = CookieLayer::new().limits(limits).observer(recorder.clone());
    let app = app().layer(layer);
    for (cookies, status) in [
        ("a=1; b=2; c=3", 200),
        ("a=1;b=2;c=3;d=4", 431),
        ("a=90123456789012345678", 431),
        ("a=345678901234567890", 200),
    ] {
        let (parts, body) = call(app.clone(), ask(Method::GET, "/", cookies)).await;
        assert_eq!(parts.status.as_u16(), status, "{cookies}");
        assert!(!parts.headers.contains_key(SET_COOKIE));
        let events = recorder.take();
        if status == 431 {
            assert_eq!(body, "the Cookie header is too large to be read\n");
            assert_eq!(events, [(EventKind::LimitExceeded, None)]);
        } else {
            assert_eq!(events, []);
        }
        // A route that reads no cookies does not mind.
        let (parts, _) = call(app.clone(), ask(Method::GET, "/untouched", cookies)).await;
        assert_eq!(parts.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn on_error_makes_the_response() {
    let layer = CookieLayer::new().limits(Limits::DEFAULT.with_bytes(1)).on_error(
        |error: &Error, mut response: Response| {
            assert_eq!(response.status(), error.status());
            if let Error::Limit(_) = error {
                return (StatusCode::BAD_REQUEST, "too many cookies").into_response();
            }
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response
        },
    );
    let routes = app().route("/teapot", get(|| async { Err::<(), _>(Error::ResponseSent) }));
    let (parts, body) = call(routes.clone().layer(layer.clone()), ask(Method::GET, "/", "a=1")).await;
    assert_eq!(
        (parts.status, body.as_str()),
        (StatusCode::BAD_REQUEST, "too many cookies")
    );
    assert!(parts.extensions.get::<Error>().is_none());
    let (parts, body) = call(routes.layer(layer), ask(Method::GET, "/teapot", "a=1")).await;
    assert_eq!(
        (parts.status, body.as_str()),
        (
            StatusCode::IM_A_TEAPOT,
            "the response has been sent, so its cookies cannot be changed any more\n"
        )
    );
}

#[tokio::test]
async fn an_error_of_the_application_s_own_is_no_error_of_ours() {
    let layer = CookieLayer::new().on_error(|_: &Error, _: Response| unreachable!("no Error of this crate"));
    let routes = Router::new()
        .route("/", get(|| async { StatusCode::UNAUTHORIZED }))
        .layer(layer);
    let (parts, _) = call(routes, ask(Method::GET, "/", "")).await;
    assert_eq!(parts.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn observers_are_closures_unit_and_shared() {
    let heard = std::sync::Arc::new(Recorder::new());
    let _ = CookieLayer::new()
        .observer(())
        .observer(heard)
        .observer(|_: &Event<'_>| {});
}

#[test]
fn event_names_are_distinct() {
    use EventKind as E;
    let kinds = [
        E::Opened,
        E::Rejected,
        E::NotYetValid,
        E::Expired,
        E::Revoked,
        E::Conflict,
        E::Unreadable,
        E::LimitExceeded,
        E::Resealed,
        E::ResealFailed,
        E::Set,
        E::Removed,
        E::Withheld,
    ];
    let names: std::collections::BTreeSet<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), kinds.len());
    assert_eq!(E::NotYetValid.to_string(), "not_yet_valid");
}

#[tokio::test]
async fn nothing_that_a_browser_sent_is_printed() {
    let request = Request::builder()
        .header(COOKIE, "a=hunter2; hunter2=b")
        .body(0)
        .unwrap();
    through(CookieLayer::new(), request, 200, |headers, extensions, _| {
        let cookies = Cookies::read(headers, extensions).unwrap();
        cookies.set(cookie("a", "hunter2")).unwrap();
        for text in [format!("{cookies:?}"), format!("{:?}", CookieLayer::new())] {
            assert!(!text.contains("hunter2"), "{text}");
        }
    })
    .await;
}
