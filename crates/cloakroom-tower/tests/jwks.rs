//! Bearer tokens under keys that are fetched from a server, which the tests can turn off.
#![expect(
    clippy::unwrap_used,
    reason = "the exception for tests does not reach their helpers"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::routing::get;
use cloakroom_tower::EventKind::{KeysUnavailable, TokenRejected, Verified};
use cloakroom_tower::cloakroom_cookie::CookieName;
use cloakroom_tower::cloakroom_core::{Tick, UnixTime};
use cloakroom_tower::cloakroom_jwks::{JwksVerifier, danger};
use cloakroom_tower::cloakroom_jwt::{Ed25519SigningKey, Policy, Signer, SigningKey, Typ};
use cloakroom_tower::testing::Recorder;
use cloakroom_tower::{Bearer, BearerVerifier, CookieLayer, EventKind};
use http::Request;
use http::header::{AUTHORIZATION, COOKIE, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::key_server::key_server;

#[path = "identity/key_server.rs"]
mod key_server;

const T0: i64 = 1_750_000_000;
const ISSUER: &str = "https://login.example";

#[derive(Clone)]
struct Tokens(BearerVerifier<Value>);

impl FromRef<Tokens> for BearerVerifier<Value> {
    fn from_ref(tokens: &Tokens) -> Self {
        tokens.0.clone()
    }
}

fn key(kid: &str) -> SigningKey {
    SigningKey::from(Ed25519SigningKey::from_seed(&[7; 32])).with_kid(kid)
}

fn token(kid: &str, issuer: &str) -> String {
    let claims = json!({ "iss": issuer, "aud": "notes", "sub": "u1", "exp": T0 + 100_000 });
    Signer::new(key(kid), "at+jwt").unwrap().sign(&claims).unwrap()
}

struct Desk {
    app: Router,
    recorder: Recorder,
    tick: Arc<AtomicU64>,
    is_well: Arc<AtomicBool>,
}

impl Desk {
    async fn new(is_well: bool) -> Self {
        let is_well_now = Arc::new(AtomicBool::new(is_well));
        let address = key_server(&key("k1"), Arc::clone(&is_well_now)).await;
        let tick = Arc::new(AtomicU64::new(0));
        let held = Arc::clone(&tick);
        let policy = Policy::new(ISSUER, "notes", Typ::exact("at+jwt"));
        let verifier = JwksVerifier::builder()
            .issuer(policy, format!("http://{address}/keys"))
            .with_clock(move || Tick::from_millis(held.load(Ordering::Relaxed)));
        let verifier = danger::loopback_http(verifier).start().unwrap();
        assert_eq!(verifier.first_load().await, is_well);
        let verifier = BearerVerifier::from_authorization(verifier)
            .or_cookie(CookieName::from_static("__Host-jwt"))
            .unwrap();
        let recorder = Recorder::new();
        let layer = CookieLayer::new()
            .with_clock(|| UnixTime::from_millis(T0 * 1000))
            .observer(recorder.clone());
        let app = Router::new()
            .route("/", get(async |bearer: Bearer<Value>| bearer["sub"].to_string()))
            .route(
                "/maybe",
                get(
                    async |bearer: Option<Bearer<Value>>| {
                        if bearer.is_some() { "somebody" } else { "nobody" }
                    },
                ),
            )
            .layer(layer)
            .with_state(Tokens(verifier));
        Self {
            app,
            recorder,
            tick,
            is_well: is_well_now,
        }
    }

    /// Status, challenge, seconds to wait, events.
    async fn ask(
        &self,
        path: &str,
        token: &str,
        by_cookie: bool,
    ) -> (u16, Option<String>, Option<u64>, Vec<EventKind>) {
        let request = if by_cookie {
            Request::get(path).header(COOKIE, format!("__Host-jwt={token}"))
        } else {
            Request::get(path).header(AUTHORIZATION, format!("Bearer {token}"))
        };
        let response = self
            .app
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let field = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let wait = field(RETRY_AFTER).map(|seconds| seconds.parse().unwrap());
        (
            response.status().as_u16(),
            field(WWW_AUTHENTICATE),
            wait,
            self.recorder.take_kinds(),
        )
    }

    #[track_caller]
    fn is_unavailable(answer: (u16, Option<String>, Option<u64>, Vec<EventKind>)) {
        let (status, challenge, wait, events) = answer;
        assert_eq!(status, 503);
        assert_eq!((challenge, events), (None, vec![KeysUnavailable]));
        assert!((1..=3600).contains(&wait.unwrap()), "{wait:?}");
    }
}

#[tokio::test]
async fn a_token_under_a_fetched_key_is_accepted() {
    let desk = Desk::new(true).await;
    for by_cookie in [false, true] {
        let answer = desk.ask("/", &token("k1", ISSUER), by_cookie).await;
        assert_eq!(answer, (200, None, None, vec![Verified]));
    }
    let invalid = |description: &str| {
        Some(format!(
            "Bearer error=\"invalid_token\", error_description=\"{description}\""
        ))
    };
    let unknown = invalid("no key has the token's key id");
    let answer = desk.ask("/", &token("k2", ISSUER), false).await;
    assert_eq!(answer, (401, unknown, None, vec![TokenRejected]));
    let malformed = invalid("the token is not a well-formed JWS compact serialization");
    // With keys a forged cookie is none.
    let good = token("k1", ISSUER);
    let place = good.rfind('.').unwrap() + 1;
    let forged = format!("{}{}", &good[..place], "A".repeat(good.len() - place));
    let answer = desk.ask("/maybe", &forged, true).await;
    assert_eq!(answer, (200, None, None, vec![TokenRejected]));
    let answer = desk.ask("/", "a.b", false).await;
    assert_eq!(answer, (401, malformed, None, vec![TokenRejected]));
}

#[tokio::test]
async fn without_keys_the_answer_is_503_and_never_401() {
    let desk = Desk::new(false).await;
    let good = token("k1", ISSUER);
    for path in ["/", "/maybe"] {
        for by_cookie in [false, true] {
            Desk::is_unavailable(desk.ask(path, &good, by_cookie).await);
        }
    }
    // Nor does a cookie that is junk make a stranger of somebody who may not be one.
    let cookies = format!("junk; __Host-jwt={good}; __Host-jwt=junk");
    Desk::is_unavailable(desk.ask("/maybe", &cookies, true).await);
    // One that is forged may be good as far as anybody can tell: 503 as well, to whoever has it planted.
    let place = good.rfind('.').unwrap() + 1;
    let forged = format!("{}{}", &good[..place], "A".repeat(good.len() - place));
    for path in ["/", "/maybe"] {
        for by_cookie in [false, true] {
            Desk::is_unavailable(desk.ask(path, &forged, by_cookie).await);
        }
    }
    // A cookie that no key of the issuer could make good keeps nobody from the page.
    for planted in ["junk", &*token("k1", "https://evil.example")] {
        let (status, _, wait, events) = desk.ask("/maybe", planted, true).await;
        assert_eq!((status, wait, events), (200, None, vec![TokenRejected]));
    }
    // What is no token of the issuer needs none of its keys to be refused.
    let (status, _, wait, events) = desk.ask("/", &token("k1", "https://evil.example"), false).await;
    assert_eq!((status, wait, events), (401, None, vec![TokenRejected]));
    let (status, _, wait, events) = desk.ask("/", "junk", false).await;
    assert_eq!((status, wait, events), (401, None, vec![TokenRejected]));
}

#[tokio::test]
async fn keys_that_are_too_old_are_as_good_as_none() {
    let desk = Desk::new(true).await;
    let good = token("k1", ISSUER);
    assert_eq!(desk.ask("/", &good, false).await.0, 200);
    desk.is_well.store(false, Ordering::Relaxed);
    let day = Duration::from_hours(24).as_millis();
    desk.tick.store(u64::try_from(day).unwrap(), Ordering::Relaxed);
    for by_cookie in [false, true] {
        Desk::is_unavailable(desk.ask("/maybe", &good, by_cookie).await);
    }
}
