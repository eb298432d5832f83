//! Several issuers behind one verifier: none of them is in another's way.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_jwks::JwksVerifier;
use cloakroom_jwks::cloakroom_jwt::{ErrorKind, Policy, Signer, SigningKey, Typ};
use tokio::sync::Semaphore;

use super::server::{Reply, Server, response};
use super::{Hand, Heard, Verdict, key, policy, run, set, token_of, verdict};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

/// Issuers, each behind a server of its own, in this order.
struct Rig {
    verifier: JwksVerifier,
    hand: Hand,
    heard: Heard,
}

impl Rig {
    fn start<'a>(issuers: impl IntoIterator<Item = (Policy, &'a Server)>) -> Self {
        let (hand, heard) = (Hand::default(), Heard::default());
        let mut builder = JwksVerifier::builder()
            .without_system_roots()
            .with_clock(hand.read())
            .observer(heard.observer_by_issuer());
        for (policy, server) in issuers {
            builder = builder
                .issuer(policy, server.url())
                .root_certificates(server.root.as_str());
        }
        Self {
            verifier: builder.start().unwrap(),
            hand,
            heard,
        }
    }
}

async fn server(keys: &[&SigningKey]) -> Server {
    Server::https(Reply::ok(&set(keys), &[])).await
}

#[test]
fn a_key_id_that_another_issuer_has_is_missing_all_the_same() {
    run(async {
        let of_a = key(1, "2");
        let (old, new) = (key(2, "1"), key(3, "2"));
        let other_typ = Policy::new(A, "api", Typ::exact("logout+jwt"));
        for (policy_a, rejection) in [(policy(A), ErrorKind::Signature), (other_typ, ErrorKind::Type)] {
            let (server_a, server_b) = (server(&[&of_a]).await, server(&[&old]).await);
            let rig = Rig::start([(policy_a, &server_a), (policy(B), &server_b)]);
            assert!(rig.verifier.first_load().await);
            server_b.set(Reply::ok(&set(&[&new]), &[]));
            // Answered at once, and B's set is fetched: A's key of that id says nothing about B's.
            assert_eq!(
                verdict(&rig.verifier, &token_of(B, &new)),
                Verdict::Bad(rejection)
            );
            assert_eq!(rig.heard.count(3).await[2], "https://b.example fetched 1");
            assert_eq!(verdict(&rig.verifier, &token_of(B, &new)), Verdict::Good);
            assert_eq!((server_a.hits(), server_b.hits()), (1, 2));
        }
    });
}

#[test]
fn a_key_that_two_issuers_share_is_fetched_for_each() {
    run(async {
        let (shared, old) = (key(1, "2"), key(2, "1"));
        let (server_a, server_b) = (server(&[&shared]).await, server(&[&old]).await);
        let rig = Rig::start([(policy(A), &server_a), (policy(B), &server_b)]);
        assert!(rig.verifier.first_load().await);
        server_b.set(Reply::ok(&set(&[&shared]), &[]));
        assert_eq!(
            verdict(&rig.verifier, &token_of(B, &shared)),
            Verdict::Bad(ErrorKind::Issuer)
        );
        assert_eq!(rig.heard.count(3).await[2], "https://b.example fetched 1");
        assert_eq!(verdict(&rig.verifier, &token_of(B, &shared)), Verdict::Good);
        assert_eq!((server_a.hits(), server_b.hits()), (1, 2));
    });
}

#[test]
fn e23_a_key_id_of_another_issuer_costs_one_fetch_per_cooldown_too() {
    run(async {
        let (server_a, server_b) = (server(&[&key(1, "2")]).await, server(&[&key(2, "1")]).await);
        let rig = Rig::start([(policy(A), &server_a), (policy(B), &server_b)]);
        assert!(rig.verifier.first_load().await);
        let forged = token_of(B, &key(9, "2"));
        for (round, advance) in [(1, 0), (1, 29_999), (2, 1)] {
            rig.hand.advance(Duration::from_millis(advance));
            for _ in 0..100 {
                assert_eq!(
                    verdict(&rig.verifier, &forged),
                    Verdict::Bad(ErrorKind::Signature)
                );
            }
            rig.heard.count(2 + round).await;
            // Its own key id asks for nothing, whoever it is forged with.
            let own = token_of(B, &key(9, "1"));
            assert_eq!(verdict(&rig.verifier, &own), Verdict::Bad(ErrorKind::Signature));
            assert_eq!((server_a.hits(), server_b.hits()), (1, 1 + round));
        }
    });
}

/// A token of about this length.
fn long_token(issuer: &str, length: usize) -> String {
    let claims = serde_json::json!({
        "iss": issuer, "sub": "alice", "aud": "api", "exp": 1_750_000_300, "pad": "x".repeat(length * 3 / 4),
    });
    Signer::new(key(1, "a"), "at+jwt").unwrap().sign(&claims).unwrap()
}

#[test]
fn a_token_is_too_large_for_its_own_issuer_alone() {
    run(async {
        const KIB: usize = 1024;
        let too_large = Verdict::Bad(ErrorKind::TooLarge);
        let down = Server::https(Reply::status("404 Not Found", &[])).await;
        let up = server(&[&key(1, "a")]).await;
        for server_a in [&up, &down] {
            let of_b = policy(B).max_len(64 * KIB);
            let rig = Rig::start([(policy(A), server_a), (of_b, &down)]);
            assert!(!rig.verifier.first_load().await);
            // Whether it is good cannot be told before there are keys of B, however short the tokens of A are.
            assert_eq!(
                verdict(&rig.verifier, &long_token(B, 12 * KIB)),
                Verdict::Unavailable(1)
            );
            assert_eq!(verdict(&rig.verifier, &long_token(A, 12 * KIB)), too_large);
            assert_eq!(verdict(&rig.verifier, &long_token(B, 64 * KIB)), too_large);
            assert_eq!(verdict(&rig.verifier, &"a".repeat(64 * KIB + 1)), too_large);
        }
        // To the byte.
        let length = long_token(A, 12 * KIB).len();
        for (max_len, expected) in [(length, Verdict::Unavailable(1)), (length - 1, too_large)] {
            let rig = Rig::start([(policy(A).max_len(max_len), &down)]);
            assert!(!rig.verifier.first_load().await);
            assert_eq!(verdict(&rig.verifier, &long_token(A, 12 * KIB)), expected);
        }
    });
}

/// Issuers whose keys have one id: as many as may.
const FOUR: [&str; 4] = [
    "https://1.example",
    "https://2.example",
    "https://3.example",
    "https://4.example",
];

async fn four() -> Vec<Server> {
    let mut servers = Vec::new();
    for number in 1..=4 {
        servers.push(server(&[&key(number, "same")]).await);
    }
    servers
}

fn refused(issuer: &str) -> String {
    format!("{issuer} failed: the keys do not go together with those of the other issuers")
}

#[test]
fn a_first_set_that_does_not_fit_keeps_its_issuer_out_and_no_other() {
    run(async {
        let fifth = key(5, "same");
        let gate = Arc::new(Semaphore::new(0));
        let reply = response("200 OK", &set(&[&fifth]), &[]);
        let server_b = Server::https(Reply::Gated(Arc::clone(&gate), reply)).await;
        let servers = four().await;
        let policies = FOUR.iter().map(|issuer| policy(issuer)).zip(&servers);
        let rig = Rig::start([(policy(B), &server_b)].into_iter().chain(policies));
        rig.heard.count(4).await;
        gate.add_permits(1);
        assert!(!rig.verifier.first_load().await);
        let heard = rig.heard.count(6).await;
        assert_eq!(heard[4..], [refused(B), format!("{B} stale")]);
        let of_b = token_of(B, &fifth);
        for round in 1..=2 {
            for (number, issuer) in (1..).zip(FOUR) {
                let token = token_of(issuer, &key(number, "same"));
                assert_eq!(verdict(&rig.verifier, &token), Verdict::Good);
            }
            assert!(matches!(
                verdict(&rig.verifier, &of_b),
                Verdict::Unavailable(1..=60)
            ));
            // The others are fetched again, and B as well.
            rig.hand.advance(Duration::from_secs(600));
            assert_eq!(verdict(&rig.verifier, &of_b), Verdict::Unavailable(1));
            gate.add_permits(1);
            let heard = rig.heard.count(6 * (round + 1)).await;
            assert_eq!(
                heard.iter().filter(|event| event.ends_with("fetched 1")).count(),
                4 * (round + 1)
            );
            assert!(servers.iter().all(|server| server.hits() == round + 1));
        }
        // One gives the key id up: B fits when it is fetched again.
        servers[0].set(Reply::ok(&set(&[&key(1, "other")]), &[]));
        rig.hand.advance(Duration::from_secs(600));
        assert_eq!(verdict(&rig.verifier, &of_b), Verdict::Unavailable(1));
        rig.heard.count(22).await;
        gate.add_permits(1);
        assert_eq!(rig.heard.count(23).await[22], format!("{B} fetched 1"));
        assert_eq!(verdict(&rig.verifier, &of_b), Verdict::Good);
        assert!(rig.verifier.is_ready());
    });
}

#[test]
fn a_later_set_that_does_not_fit_leaves_the_old_keys_until_they_are_stale() {
    run(async {
        let (old, new) = (key(5, "old"), key(5, "same"));
        let servers = four().await;
        let server_b = server(&[&old]).await;
        let policies = FOUR.iter().map(|issuer| policy(issuer)).zip(&servers);
        let rig = Rig::start([(policy(B), &server_b)].into_iter().chain(policies));
        assert!(rig.verifier.first_load().await);
        assert!(rig.verifier.is_ready());
        server_b.set(Reply::ok(&set(&[&new]), &[]));
        assert_eq!(
            verdict(&rig.verifier, &token_of(B, &new)),
            Verdict::Bad(ErrorKind::Signature)
        );
        assert_eq!(rig.heard.count(6).await[5], refused(B));
        assert_eq!(verdict(&rig.verifier, &token_of(B, &old)), Verdict::Good);
        assert!(rig.verifier.is_ready());
        // Its lifetime and an hour after the first fetch.
        for tens in 1..=7 {
            rig.hand.advance(Duration::from_secs(600));
            assert_eq!(rig.verifier.is_ready(), tens < 7, "and it begins what is due");
            let stale = usize::from(tens == 7);
            rig.heard.count(6 + 5 * tens + stale).await;
        }
        assert_eq!(
            rig.heard.all()[6..]
                .iter()
                .filter(|event| **event == refused(B))
                .count(),
            7
        );
        for key in [&old, &new] {
            assert!(matches!(
                verdict(&rig.verifier, &token_of(B, key)),
                Verdict::Unavailable(1..=60)
            ));
        }
        for (number, issuer) in (1..).zip(FOUR) {
            let token = token_of(issuer, &key(number, "same"));
            assert_eq!(verdict(&rig.verifier, &token), Verdict::Good);
        }
        assert!(!rig.verifier.is_ready());
    });
}

#[test]
fn keys_that_are_too_old_take_no_room() {
    run(async {
        let fifth = key(5, "same");
        let servers = four().await;
        let server_b = Server::https(Reply::status("500 Oops", &[])).await;
        let policies = FOUR.iter().map(|issuer| policy(issuer)).zip(&servers);
        let rig = Rig::start([(policy(B), &server_b)].into_iter().chain(policies));
        assert!(!rig.verifier.first_load().await);
        rig.heard.count(6).await;
        for server in &servers {
            server.set(Reply::status("500 Oops", &[]));
        }
        server_b.set(Reply::ok(&set(&[&fifth]), &[]));
        // Their lifetime and an hour.
        rig.hand.advance(Duration::from_secs(70 * 60));
        assert!(!rig.verifier.is_ready());
        let heard = rig.heard.count(6 + 2 * 4 + 1).await;
        assert!(heard.contains(&format!("{B} fetched 1")), "{heard:?}");
        assert_eq!(verdict(&rig.verifier, &token_of(B, &fifth)), Verdict::Good);
        for (number, issuer) in (1..).zip(FOUR) {
            let token = token_of(issuer, &key(number, "same"));
            assert_eq!(verdict(&rig.verifier, &token), Verdict::Unavailable(1));
        }
    });
}
