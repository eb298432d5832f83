//! The application under test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use cloakroom_tower::cloakroom_cookie::SetCookie;
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_session::cloakroom_store::cloakroom_id::{
    IndexSecret, Selector, SessionToken,
};
use cloakroom_tower::cloakroom_session::cloakroom_store::{Page, SessionStore, Stored, SubjectIndex};
use cloakroom_tower::cloakroom_session::{Event, EventKind, Sessions, Settings};
use cloakroom_tower::testing::session_token;
use cloakroom_tower::{Cookies, Error, Session, SessionLayer};
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::probe::Probe;

pub(crate) const T0: i64 = 1_750_000_000_123;
pub(crate) const SECOND: i64 = 1000;
pub(crate) const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
pub(crate) const REMOVED: &str = "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; \
                       HttpOnly; SameSite=Lax";

/// The whole application: `act` does what the request's `act` field says.
pub(crate) struct Desk {
    pub(crate) store: Probe,
    pub(crate) sessions: Sessions,
    clock: Arc<AtomicI64>,
    events: Arc<Mutex<Vec<EventKind>>>,
    pub(crate) gate: Gate,
    pub(crate) app: Router,
}

/// Where a handler waits until a test lets it go on.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Notify, Notify)>);

impl Gate {
    /// Until a handler has come.
    pub(crate) async fn reached(&self) {
        self.0.0.notified().await;
    }

    pub(crate) fn open(&self) {
        self.0.1.notify_one();
    }

    pub(crate) async fn wait(&self) {
        self.0.0.notify_one();
        self.0.1.notified().await;
    }
}

pub(crate) fn settings() -> Settings {
    Settings::new(IndexSecret::from_bytes(b"\x00\x01 no secret, 32 bytes of a test").unwrap())
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(settings(), |layer| layer)
    }

    pub(crate) fn layered(change: impl FnOnce(SessionLayer) -> SessionLayer) -> Self {
        Self::with(settings(), change)
    }

    pub(crate) fn with(settings: Settings, change: impl FnOnce(SessionLayer) -> SessionLayer) -> Self {
        let (store, clock) = (Probe::new(), Arc::new(AtomicI64::new(T0)));
        let (events, held) = (Arc::<Mutex<Vec<EventKind>>>::default(), Arc::clone(&clock));
        let heard = Arc::clone(&events);
        let sessions = Sessions::new(store.clone(), settings)
            .unwrap()
            .with_clock(move || UnixTime::from_millis(held.load(Ordering::Relaxed)))
            .observer(move |event: &Event| heard.lock().unwrap().push(event.kind()));
        let gate = Gate::default();
        let app = routes(&gate).layer(change(SessionLayer::new(sessions.clone())));
        Self {
            store,
            sessions,
            clock,
            events,
            gate,
            app,
        }
    }

    pub(crate) fn at(&self, millis: i64) -> &Self {
        self.clock.store(millis, Ordering::Relaxed);
        self
    }

    pub(crate) fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.clock.load(Ordering::Relaxed))
    }

    /// The token of a new session of `subject`, and nothing left to be heard of it.
    pub(crate) async fn token(&self, subject: &str) -> SessionToken {
        let token = session_token(&self.sessions, subject).await.unwrap();
        self.forget();
        token
    }

    pub(crate) async fn cookie(&self, subject: &str) -> String {
        cookie_of(&self.token(subject).await)
    }

    /// The cookie of a new session that belongs to nobody and holds `key=value`.
    pub(crate) async fn visitor(&self, key: &str, value: &str) -> String {
        let answer = self.ask(&[], &format!("insert {key} {value}")).await;
        let cookie = answer.set_cookie().0.to_owned();
        self.forget();
        cookie
    }

    pub(crate) fn forget(&self) {
        self.store.take();
        self.take_events();
    }

    pub(crate) fn take_events(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    /// What the store holds of `subject`.
    pub(crate) async fn listed(&self, subject: &str) -> Vec<Stored> {
        let subject = self.sessions.subject(subject).unwrap();
        let page = Page::first(Page::MAX);
        let listed = self.store.inner.list_by_subject(&subject, page, self.now()).await;
        listed.unwrap().sessions
    }

    /// What the store holds of the session that `cookie` names.
    pub(crate) async fn stored(&self, cookie: &str) -> Option<Stored> {
        let selector = selector_of(cookie);
        self.store.inner.load(&selector, self.now()).await.unwrap()
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        answer_of(self.app.clone().oneshot(request).await.unwrap(), self).await
    }

    /// A request with these Cookie header values, whose handler does `steps`.
    pub(crate) async fn ask(&self, cookies: &[&str], steps: &str) -> Answer {
        self.call(request(cookies, steps)).await
    }

    /// The same with an Authorization field.
    pub(crate) async fn bear(&self, authorization: &str, steps: &str) -> Answer {
        let mut request = request(&[], steps);
        let authorization = HeaderValue::from_str(authorization).unwrap();
        request.headers_mut().append(AUTHORIZATION, authorization);
        self.call(request).await
    }

    /// Lets what was spawned go on until `done`. Nothing here waits for time to pass.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, done: impl Fn() -> F) {
        for _ in 0..100_000 {
            if done().await {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("it did not come to pass");
    }
}

pub(crate) fn request(cookies: &[&str], steps: &str) -> Request<Body> {
    let mut request = Request::builder()
        .header("act", steps)
        .body(Body::empty())
        .unwrap();
    for cookie in cookies {
        let cookie = HeaderValue::from_str(cookie).unwrap();
        request.headers_mut().append(COOKIE, cookie);
    }
    request
}

pub(crate) fn cookie_of(token: &SessionToken) -> String {
    format!("__Host-id={}", *token.to_text())
}

pub(crate) fn selector_of(cookie: &str) -> Selector {
    let (_, token) = cookie.split_once('=').unwrap();
    SessionToken::parse(token.as_bytes()).unwrap().selector()
}

/// `cookie` with the same selector and another verifier.
pub(crate) fn wrong_verifier(cookie: &str) -> String {
    cookie_of(&SessionToken::renewed(selector_of(cookie)).unwrap())
}

async fn answer_of(response: Response, desk: &Desk) -> Answer {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        calls: desk.store.take(),
        events: desk.take_events(),
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) calls: Vec<&'static str>,
    pub(crate) events: Vec<EventKind>,
}

impl Answer {
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap()).collect()
    }

    /// The only Set-Cookie line as `name=value` and attributes.
    #[track_caller]
    pub(crate) fn set_cookie(&self) -> (&str, &str) {
        let lines = self.set_cookies();
        assert_eq!(lines.len(), 1, "{self:?}");
        assert_eq!(self.headers[CACHE_CONTROL], "no-store");
        lines[0].split_once("; ").unwrap()
    }

    /// The response has this status and body, says nothing about cookies, and the store was asked for `calls`.
    #[track_caller]
    pub(crate) fn is_quiet(&self, status: u16, body: &str, calls: &[&str]) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.body, body);
        assert_eq!(self.set_cookies(), [""; 0]);
        assert!(!self.headers.contains_key(CACHE_CONTROL), "{self:?}");
        assert_eq!(self.calls, calls);
    }
}

pub(crate) fn routes(gate: &Gate) -> Router {
    Router::new()
        .route("/", any(act))
        .route("/untouched", any(async || "untouched"))
        .route("/asked", any(async |_: Session| "asked"))
        .with_state(gate.clone())
}

/// Does the steps of the request's `act` field and answers with what it saw.
async fn act(session: Session, State(gate): State<Gate>, parts: Parts) -> Result<Response, Error> {
    let mut seen = Vec::new();
    let mut status = StatusCode::OK;
    for step in parts.headers["act"].to_str().unwrap().split(',').map(str::trim) {
        match *step.split(' ').collect::<Vec<_>>().as_slice() {
            [""] => {}
            ["who"] => seen.push(session.subject().await?.unwrap_or("nobody".to_owned())),
            ["get", key] => {
                let value: Option<String> = session.get(key).await?;
                seen.push(value.unwrap_or("nothing".to_owned()));
            }
            ["insert", key, value] => session.insert(key, &value)?,
            ["remove", key] => session.remove(key)?,
            ["bump", key] => {
                let next = |n: Option<u64>| Some(n.unwrap_or_default() + 1);
                let now = session.update(key, next).await?;
                seen.push(now.unwrap_or_default().to_string());
            }
            ["login", subject] => session.login(subject)?,
            ["persistent"] => session.persistent()?,
            ["logout"] => session.logout()?,
            ["logout_others"] => session.logout_others()?,
            ["logout_everywhere"] => session.logout_everywhere()?,
            ["end", selector] => session.end(&Selector::parse(selector).unwrap())?,
            ["recent", secs] => {
                let recent = Duration::from_secs(secs.parse().unwrap());
                session.require_recent_auth(recent).await?;
            }
            ["commit"] => session.commit().await?,
            ["take"] => {
                let token = session.take_renewed();
                seen.push(token.map_or("no token".to_owned(), |token| token.to_string()));
            }
            ["source"] => seen.push(format!("{:?}", session.source())),
            ["devices"] => {
                let devices = session.devices(Page::first(Page::MAX)).await?.devices;
                seen.extend(devices.iter().map(|device| {
                    let agent = device.client.user_agent.as_deref().unwrap_or("unknown");
                    let address = device.client.address.map(|address| address.to_string());
                    format!("{agent} {} {}", address.unwrap_or_default(), device.is_current)
                }));
            }
            ["jar"] => {
                let cookie = SetCookie::new("given", "1").finish().unwrap();
                Cookies::read(&parts.headers, &parts.extensions)?.set_on_success(cookie)?;
            }
            ["wait"] => gate.wait().await,
            ["panic"] => panic!("the handler panics"),
            ["status", code] => status = StatusCode::from_bytes(code.as_bytes()).unwrap(),
            _ => unreachable!("{step}"),
        }
    }
    Ok((status, seen.join(" ")).into_response())
}
