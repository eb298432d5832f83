//! Layers that cannot be meant.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use cloakroom_tower::cloakroom_cookie::{CookieName, SetCookie};
use cloakroom_tower::cloakroom_jwks::{JwksVerifier, danger};
use cloakroom_tower::cloakroom_lineage::cloakroom_revocation::{
    Fleet, MemoryRevocationStore, RevocationCheck,
};
use cloakroom_tower::cloakroom_lineage::{Clocks, Gate, Lineages};
use cloakroom_tower::cloakroom_session::cloakroom_store::MemoryStore;
use cloakroom_tower::cloakroom_session::{Sessions, Settings};
use cloakroom_tower::{
    BearerVerifier, CookieLayer, Identity, IdentityLayer, InvalidIdentityLayer, Reach, Sealer, SessionLayer,
};
use http::Request;
use tower::ServiceExt;

use crate::desk::{Claims, HOUR, Login, gate, index, policy, ring, verifier};
use crate::revocations::Follower;

const JWT: CookieName = CookieName::from_static("__Host-jwt");

fn sessions() -> SessionLayer {
    SessionLayer::new(Sessions::new(MemoryStore::new(), Settings::new(index())).unwrap())
}

fn sealer() -> Sealer<Login> {
    Sealer::encrypted(&ring()).unwrap()
}

fn tokens(max_age: Option<Duration>) -> BearerVerifier<Claims> {
    let policy = match max_age {
        Some(age) => policy().revocable(age, Duration::from_secs(2)),
        None => policy(),
    };
    BearerVerifier::from_cookie(verifier(policy), JWT).unwrap()
}

fn gate_of(max_age: Duration) -> Gate {
    let clocks = Clocks::system();
    let snapshot = Follower::new(&clocks).snapshot();
    let check = RevocationCheck::new(Fleet::default(), max_age, [snapshot]).unwrap();
    Gate::new(check, clocks)
}

fn lineages() -> Lineages {
    let clocks = Clocks::system();
    Lineages::new(MemoryRevocationStore::new(Fleet::default(), move || {
        clocks.now().wall
    }))
}

#[test]
fn mistakes_show_when_the_layer_is_made() {
    let new = IdentityLayer::builder;
    let plain = BearerVerifier::<Claims>::from_cookie_of(
        verifier(policy()),
        CookieName::from_static("jwt"),
        Reach::SharedWithSubdomains,
    )
    .unwrap();
    let cookie = |name: &'static str| SetCookie::new(name, "").finish().unwrap();
    for (builder, expected) in [
        (new(), InvalidIdentityLayer::NoCarrier),
        (
            new().session(&sessions()).session(&sessions()),
            InvalidIdentityLayer::Twice,
        ),
        (
            new().ticket(&sealer()).ticket(&sealer()),
            InvalidIdentityLayer::Twice,
        ),
        (
            new().token(&tokens(None)).token(&tokens(None)),
            InvalidIdentityLayer::Twice,
        ),
        (
            new().token(&plain),
            InvalidIdentityLayer::UnknownCookie {
                cookie: CookieName::from_static("jwt"),
            },
        ),
        (
            new().token_in(&plain, &cookie("other")),
            InvalidIdentityLayer::OtherCookie {
                cookie: CookieName::from_static("other"),
            },
        ),
        (
            new().ticket(&sealer()).with_lineages(lineages(), index()),
            InvalidIdentityLayer::NoGate,
        ),
        (
            new()
                .ticket(&sealer())
                .with_gate(gate_of(Duration::from_secs(12 * 3600 - 1))),
            InvalidIdentityLayer::LivesTooLong {
                cookie: CookieName::from_static("__Host-ticket"),
            },
        ),
        (
            new().token(&tokens(None)).with_gate(gate_of(HOUR)),
            InvalidIdentityLayer::NotRevocable,
        ),
        (
            new()
                .token(&tokens(Some(HOUR)))
                .with_gate(gate_of(Duration::from_secs(3599))),
            InvalidIdentityLayer::NotRevocable,
        ),
    ] {
        assert_eq!(builder.finish().unwrap_err(), expected);
    }
    for builder in [
        new().session(&sessions()),
        new().session(&sessions()).with_lineages(lineages(), index()),
        new().token_in(&plain, &cookie("jwt")),
        new().ticket(&sealer()).with_gate(gate_of(12 * HOUR)),
        new()
            .token(&tokens(Some(HOUR)))
            .with_gate(gate_of(HOUR))
            .with_lineages(lineages(), index()),
    ] {
        assert!(builder.finish().is_ok());
    }
}

#[test]
fn f15_a_carrier_that_outlives_the_gate_is_no_carrier() {
    for (life, is_made) in [(12 * 3600, true), (12 * 3600 - 1, false)] {
        let gate = gate_of(Duration::from_secs(life));
        let ticket = IdentityLayer::builder().ticket(&sealer()).with_gate(gate.clone());
        assert_eq!(ticket.finish().is_ok(), is_made);
        let token = IdentityLayer::builder()
            .token(&tokens(Some(12 * HOUR)))
            .with_gate(gate);
        assert_eq!(token.finish().is_ok(), is_made);
    }
}

#[test]
fn f15_a_verifier_that_takes_tokens_after_their_denial_is_dropped_is_no_carrier() {
    let leeway = Fleet::default().leeway;
    for (leeway, is_made) in [(leeway, true), (leeway + Duration::from_millis(1), false)] {
        let policy = policy()
            .revocable(12 * HOUR, Duration::from_secs(2))
            .leeway(leeway);
        let verifier = BearerVerifier::<Claims>::from_cookie(verifier(policy), JWT).unwrap();
        let token = IdentityLayer::builder()
            .token(&verifier)
            .with_gate(gate_of(12 * HOUR));
        assert_eq!(token.finish().is_ok(), is_made);
    }
}

#[tokio::test]
async fn f15_the_policies_of_keys_that_are_fetched_are_held_against_the_gate_too() {
    let leeway = Fleet::default().leeway;
    let more = Duration::from_millis(1);
    for (age, leeway, is_made) in [
        (Some(12 * HOUR), leeway, true),
        (Some(12 * HOUR + more), leeway, false),
        (Some(12 * HOUR), leeway + more, false),
        (None, Duration::ZERO, false),
    ] {
        let policy = policy().leeway(leeway);
        let policy = match age {
            Some(age) => policy.revocable(age, Duration::from_secs(2)),
            None => policy,
        };
        // Nobody listens there: no key is ever fetched.
        let keys = JwksVerifier::builder().issuer(policy, "http://127.0.0.1:1/keys");
        let keys = danger::loopback_http(keys).start().unwrap();
        let verifier = BearerVerifier::<Claims>::from_cookie(keys, JWT).unwrap();
        let token = IdentityLayer::builder()
            .token(&verifier)
            .with_gate(gate_of(12 * HOUR));
        assert_eq!(token.finish().is_ok(), is_made, "{age:?} {leeway:?}");
    }
}

#[tokio::test]
async fn a_layer_that_is_missing_shows_with_the_first_request() {
    let me = || get(async |_: Option<Identity>| ());
    let identities = IdentityLayer::builder()
        .session(&sessions())
        .ticket(&sealer())
        .finish()
        .unwrap();
    let app = Router::<()>::new;
    for (app, text) in [
        (
            app().route("/", me()),
            "IdentityLayer is missing: add `.layer(identities)` to the router, inside of those that send cookies\n",
        ),
        (
            app().route("/", me()).layer(identities.clone()),
            "CookieLayer is missing: add `.layer(cloakroom_tower::CookieLayer::new())` to the router, outside of all \
             that reads or writes cookies\n",
        ),
        (
            app().route("/", me()).layer(identities).layer(CookieLayer::new()),
            "SessionLayer is missing: add `.layer(cloakroom_tower::SessionLayer::new(sessions))` to the router\n",
        ),
    ] {
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(body, text);
    }
}

#[test]
fn debug_shows_what_carries_identities_and_no_secret() {
    let clocks = Clocks::system();
    let layer = IdentityLayer::builder()
        .session(&sessions())
        .ticket(&sealer())
        .token(&tokens(Some(HOUR)))
        .with_gate(gate(&clocks, &Follower::new(&clocks)))
        .with_lineages(lineages(), index())
        .finish()
        .unwrap();
    assert_eq!(
        format!("{layer:?}"),
        "IdentityLayer { settings: Settings { carriers: [Session { carried_by: Cookie, cookie: \"__Host-id\" }, \
         Ticket { cookie: \"__Host-ticket\" }, Token(BearerVerifier { authorization: false, \
         cookie: Some(\"__Host-jwt\"), .. })], has_gate: true, has_lineages: true, .. }, .. }"
    );
}
