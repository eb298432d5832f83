//! Layers within layers: one jar, and the status of the innermost answer.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use cloakroom_tower::EventKind::{self, Removed, Set, Withheld};
use cloakroom_tower::cloakroom_cookie::{Limits, SetCookie};
use cloakroom_tower::testing::Recorder;
use cloakroom_tower::{CookieLayer, Cookies, Error};
use http::StatusCode;
use http::header::{COOKIE, SET_COOKIE};
use tower::ServiceExt;

const A: &str = "a=1; Path=/; Secure; HttpOnly; SameSite=Lax";
const A_REMOVED: &str =
    "a=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax";

fn cookie(name: &'static str) -> SetCookie {
    SetCookie::new(name, "1").finish().unwrap()
}

fn cookies(request: &Request) -> Cookies {
    Cookies::read(request.headers(), request.extensions()).unwrap()
}

fn lines(response: &Response) -> Vec<&str> {
    let lines = response.headers().get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

async fn ask(app: Router) -> Response {
    let request = Request::builder().header(COOKIE, "a=0").body(Body::empty());
    app.oneshot(request.unwrap()).await.unwrap()
}

/// A middleware that sets `a` on success, before what it wraps or after it.
async fn set_before(request: Request, next: Next) -> Response {
    cookies(&request).set_on_success(cookie("a")).unwrap();
    next.run(request).await
}

async fn set_after(request: Request, next: Next) -> Response {
    let cookies = cookies(&request);
    let response = next.run(request).await;
    cookies.set_on_success(cookie("a")).unwrap();
    response
}

#[tokio::test]
async fn nested_layers_share_one_jar() {
    let recorder = Recorder::new();
    let unheard =
        || CookieLayer::new().observer(|_: &cloakroom_tower::Event<'_>| unreachable!("one layer tells"));
    let handler = any(|cookies: Cookies| async move {
        cookies.remove(&cookie("a")).unwrap();
        cookies.set(cookie("b")).unwrap();
    });
    let inner = Router::new()
        .route("/", handler)
        .layer(unheard())
        .layer(unheard());
    let outer = || CookieLayer::new().observer(recorder.clone());
    let b = A.replace("a=", "b=");

    // The later write is the outer one, then the inner one.
    let response = ask(inner.clone().layer(from_fn(set_after)).layer(outer())).await;
    assert_eq!(lines(&response), [A, &b]);
    assert_eq!(recorder.take_kinds(), [Set, Set]);
    let response = ask(inner.layer(from_fn(set_before)).layer(outer())).await;
    assert_eq!(lines(&response), [A_REMOVED, &b]);
    assert_eq!(recorder.take_kinds(), [Removed, Set]);
}

#[tokio::test]
async fn the_outermost_layer_s_settings_are_in_force() {
    let narrow = || CookieLayer::new().limits(Limits::DEFAULT.with_bytes(1));
    let routes = Router::new().route("/", any(|_: Cookies| async {}));
    let app = routes.clone().layer(narrow()).layer(CookieLayer::new());
    assert_eq!(ask(app).await.status(), StatusCode::OK);
    let app = routes.layer(CookieLayer::new()).layer(narrow());
    assert_eq!(
        ask(app).await.status(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
}

#[tokio::test]
async fn an_inner_on_error_does_not_let_an_outer_cookie_out() {
    let explained =
        || CookieLayer::new().on_error(|_: &Error, _: Response| Redirect::to("/login").into_response());
    let rejected = Router::new().route("/", any(|| async { Err::<(), _>(Error::MissingLayer) }));
    for set in [true, false] {
        // Without `on_error` a layer leaves the error to the one further out; the one that explains it is any of them.
        let levels = [
            &[][..],
            &[false],
            &[true],
            &[true, false],
            &[false, true],
            &[true, true],
        ];
        for levels in levels {
            let mut app = rejected.clone();
            for explains in levels {
                app = if *explains {
                    app.layer(explained())
                } else {
                    app.layer(CookieLayer::new())
                };
            }
            let app = if set {
                app.layer(from_fn(set_before))
            } else {
                app.layer(from_fn(set_after))
            };
            let recorder = Recorder::new();
            let response = ask(app.layer(explained().observer(recorder.clone()))).await;
            assert_eq!(response.status(), StatusCode::SEE_OTHER);
            assert_eq!(lines(&response), [""; 0], "{levels:?}");
            assert_eq!(recorder.take_kinds(), [Withheld], "{levels:?}");
        }
    }
}

#[tokio::test]
async fn a_status_of_any_level_holds_back() {
    async fn fail(request: Request, next: Next) -> Response {
        let mut response = next.run(request).await;
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    }
    async fn replace(request: Request, next: Next) -> Response {
        next.run(request).await;
        StatusCode::OK.into_response()
    }
    let answer = |status: StatusCode| {
        let handler = any(move |cookies: Cookies| async move {
            cookies.set_on_success(cookie("a")).unwrap();
            status
        });
        Router::new().route("/", handler).layer(CookieLayer::new())
    };
    let sent = |events: &[EventKind], recorder: &Recorder| assert_eq!(recorder.take_kinds(), events);
    let recorder = Recorder::new();
    let outer = || CookieLayer::new().observer(recorder.clone());
    ask(answer(StatusCode::OK).layer(outer())).await;
    sent(&[Set], &recorder);
    ask(answer(StatusCode::OK).layer(from_fn(fail)).layer(outer())).await;
    sent(&[Withheld], &recorder);
    // A middleware that discards the inner response, as one does that tries several services, answers for itself.
    ask(answer(StatusCode::NOT_FOUND)
        .layer(from_fn(replace))
        .layer(outer()))
    .await;
    sent(&[Set], &recorder);
}

#[tokio::test]
async fn a_request_whose_response_was_sent_gets_a_jar_of_its_own() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let sender = std::sync::Arc::new(std::sync::Mutex::new(Some(sender)));
    let keep = any(move |request: Request| async move {
        sender.lock().unwrap().take().unwrap().send(request).unwrap();
    });
    ask(Router::new().route("/", keep).layer(CookieLayer::new())).await;
    let kept = receiver.await.unwrap();
    let set = any(|cookies: Cookies| async move { cookies.set(cookie("a")) });
    let app = Router::new().route("/", set).layer(CookieLayer::new());
    assert_eq!(lines(&app.oneshot(kept).await.unwrap()), [A]);
}
