//! Logouts while the keys of one of two issuers cannot be had.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_tower::cloakroom_jwks::{JwksVerifier, danger};
use cloakroom_tower::cloakroom_jwt::{Ed25519SigningKey, Policy, Signer, SigningKey, Typ};
use cloakroom_tower::{BearerVerifier, EventKind};
use serde_json::json;

use crate::desk::{AUDIENCE, Answer, Claims, Desk, HOUR, ISSUER, Plan, T0, policy, verifier};
use crate::key_server::key_server;

const ALL: [&str; 3] = ["__Host-id", "__Host-jwt", "__Host-ticket"];
const AWAY: &str = "https://away.example";
const UNAVAILABLE: &str = "the keys that tokens are verified with are not available\n";

/// A desk whose JWTs are those of two issuers, of which the second may be away.
struct Outage {
    desk: Desk,
}

fn key() -> SigningKey {
    SigningKey::from(Ed25519SigningKey::from_seed(&[7; 32])).with_kid("k1")
}

/// The one that issuers take next.
fn next_key() -> SigningKey {
    SigningKey::from(Ed25519SigningKey::from_seed(&[8; 32])).with_kid("k2")
}

impl Outage {
    async fn new() -> Self {
        let outage = Self {
            desk: Desk::new().await,
        };
        outage.away(true).await;
        outage
    }

    /// Whether the second issuer is away from now on, and nobody remembers its keys.
    async fn away(&self, is_away: bool) {
        self.publish(&key(), is_away).await;
    }

    /// The same where this is the key of both.
    async fn publish(&self, key: &SigningKey, is_away: bool) {
        let mut builder = JwksVerifier::builder();
        for (issuer, is_well) in [(ISSUER, true), (AWAY, !is_away)] {
            let address = key_server(key, Arc::new(AtomicBool::new(is_well))).await;
            let policy = Policy::new(issuer, AUDIENCE, Typ::exact("at+jwt"));
            let policy = policy.revocable(12 * HOUR, Duration::from_secs(2));
            builder = builder.issuer(policy, format!("http://{address}/keys"));
        }
        let keys = danger::loopback_http(builder).start().unwrap();
        assert_eq!(keys.first_load().await, !is_away);
        self.desk.verifier.replace(keys);
    }

    /// A token in its cookie; a `role` that is no text makes it unreadable here.
    fn token(&self, issuer: &str, id: &str, role: impl Into<serde_json::Value>) -> String {
        self.signed(&key(), &json!({"iss": issuer, "jti": id, "role": role.into()}))
    }

    fn signed(&self, key: &SigningKey, changes: &serde_json::Value) -> String {
        let signer = Signer::new(key.clone(), "at+jwt").unwrap();
        format!("__Host-jwt={}", signer.sign(&self.desk.claims(changes)).unwrap())
    }

    async fn leave(&self, cookies: &[&str]) -> Answer {
        let answer = self.desk.act(cookies, "leave").await;
        self.desk.learn_at(self.desk.now().as_millis() + 100).await;
        answer
    }

    fn writes(&self) -> usize {
        self.desk.revocations.writes.load(Ordering::Relaxed)
    }

    /// Whose the token is, which may be nobody's.
    async fn is(&self, cookie: &str, issuer: Option<&str>) {
        let me = issuer.map_or("nobody".to_owned(), |issuer| {
            format!("{issuer} u1 {} Token(Cookie)", -60_000)
        });
        self.desk.maybe(&[cookie]).await.is(200, &me);
    }
}

#[track_caller]
fn is_unsure(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), &*answer.body), (503, UNAVAILABLE));
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
    answer.removes(&ALL);
}

#[tokio::test]
async fn g8_a_logout_is_not_done_where_a_token_cannot_be_judged() {
    let outage = Outage::new().await;
    let here = |id: &str| outage.token(ISSUER, id, "editor");
    let unread = |id: &str| outage.token(ISSUER, id, 1);
    let away = |id: &str| outage.token(AWAY, id, "editor");
    let session = outage.desk.session("u9").await;
    let ticket = outage.desk.ticket("u9");
    let junk = "__Host-jwt=junk".to_owned();
    // Each with how many of them are sure to have ended.
    for (cookies, ended) in [
        (vec![away("b0")], 0),
        (vec![away("b0"), junk.clone()], 0),
        (vec![away("b0"), away("b1")], 0),
        (vec![here("a1"), away("b1")], 1),
        (vec![away("b2"), here("a2")], 1),
        (vec![here("a3"), away("b3"), here("a4")], 2),
        (vec![away("b4"), unread("a5")], 1),
        (vec![unread("a6"), away("b5"), here("a7")], 2),
        (vec![away("b6"), session.clone(), ticket.clone()], 1),
    ] {
        let writes = outage.writes();
        let brought: Vec<_> = cookies.iter().map(String::as_str).collect();
        is_unsure(&outage.leave(&brought).await);
        assert_eq!(outage.writes() - writes, ended, "{cookies:?}");
    }
    outage.away(false).await;
    for id in ["a1", "a2", "a3", "a4", "a5", "a6", "a7"] {
        outage.is(&here(id), None).await;
    }
    for cookie in [&session, &ticket] {
        outage.is(cookie, None).await;
    }
    // Which is why it was not done.
    for id in ["b0", "b1", "b2", "b3", "b4", "b5", "b6"] {
        outage.is(&away(id), Some(AWAY)).await;
    }
    assert_eq!(outage.desk.now().as_millis(), T0 + 900);
}

#[tokio::test]
async fn a_token_that_cannot_be_judged_keeps_nobody_from_being_known() {
    let outage = Outage::new().await;
    let (here, away) = (
        outage.token(ISSUER, "a1", "editor"),
        outage.token(AWAY, "b1", "editor"),
    );
    let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
    for cookies in [[&*here, &*away], [&*away, &*here]] {
        outage.desk.heard();
        outage.desk.maybe(&cookies).await.is(200, &me);
        // So that a logout that is 503 beside a login has its reason told.
        assert_eq!(
            outage.desk.heard(),
            [EventKind::Verified, EventKind::KeysUnavailable]
        );
    }
    // What is no token of the issuer may be removed and forgotten.
    let evil = outage.token("https://evil.example", "c1", "editor");
    let answer = outage.leave(&[&here, &evil, "__Host-jwt=junk"]).await;
    assert_eq!(answer.status, 200);
    answer.removes(&ALL);
    outage.is(&here, None).await;
    outage.desk.maybe(&[&away]).await.is(503, UNAVAILABLE);
}

#[tokio::test]
async fn g8_a_logout_by_authorization_is_not_done_where_its_token_cannot_be_judged() {
    let outage = Outage::new().await;
    let token = outage.token(AWAY, "b1", "editor");
    let field = token.replacen("__Host-jwt=", "Bearer ", 1);
    let answer = outage.desk.bear("/", &[&field], &[], "leave").await;
    answer.is(503, UNAVAILABLE);
}

#[tokio::test]
async fn g8_a_logout_is_not_done_where_a_token_has_a_key_that_is_not_here_yet() {
    let outage = Outage::new().await;
    outage.away(false).await;
    let here = |id: &str| outage.token(ISSUER, id, "editor");
    let next = |id: &str| outage.signed(&next_key(), &json!({"iss": ISSUER, "jti": id}));
    let (session, ticket) = (outage.desk.session("u9").await, outage.desk.ticket("u9"));
    // Each with how many of them are sure to have ended.
    for (cookies, ended) in [
        (vec![next("n0")], 0),
        (vec!["__Host-jwt=junk".to_owned(), next("n1")], 0),
        (vec![here("a1"), next("n2")], 1),
        (vec![next("n3"), here("a2"), here("a3")], 2),
        (vec![next("n4"), session.clone(), ticket.clone()], 1),
    ] {
        let writes = outage.writes();
        let brought: Vec<_> = cookies.iter().map(String::as_str).collect();
        is_unsure(&outage.leave(&brought).await);
        assert_eq!(outage.writes() - writes, ended, "{cookies:?}");
    }
    let field = next("n5").replacen("__Host-jwt=", "Bearer ", 1);
    let answer = outage.desk.bear("/", &[&field], &[], "leave").await;
    answer.is(503, UNAVAILABLE);
    for cookie in [&here("a1"), &here("a2"), &here("a3"), &session, &ticket] {
        outage.is(cookie, None).await;
    }
    // What no key of the issuer could make good.
    let over = json!({"iss": ISSUER, "jti": "n6", "exp": outage.desk.now().as_millis() / 1000 - 10});
    let forged = next_key().with_kid("k1");
    for cookie in [
        outage.signed(&next_key(), &over),
        outage.signed(&next_key(), &json!({"iss": "https://evil.example"})),
        outage.signed(&forged, &json!({"iss": ISSUER})),
    ] {
        let answer = outage.leave(&[&cookie]).await;
        assert_eq!(answer.status, 200, "{cookie}");
        answer.removes(&ALL);
    }
    // Which is why it was not done.
    outage.publish(&next_key(), false).await;
    for id in ["n0", "n1", "n2", "n3", "n4", "n5"] {
        outage.is(&next(id), Some(ISSUER)).await;
    }
}

#[tokio::test]
async fn a_token_whose_key_is_not_here_yet_keeps_nobody_from_anything_else() {
    let outage = Outage::new().await;
    outage.away(false).await;
    let next = outage.signed(&next_key(), &json!({"iss": ISSUER, "jti": "n1"}));
    let here = outage.token(ISSUER, "a1", "editor");
    outage.is(&next, None).await;
    outage.desk.heard();
    let me = format!("{ISSUER} u1 -60000 Token(Cookie)");
    outage.desk.maybe(&[&next, &here]).await.is(200, &me);
    assert_eq!(
        outage.desk.heard(),
        [EventKind::Verified, EventKind::KeysUnavailable]
    );
    let field = next.replacen("__Host-jwt=", "Bearer ", 1);
    let answer = outage.desk.bear("/maybe", &[&field], &[&here], "").await;
    answer.is(401, "the credentials in Authorization are not good\n");
}

#[tokio::test]
async fn a_login_beside_a_token_that_cannot_be_judged_is_done_and_removes_it() {
    let outage = Outage::new().await;
    let away = outage.token(AWAY, "b1", "editor");
    let next = outage.signed(&next_key(), &json!({"iss": ISSUER, "jti": "n1"}));
    for cookies in [vec![&*away], vec![&*next], vec![&*away, &*next]] {
        let answer = outage.desk.act(&cookies, "enter session u2").await;
        assert_eq!(answer.status, 200);
        let session = answer.sets_beside(&["__Host-jwt", "__Host-ticket"]);
        outage
            .desk
            .me(&[session])
            .await
            .is(200, "local u2 0 Session(Cookie)");
    }
    assert_eq!(outage.writes(), 0);
}

#[tokio::test]
async fn g8_a_token_in_authorization_is_judged_by_whichever_verifier_can() {
    let plan = Plan {
        carriers: |builder, carriers| {
            let ours = Plan::default().policy;
            let ours = BearerVerifier::<Claims>::from_authorization(verifier(ours(policy())));
            builder.token(&carriers.verifier).token(&ours)
        },
        ..Plan::default()
    };
    let outage = Outage {
        desk: Desk::with(plan).await,
    };
    outage.away(false).await;
    // Under a key of ours, of which the issuer's set knows nothing.
    let field = format!("Bearer {}", outage.desk.token(&json!({})));
    let me = format!("{ISSUER} u1 -60000 Token(Authorization)");
    outage.desk.bear("/maybe", &[&field], &[], "").await.is(200, &me);
    outage.desk.bear("/", &[&field], &[], "leave").await.is(200, "");
    assert_eq!(outage.writes(), 1);
}
