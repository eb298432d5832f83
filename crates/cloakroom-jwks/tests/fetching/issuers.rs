//! Several issuers behind one verifier: none of them is in another's way.

use std::time::Duration;

use cloakroom_jwks::JwksVerifier;
use cloakroom_jwks::cloakroom_jwt::{ErrorKind, Policy, Signer, SigningKey, Typ};

use super::server::{Reply, Server};
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
