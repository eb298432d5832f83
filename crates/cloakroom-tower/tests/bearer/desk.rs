//! The application under test, and the tokens that it gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::routing::{any, get};
use cloakroom_tower::cloakroom_cookie::CookieName;
use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_jwt::{HmacKey, Policy, Signer, SigningKey, Typ, Verifier, VerifyingKey};
use cloakroom_tower::testing::Recorder;
use cloakroom_tower::{Bearer, BearerSource, BearerVerifier, CookieLayer, Error, EventKind};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

/// Seconds since 1970.
pub(crate) const T0: i64 = 1_750_000_000;
pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "https://notes.example";
pub(crate) const COOKIE_NAME: CookieName = CookieName::from_static("__Host-jwt");

/// What the application wants to know beside the registered claims.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Claims {
    pub(crate) role: String,
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from(
        HmacKey::hs256(b"\x01\x02\xff a secret of the tests of bearer tokens, long enough").unwrap(),
    )
    .with_kid("k1")
}

pub(crate) fn policy() -> Policy {
    Policy::new(ISSUER, AUDIENCE, Typ::exact("at+jwt"))
        .subject("u1")
        .max_age(Duration::from_secs(3600))
}

pub(crate) fn verifier() -> Verifier {
    let key: VerifyingKey = key().verifying_key();
    Verifier::one(policy(), [key]).unwrap()
}

/// The claims of a good token, with what `changes` has over them; a null takes a claim away.
pub(crate) fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "iat": T0, "exp": T0 + 300, "jti": "t1",
        "auth_time": T0 - 60, "role": "editor", "scope": "notes:read notes:list",
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

pub(crate) fn signer() -> Signer {
    Signer::new(key(), "at+jwt").unwrap()
}

pub(crate) fn token(changes: &Value) -> String {
    signer().sign(&claims(changes)).unwrap()
}

pub(crate) fn good() -> String {
    token(&json!({}))
}

/// The good token with one character of its signature changed.
pub(crate) fn tampered() -> String {
    let good = good();
    let place = good.rfind('.').unwrap() + 1;
    let other = if good.as_bytes()[place] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &good[..place], &good[place + 1..])
}

/// The whole application.
pub(crate) struct Desk {
    pub(crate) verifier: BearerVerifier<Claims>,
    clock: Arc<AtomicI64>,
    pub(crate) recorder: Recorder,
    app: Router,
}

#[derive(Clone)]
struct Shared {
    verifier: BearerVerifier<Claims>,
}

impl FromRef<Shared> for BearerVerifier<Claims> {
    fn from_ref(shared: &Shared) -> Self {
        shared.verifier.clone()
    }
}

impl Desk {
    pub(crate) fn by_authorization() -> Self {
        Self::with(BearerVerifier::from_authorization(verifier()))
    }

    pub(crate) fn by_cookie() -> Self {
        Self::with(BearerVerifier::from_cookie(verifier(), COOKIE_NAME).unwrap())
    }

    pub(crate) fn by_both() -> Self {
        let verifier = BearerVerifier::from_authorization(verifier());
        Self::with(verifier.or_cookie(COOKIE_NAME).unwrap())
    }

    pub(crate) fn with(verifier: BearerVerifier<Claims>) -> Self {
        Self::built(verifier, |layer| layer)
    }

    pub(crate) fn built(
        verifier: BearerVerifier<Claims>,
        change: impl FnOnce(CookieLayer) -> CookieLayer,
    ) -> Self {
        let clock = Arc::new(AtomicI64::new(T0 * 1000));
        let recorder = Recorder::new();
        let held = Arc::clone(&clock);
        let layer = CookieLayer::new()
            .with_clock(move || UnixTime::from_millis(held.load(Ordering::Relaxed)))
            .observer(recorder.clone());
        let app = Self::routes(&verifier).layer(change(layer));
        Self {
            verifier,
            clock,
            recorder,
            app,
        }
    }

    pub(crate) fn routes(verifier: &BearerVerifier<Claims>) -> Router {
        Router::new()
            .route("/", any(me))
            .route("/maybe", get(maybe))
            .route("/write", get(write))
            .with_state(Shared {
                verifier: verifier.clone(),
            })
    }

    pub(crate) fn at(&self, millis: i64) -> &Self {
        self.clock.store(millis, Ordering::Relaxed);
        self
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

    /// A request to `path` with these Authorization and Cookie fields.
    pub(crate) async fn ask(&self, path: &str, authorizations: &[&[u8]], cookies: &[&str]) -> Answer {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        for field in authorizations {
            let field = HeaderValue::from_bytes(field).unwrap();
            request.headers_mut().append(AUTHORIZATION, field);
        }
        for field in cookies {
            let field = HeaderValue::from_str(field).unwrap();
            request.headers_mut().append(COOKIE, field);
        }
        self.call(request).await
    }

    /// A request to `/` with `token` in its Authorization field.
    pub(crate) async fn bring(&self, token: &str) -> Answer {
        let field = format!("Bearer {token}");
        self.ask("/", &[field.as_bytes()], &[]).await
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
    /// The handler answered with `body`.
    #[track_caller]
    pub(crate) fn is(&self, body: &str, events: &[EventKind]) {
        assert_eq!((self.status, &*self.body), (StatusCode::OK, body));
        assert!(!self.headers.contains_key(WWW_AUTHENTICATE));
        assert!(!self.headers.contains_key(SET_COOKIE));
        assert_eq!(self.events, events);
    }

    /// The request was refused with this status, this challenge and this one line.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, challenge: &str, line: &str, events: &[EventKind]) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        let challenges: Vec<_> = self.headers.get_all(WWW_AUTHENTICATE).iter().collect();
        assert_eq!(challenges, [challenge]);
        assert_eq!(self.body, format!("{line}\n"));
        assert_eq!(self.headers[CONTENT_TYPE], "text/plain; charset=utf-8");
        assert!(
            !self.headers.contains_key(SET_COOKIE),
            "a refusal removes nothing"
        );
        assert_eq!(self.events, events);
    }

    /// There was no bearer token.
    #[track_caller]
    pub(crate) fn is_plain_401(&self) {
        self.refuses(401, "Bearer", "this needs a bearer token", &[]);
    }
}

async fn me(bearer: Bearer<Claims>) -> String {
    who(&bearer)
}

async fn maybe(bearer: Option<Bearer<Claims>>) -> String {
    bearer.map_or_else(|| "nobody".to_owned(), |bearer| who(&bearer))
}

async fn write(bearer: Bearer<Claims>) -> Result<&'static str, Error> {
    bearer.require_scope("notes:write")?;
    Ok("written")
}

fn who(bearer: &Bearer<Claims>) -> String {
    let source = match bearer.source() {
        BearerSource::Authorization => "authorization",
        BearerSource::Cookie => "cookie",
        other => panic!("{other:?}"),
    };
    format!("{} {} by {source}", bearer.subject().unwrap_or("-"), bearer.role)
}
