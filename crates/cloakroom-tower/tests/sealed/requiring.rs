//! Routes that need a cookie, and requests that no layer or too small a limit waits for.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use cloakroom_tower::EventKind::{Opened, Rejected};
use cloakroom_tower::cloakroom_cookie::{Limits, SetCookie};
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::testing::logged_in;
use cloakroom_tower::{CookieLayer, Cookies, Error, EventKind, Required, Sealed};
use http::header::{COOKIE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, StatusCode};
use tower::ServiceExt;

use crate::desk::{Desk, Login, REMOVED, T0, login};

#[tokio::test]
async fn a_required_cookie_is_there_or_the_answer_is_401() {
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let request = || Request::builder().uri("/required").body(Body::empty()).unwrap();

    let answer = desk
        .call(logged_in(request(), &desk.sealer, &login("u1"), now).unwrap())
        .await;
    answer.is_quiet("u1 UnixTime(1750000000123) UnixTime(1750003600123)", &[Opened]);

    let answer = desk.call(request()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.body, "this needs a valid cookie __Host-id\n");
    assert_eq!(
        answer.headers[WWW_AUTHENTICATE],
        "Cookie cookie-name=\"__Host-id\""
    );
    assert_eq!((answer.set_cookies().len(), answer.events.len()), (0, 0));

    let mut stale = request();
    stale
        .headers_mut()
        .insert(COOKIE, HeaderValue::from_static("__Host-id=junk"));
    let answer = desk.call(stale).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!((answer.set_cookies().len(), answer.events), (0, vec![Rejected]));
}

#[tokio::test]
async fn on_error_sends_those_without_a_cookie_to_the_login_page() {
    let desk = Desk::new();
    let layer = CookieLayer::new().on_error(|error: &Error, response: Response| match error {
        Error::Required { .. } => Redirect::to("/login").into_response(),
        _ => response,
    });
    let app = Desk::routes(&desk.sealer).layer(layer);
    let request = Request::builder().uri("/required").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/login");
}

#[tokio::test]
async fn a_login_set_outside_of_a_rejected_route_is_held_back_though_on_error_redirects() {
    let desk = Desk::new();
    let sealer = desk.sealer.clone();
    let set_first = move |request: axum::extract::Request, next: axum::middleware::Next| {
        let sealer = sealer.clone();
        async move {
            let mut login = Sealed::read(request.headers(), request.extensions(), &sealer).unwrap();
            login.set(crate::desk::login("u1")).unwrap();
            login.remove().unwrap();
            Cookies::read(request.headers(), request.extensions())
                .unwrap()
                .set_on_success(SetCookie::new("a", "1").finish().unwrap())
                .unwrap();
            next.run(request).await
        }
    };
    let app = Desk::routes(&desk.sealer)
        .layer(axum::middleware::from_fn(set_first))
        .layer(CookieLayer::new().on_error(|_: &Error, _: Response| Redirect::to("/login").into_response()));
    let request = Request::builder().uri("/required").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
    assert_eq!(lines, [REMOVED]);
}

#[tokio::test]
async fn a_required_cookie_can_be_changed_and_removed() {
    async fn handler(login: Required<Login>) -> Result<(), Error> {
        let mut sealed = login.into_sealed();
        assert_eq!(sealed.get().unwrap().subject, "u1");
        sealed.remove()
    }
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let app = Router::new()
        .route("/", get(handler))
        .with_state(desk.sealer.clone());
    let layer = CookieLayer::new().with_clock(move || now);
    let request = Request::new(Body::empty());
    let request = logged_in(request, &desk.sealer, &login("u1"), now).unwrap();
    let response = app.layer(layer).oneshot(request).await.unwrap();
    assert_eq!(response.headers()[SET_COOKIE], REMOVED);
}

#[tokio::test]
async fn a_missing_layer_is_an_error_for_every_extractor() {
    let desk = Desk::new();
    for path in ["/", "/required"] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = Desk::routes(&desk.sealer).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(
            matches!(response.extensions().get(), Some(Error::MissingLayer)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_header_over_a_limit_is_not_read() {
    let desk = Desk::with(|layer| layer.limits(Limits::DEFAULT.with_bytes(10)));
    let answer = desk.ask(&[&desk.cookie(&login("u1"))], "").await;
    assert_eq!(answer.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    assert_eq!(answer.events, [EventKind::LimitExceeded]);
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    async fn handler(sealed: Sealed<Login>, required: Required<Login>) -> String {
        format!("{sealed:?} {required:?}")
    }
    let desk = Desk::new();
    let now = UnixTime::from_millis(T0);
    let app = Router::new()
        .route("/", get(handler))
        .with_state(desk.sealer.clone());
    let layer = CookieLayer::new().with_clock(move || now);
    let request = logged_in(Request::new(Body::empty()), &desk.sealer, &login("hunter2"), now).unwrap();
    assert!(request.headers()[COOKIE].is_sensitive());
    let response = app.layer(layer).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    assert_eq!(
        body,
        "Sealed { cookie: \"__Host-id\", issued_at: Some(UnixTime(1750000000123)), \
         expires_at: Some(UnixTime(1750003600123)), .. } \
         Required { cookie: \"__Host-id\", issued_at: UnixTime(1750000000123), \
         expires_at: UnixTime(1750003600123), .. }"
    );
    assert_eq!(
        format!("{:?}", desk.sealer),
        "Sealer { cookie: \"__Host-id\", mode: Encrypted, .. }"
    );
}
