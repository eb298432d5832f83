//! The application under test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use cloakroom_tower::cloakroom_cookie::CookieName;
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_keyring::{Key, KeyRing};
use cloakroom_tower::testing::{Recorder, cookie_header};
use cloakroom_tower::{
    CookieLayer, Cookies, Error, EventKind, Persistence, Required, Sealed, SealedCookie, Sealer,
};
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

pub(crate) const T0: i64 = 1_750_000_000_123;
pub(crate) const HOUR: i64 = 3_600_000;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) subject: String,
    #[serde(default)]
    pub(crate) remember: bool,
}

impl SealedCookie for Login {
    const NAME: CookieName = CookieName::from_static("__Host-id");
    const PURPOSE: &'static str = "login";
    const TTL: Duration = Duration::from_secs(3600);
    const MAX_TTL: Duration = Duration::from_secs(2 * 3600);

    fn persistence(&self) -> Persistence {
        if self.remember {
            Persistence::UntilExpiry
        } else {
            Persistence::BrowserSession
        }
    }
}

pub(crate) fn login(subject: &str) -> Login {
    Login {
        subject: subject.to_owned(),
        remember: false,
    }
}

pub(crate) fn remembered(subject: &str) -> Login {
    Login {
        remember: true,
        ..login(subject)
    }
}

/// The whole application: `act` does what the request's `act` field says, `required` wants a login.
pub(crate) struct Desk {
    pub(crate) ring: KeyRing,
    pub(crate) sealer: Sealer<Login>,
    clock: Arc<AtomicI64>,
    pub(crate) recorder: Recorder,
    app: Router,
}

#[derive(Clone)]
struct Shared {
    sealer: Sealer<Login>,
}

impl FromRef<Shared> for Sealer<Login> {
    fn from_ref(shared: &Shared) -> Self {
        shared.sealer.clone()
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(|layer| layer)
    }

    pub(crate) fn with(change: impl FnOnce(CookieLayer) -> CookieLayer) -> Self {
        let ring = KeyRing::generate().unwrap();
        let sealer = Sealer::encrypted(&ring).unwrap();
        let clock = Arc::new(AtomicI64::new(T0));
        let recorder = Recorder::new();
        let held = Arc::clone(&clock);
        let layer = CookieLayer::new()
            .with_clock(move || UnixTime::from_millis(held.load(Ordering::Relaxed)))
            .observer(recorder.clone());
        let app = Self::routes(&sealer).layer(change(layer));
        Self {
            ring,
            sealer,
            clock,
            recorder,
            app,
        }
    }

    pub(crate) fn routes(sealer: &Sealer<Login>) -> Router {
        Router::new()
            .route("/", any(act))
            .route("/required", get(required))
            .route("/twice", get(twice))
            .with_state(Shared {
                sealer: sealer.clone(),
            })
    }

    pub(crate) fn at(&self, millis: i64) -> &Self {
        self.clock.store(millis, Ordering::Relaxed);
        self
    }

    /// Announces a new key and activates it; the old one retires.
    pub(crate) fn rotate(&self) -> KeyRing {
        let next = Key::generate().unwrap();
        let id = next.id();
        let ring = self.ring.announce(next).unwrap().activate(id).unwrap();
        self.sealer.replace(&ring).unwrap();
        ring
    }

    /// `name=value` with `value` sealed at T0.
    pub(crate) fn cookie(&self, value: &Login) -> String {
        let header = cookie_header(&self.sealer, value, UnixTime::from_millis(T0)).unwrap();
        header.to_str().unwrap().to_owned()
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            events: self.recorder.take_kinds(),
        }
    }

    /// A request with these Cookie header values, whose handler does `steps`.
    pub(crate) async fn ask(&self, cookies: &[&str], steps: &'static str) -> Answer {
        let mut request = Request::builder()
            .header("act", steps)
            .body(Body::empty())
            .unwrap();
        for cookie in cookies {
            request
                .headers_mut()
                .append(COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        self.call(request).await
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
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
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(self.headers[CACHE_CONTROL], "no-store");
        lines[0].split_once("; ").unwrap()
    }

    /// The request went on with `body` and the response says nothing about cookies.
    #[track_caller]
    pub(crate) fn is_quiet(&self, body: &str, events: &[EventKind]) {
        assert_eq!(self.status, StatusCode::OK);
        assert_eq!(self.body, body);
        assert_eq!(self.set_cookies(), [""; 0]);
        assert!(!self.headers.contains_key(CACHE_CONTROL));
        assert_eq!(self.events, events);
    }
}

pub(crate) const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
pub(crate) const REMOVED: &str = "__Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; \
                       SameSite=Lax";

/// Does the steps of the request's `act` field and answers with whom it saw first.
async fn act(
    mut cookie: Sealed<Login>,
    State(shared): State<Shared>,
    parts: Parts,
) -> Result<Response, Error> {
    let mut body = who(&cookie);
    let mut status = StatusCode::OK;
    let mut own = HeaderMap::new();
    for step in parts.headers["act"].to_str().unwrap().split(',').map(str::trim) {
        match *step.split(' ').collect::<Vec<_>>().as_slice() {
            [""] => {}
            ["set", subject] => cookie.set(login(subject))?,
            ["remember", subject] => cookie.set(remembered(subject))?,
            ["ttl", millis, subject] => {
                let ttl = Duration::from_millis(millis.parse().unwrap());
                cookie.set_with_ttl(remembered(subject), ttl)?;
            }
            ["update", subject] => cookie.update(login(subject))?,
            ["update_remembered", subject] => cookie.update(remembered(subject))?,
            ["cut", millis] => {
                let cutoff = UnixTime::from_millis(T0 + millis.parse::<i64>().unwrap());
                shared.sealer.raise_cutoff(cutoff).unwrap();
            }
            ["remove"] => cookie.remove()?,
            ["look"] => {
                let again = Sealed::read(&parts.headers, &parts.extensions, &shared.sealer)?;
                assert_eq!(again.issued_at(), cookie.issued_at());
                assert_eq!(again.expires_at(), cookie.expires_at());
                body = format!("{body} {} {}", who(&cookie), who(&again));
            }
            ["own", line] => drop(own.append(SET_COOKIE, HeaderValue::from_str(line).unwrap())),
            ["status", code] => status = StatusCode::from_bytes(code.as_bytes()).unwrap(),
            _ => unreachable!("{step}"),
        }
    }
    Ok((status, own, body).into_response())
}

fn who(cookie: &Sealed<Login>) -> String {
    assert_eq!(cookie.is_present(), cookie.get().is_some());
    cookie.get().map_or("nobody", |login| &login.subject).to_owned()
}

async fn required(login: Required<Login>) -> String {
    format!(
        "{} {:?} {:?}",
        login.subject,
        login.issued_at(),
        login.expires_at()
    )
}

async fn twice(first: Sealed<Login>, second: Sealed<Login>, cookies: Cookies) -> String {
    format!(
        "{} {} {}",
        who(&first),
        who(&second),
        cookies.request().iter().count()
    )
}
