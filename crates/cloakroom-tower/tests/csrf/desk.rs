//! The application under test.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_csrf::{CsrfPolicy, CsrfPolicyBuilder, Reason};
use cloakroom_tower::cloakroom_keyring::{Key, KeyRing};
use cloakroom_tower::cloakroom_session::cloakroom_store::MemoryStore;
use cloakroom_tower::cloakroom_session::cloakroom_store::cloakroom_id::IndexSecret;
use cloakroom_tower::cloakroom_session::{Sessions, Settings};
use cloakroom_tower::testing::set_cookies;
use cloakroom_tower::{
    CsrfFormLayer, CsrfLayer, CsrfPassed, CsrfToken, Error, Event, EventKind, Session, SessionCookie,
    SessionLayer,
};
use http::header::{CACHE_CONTROL, COOKIE, VARY};
use http::{Extensions, HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

pub(crate) const T0: i64 = 1_750_000_000_123;
pub(crate) const HOUR: i64 = 60 * 60 * 1000;
pub(crate) type Heard = Arc<Mutex<Vec<(EventKind, Option<Reason>)>>>;

pub(crate) fn policy() -> CsrfPolicyBuilder {
    CsrfPolicy::builder()
        .public_origin("https://app.example")
        .carrier_cookie("__Host-id")
        .exempt("POST", "/hook")
        .require_token("POST", "/login")
        .require_token("POST", "/form")
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::single(Key::from_bytes(&(0..32).collect::<Vec<u8>>()).unwrap())
}

/// `/page` shows a token, `/login` logs in, `/renew` renews; all other paths answer with why they were let in.
pub(crate) struct Desk {
    pub(crate) app: Router,
    pub(crate) csrf: CsrfLayer,
    pub(crate) sessions: SessionLayer,
    pub(crate) heard: Heard,
    /// How many requests came through to a handler.
    pub(crate) served: Arc<AtomicUsize>,
    clock: Arc<AtomicI64>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(policy(), |layer| layer)
    }

    pub(crate) fn with(policy: CsrfPolicyBuilder, change: impl FnOnce(CsrfLayer) -> CsrfLayer) -> Self {
        let (heard, served) = (Heard::default(), Arc::<AtomicUsize>::default());
        let clock = Arc::new(AtomicI64::new(T0));
        let held = Arc::clone(&clock);
        let now = move || UnixTime::from_millis(held.load(Ordering::Relaxed));
        let settings =
            Settings::new(IndexSecret::from_bytes(b"\x00\x01 no secret, 32 bytes of a test").unwrap());
        let sessions = Sessions::new(MemoryStore::default(), settings)
            .unwrap()
            .with_clock(now.clone());
        let sessions = SessionLayer::new(sessions);
        let list = Arc::clone(&heard);
        let csrf = CsrfLayer::new(policy.finish().unwrap(), &ring())
            .bind_session(&SessionCookie::default())
            .with_clock(now)
            .observer(move |event: &Event<'_>| {
                list.lock().unwrap().push((event.kind(), event.csrf_reason()));
            });
        let csrf = change(csrf);
        let counted = Arc::clone(&served);
        let app = Router::new()
            .route("/page", get(async |token: CsrfToken| token.to_string()))
            .route(
                "/pages",
                get(async |a: CsrfToken, b: CsrfToken| format!("{a} {b}")),
            )
            .route(
                "/login",
                post(async |session: Session| {
                    session.login("u1")?;
                    Ok::<_, Error>(Redirect::to("/page"))
                }),
            )
            .route("/form", post(async |body: String| body))
            .fallback(any(async |extensions: Extensions| {
                let passed: Option<&CsrfPassed> = extensions.get();
                passed.map_or("not marked", |passed| passed.reason().as_str())
            }))
            .layer(sessions.clone())
            .layer(tower::util::MapRequestLayer::new(
                move |request: Request<Body>| {
                    counted.fetch_add(1, Ordering::Relaxed);
                    request
                },
            ))
            .layer(csrf.clone())
            .layer(CsrfFormLayer::new("csrf_token").limit(1000));
        Self {
            app,
            csrf,
            sessions,
            heard,
            served,
            clock,
        }
    }

    pub(crate) fn at(&self, millis: i64) {
        self.clock.store(millis, Ordering::Relaxed);
    }

    pub(crate) fn heard(&self) -> Vec<(EventKind, Option<Reason>)> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let set = set_cookies(&response).unwrap().into_iter().map(|line| {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            (text(line.name()), text(line.value()))
        });
        let set = set.collect();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            body: String::from_utf8(body.to_vec()).unwrap(),
            headers: parts.headers,
            set,
        }
    }

    /// The cookie of a session of `subject`.
    pub(crate) async fn cookie(&self, subject: &str) -> String {
        let request = Request::new(Body::empty());
        let request = cloakroom_tower::testing::in_session(request, &self.sessions, subject).await;
        request.unwrap().headers()[COOKIE].to_str().unwrap().to_owned()
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) headers: HeaderMap,
    pub(crate) set: Vec<(String, String)>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status.as_u16(), &*self.body), (status, body));
    }

    #[track_caller]
    pub(crate) fn is_refused(&self, reason: Reason) {
        let text = format!("this request is refused, because another site may have sent it ({reason})\n");
        self.is(403, &text);
    }

    pub(crate) fn vary(&self) -> Vec<&str> {
        let lines = self.headers.get_all(VARY).iter();
        lines.map(|line| line.to_str().unwrap()).collect()
    }

    pub(crate) fn no_store(&self) -> bool {
        self.headers
            .get(CACHE_CONTROL)
            .is_some_and(|line| line == "no-store")
    }

    /// The visitor's cookie as the browser sends it back.
    pub(crate) fn visitor(&self) -> Option<String> {
        let found = self.set.iter().find(|(name, _)| name == "__Host-csrf")?;
        Some(format!("{}={}", found.0, found.1))
    }
}

/// An error of a layer further out.
pub(crate) fn teapot(_: &Error, _: Response) -> Response {
    StatusCode::IM_A_TEAPOT.into_response()
}
