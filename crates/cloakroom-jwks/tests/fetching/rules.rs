//! What is fetched when, and what tokens are told meanwhile.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_jwks::cloakroom_core::UnixTime;
use cloakroom_jwks::cloakroom_jwt::{ErrorKind, Scratch};
use cloakroom_jwks::{JwksVerifier, VerifyError};
use tokio::sync::Semaphore;

use super::server::{Reply, Server, response};
use super::{ISSUER, NOW, Rig, Verdict, key, policy, run, set, token, token_of, verdict};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_good_set_verifies_and_the_request_is_plain() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        assert!(rig.verifier.is_ready());
        assert_eq!(rig.verify(&signing), Verdict::Good);
        assert_eq!(rig.verify(&key(2, "a")), Verdict::Bad(ErrorKind::Signature));
        assert_eq!(verdict(&rig.verifier, "junk"), Verdict::Bad(ErrorKind::Malformed));
        assert_eq!(rig.heard.all(), ["fetched 1"]);

        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        let authority = server.url().replace("https://", "").replace("/jwks.json?a=b", "");
        let lines: Vec<_> = requests[0].trim_end().split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "GET /jwks.json?a=b HTTP/1.1",
                &format!("host: {authority}"),
                "accept: application/jwk-set+json, application/json;q=0.9, */*;q=0.1",
                "accept-encoding: identity",
                "connection: close",
                concat!("user-agent: cloakroom-jwks/", env!("CARGO_PKG_VERSION")),
            ]
        );
    });
}

#[test]
fn e23_a_withdrawn_key_is_dead_after_the_lifetime() {
    run(async {
        let (old, new) = (key(1, "old"), key(2, "new"));
        for (lines, lifetime) in [
            (vec![], 10 * MINUTE),
            (vec!["cache-control: public, max-age=120"], 2 * MINUTE),
            (vec!["cache-control: public", "cache-control: max-age=0"], MINUTE),
        ] {
            let server = Server::https(Reply::ok(&set(&[&old]), &lines)).await;
            let rig = Rig::start(&server);
            assert!(rig.verifier.first_load().await);
            server.set(Reply::ok(&set(&[&new]), &[]));
            rig.hand
                .advance(lifetime.saturating_sub(Duration::from_millis(1)));
            assert_eq!(rig.verify(&old), Verdict::Good);
            assert_eq!(server.hits(), 1);
            rig.hand.advance(Duration::from_millis(1));
            assert_eq!(rig.verify(&old), Verdict::Good, "while the fetch is out");
            rig.heard.count(2).await;
            assert_eq!(rig.verify(&old), Verdict::Bad(ErrorKind::UnknownKey));
            assert_eq!(rig.verify(&new), Verdict::Good);
        }
    });
}

#[test]
fn a_rotation_costs_64_concurrent_requests_one_fetch() {
    run(async {
        let (old, new) = (key(1, "old"), key(2, "new"));
        let server = Server::https(Reply::ok(&set(&[&old]), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        let gate = Arc::new(Semaphore::new(0));
        let body = set(&[&old, &new]);
        server.set(Reply::Gated(Arc::clone(&gate), response("200 OK", &body, &[])));
        let rounds = (0..64).map(|_| {
            let (verifier, token) = (rig.verifier.clone(), token(&new));
            tokio::spawn(async move { verdict(&verifier, &token) })
        });
        for round in rounds.collect::<Vec<_>>() {
            // Answered at once, though the fetch has not been.
            assert_eq!(round.await.unwrap(), Verdict::Bad(ErrorKind::UnknownKey));
        }
        server.hit(2).await;
        gate.add_permits(64);
        rig.heard.count(2).await;
        for key in [&old, &new] {
            assert_eq!(rig.verify(key), Verdict::Good);
        }
        assert_eq!(server.hits(), 2, "one for the first load, one for all 64");
    });
}

#[test]
fn the_first_load_is_one_fetch_whoever_verifies_meanwhile() {
    run(async {
        let signing = key(1, "a");
        let gate = Arc::new(Semaphore::new(0));
        let reply = response("200 OK", &set(&[&signing]), &[]);
        let server = Server::https(Reply::Gated(Arc::clone(&gate), reply)).await;
        let rig = Rig::start(&server);
        let rounds = (0..64).map(|_| {
            let (verifier, token) = (rig.verifier.clone(), token(&signing));
            tokio::spawn(async move { verdict(&verifier, &token) })
        });
        for round in rounds.collect::<Vec<_>>() {
            assert_eq!(round.await.unwrap(), Verdict::Unavailable(1));
        }
        // Before there is any key, too, what is no token is bad, and so is what is a stranger's.
        assert_eq!(verdict(&rig.verifier, "junk"), Verdict::Bad(ErrorKind::Malformed));
        let stranger = token_of("https://other.example", &signing);
        assert_eq!(
            verdict(&rig.verifier, &stranger),
            Verdict::Bad(ErrorKind::UnknownKey)
        );
        gate.add_permits(64);
        assert!(rig.verifier.first_load().await);
        assert_eq!(rig.verify(&signing), Verdict::Good);
        assert_eq!(server.hits(), 1);
    });
}

#[test]
fn a_snapshot_verifies_without_allocating() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        let (token, mut scratch) = (token(&signing), Scratch::new());
        let mut verify = || {
            let snapshot = rig.verifier.snapshot();
            snapshot.verify(&token, super::NOW, &mut scratch).is_ok()
        };
        assert!(verify(), "the scratch grows");
        let mut is_good = false;
        let measured = allocation_counter::measure(|| is_good = verify());
        assert!(is_good);
        assert_eq!(measured.count_total, 0);
    });
}

#[test]
fn e23_10_000_random_kids_in_a_cooldown_cost_one_fetch() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        let forged = key(9, "forged");
        for number in 0..5_000 {
            // Each is verified twice: 10,000 lookups.
            let verdict = rig.verify(&forged.clone().with_kid(format!("random-{number}")));
            assert_eq!(verdict, Verdict::Bad(ErrorKind::UnknownKey));
            if number % 1_000 == 999 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                rig.hand.advance(Duration::from_secs(5));
            }
        }
        rig.heard.count(2).await;
        assert_eq!(server.hits(), 2);
        assert_eq!(rig.verify(&signing), Verdict::Good);
        // After the cooldown one may ask again.
        rig.hand.advance(Duration::from_secs(5));
        assert_eq!(rig.verify(&forged), Verdict::Bad(ErrorKind::UnknownKey));
        rig.heard.count(3).await;
        assert_eq!(server.hits(), 3);
    });
}

#[test]
fn tokens_of_strangers_fetch_nothing() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        let stranger = token_of("https://other.example", &key(2, "b"));
        assert_eq!(
            verdict(&rig.verifier, &stranger),
            Verdict::Bad(ErrorKind::UnknownKey)
        );
        // A key that is known is not fetched for, whatever else is wrong.
        let forged = key(2, "a");
        assert_eq!(rig.verify(&forged), Verdict::Bad(ErrorKind::Signature));
        // The next that does ask shows that nothing was under way.
        assert_eq!(rig.verify(&key(2, "c")), Verdict::Bad(ErrorKind::UnknownKey));
        rig.heard.count(2).await;
        assert_eq!(server.hits(), 2);
    });
}

#[test]
fn failures_are_retried_and_recovered_from() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::status("500 Internal Server Error", &[])).await;
        let rig = Rig::start(&server);
        assert!(!rig.verifier.first_load().await);
        assert!(!rig.verifier.is_ready());
        for (round, seconds) in [1, 2, 4].into_iter().enumerate() {
            assert_eq!(rig.heard.count(2 * round + 2).await.len(), 2 * round + 2);
            assert_eq!(rig.verify(&signing), Verdict::Unavailable(seconds));
            assert_eq!(server.hits(), round + 1, "not before it is due");
            rig.hand.advance(Duration::from_secs(seconds));
            assert_eq!(rig.verify(&signing), Verdict::Unavailable(1), "a fetch is out");
        }
        rig.heard.count(8).await;
        server.set(Reply::ok(&set(&[&signing]), &[]));
        rig.hand.advance(Duration::from_secs(8));
        assert_eq!(rig.verify(&signing), Verdict::Unavailable(1));
        let heard = rig.heard.count(9).await;
        assert_eq!(heard[..2], ["failed: the status is 500", "stale"]);
        assert_eq!(heard[8..], ["fetched 1"]);
        assert_eq!(rig.verify(&signing), Verdict::Good);
        assert!(rig.verifier.is_ready());
    });
}

#[test]
fn the_sleeping_task_wakes_by_itself() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::status("503 Service Unavailable", &[])).await;
        // The system's clock: nobody verifies, and the retry after a second comes all the same.
        let verifier = JwksVerifier::builder()
            .issuer(policy(ISSUER), server.url())
            .root_certificates(server.root.as_str())
            .without_system_roots()
            .start()
            .unwrap();
        assert!(!verifier.first_load().await);
        server.set(Reply::ok(&set(&[&signing]), &[]));
        server.hit(2).await;
        while !verifier.is_ready() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(verdict(&verifier, &token(&signing)), Verdict::Good);
    });
}

#[test]
fn e23_a_failing_endpoint_is_unavailable_after_max_stale_and_never_401() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let rig = Rig::start_with(&server, |builder| builder.max_stale(20 * MINUTE));
        assert!(rig.verifier.first_load().await);
        let kept = rig.verifier.snapshot();
        // It fails in every way that an answer can.
        server.set(Reply::ok("{\"keys\":[]}", &[]));
        rig.hand.advance(10 * MINUTE);
        assert_eq!(rig.verify(&signing), Verdict::Good);
        rig.heard.count(2).await;
        rig.hand
            .advance((20 * MINUTE).saturating_sub(Duration::from_millis(1)));
        assert_eq!(rig.verify(&signing), Verdict::Good);
        assert_eq!(
            rig.heard.count(3).await[1..],
            ["failed: the set holds no usable key"; 2]
        );
        rig.hand.advance(Duration::from_millis(1));
        assert!(!rig.verifier.is_ready());
        // One whose key was there, one with a bad signature, one with an unknown key.
        for key in [&signing, &key(2, "a"), &key(2, "b")] {
            assert!(matches!(rig.verify(key), Verdict::Unavailable(1..=60)));
        }
        let mut scratch = Scratch::new();
        assert!(
            kept.verify(&token(&signing), super::NOW, &mut scratch).is_err(),
            "old keys die in a snapshot too"
        );
        // What no key could make good is bad all the same.
        assert_eq!(verdict(&rig.verifier, "a.b"), Verdict::Bad(ErrorKind::Malformed));
        assert_eq!(
            verdict(&rig.verifier, &token_of("https://other.example", &key(2, "b"))),
            Verdict::Bad(ErrorKind::UnknownKey)
        );
        // The next failure tells it.
        rig.hand.advance(Duration::from_secs(2));
        assert_eq!(
            rig.verify(&signing),
            Verdict::Unavailable(1),
            "while the fetch is out"
        );
        rig.heard.count(5).await;
        server.set(Reply::ok(&set(&[&signing]), &[]));
        rig.hand.advance(MINUTE);
        assert_eq!(rig.verify(&signing), Verdict::Unavailable(1));
        let unusable = "failed: the set holds no usable key";
        assert_eq!(
            rig.heard.count(6).await,
            ["fetched 1", unusable, unusable, unusable, "stale", "fetched 1"]
        );
        assert!(rig.verifier.is_ready());
        assert_eq!(rig.verify(&signing), Verdict::Good);
    });
}

#[test]
fn two_issuers_with_one_kid_do_not_mix() {
    run(async {
        let (a, b) = (key(1, "same"), key(2, "same"));
        let (of_a, of_b) = ("https://a.example", "https://b.example");
        let server_a = Server::https(Reply::ok(&set(&[&a]), &[])).await;
        let server_b = Server::https(Reply::ok(&set(&[&b]), &[])).await;
        let hand = super::Hand::default();
        let heard = super::Heard::default();
        let verifier = JwksVerifier::builder()
            .issuer(policy(of_a), server_a.url())
            .issuer(policy(of_b), server_b.url())
            .root_certificates(server_a.root.as_str())
            .root_certificates(server_b.root.as_str())
            .without_system_roots()
            .max_stale(Duration::ZERO)
            .with_clock(hand.read())
            .observer(heard.observer())
            .start()
            .unwrap();
        assert!(verifier.first_load().await);
        assert_eq!(verdict(&verifier, &token_of(of_a, &a)), Verdict::Good);
        assert_eq!(verdict(&verifier, &token_of(of_b, &b)), Verdict::Good);
        for forged in [token_of(of_a, &b), token_of(of_b, &a)] {
            assert_eq!(verdict(&verifier, &forged), Verdict::Bad(ErrorKind::Issuer));
        }
        // A key that one of them lacks asks that one only.
        let missing = token_of(of_b, &key(3, "missing"));
        assert_eq!(verdict(&verifier, &missing), Verdict::Bad(ErrorKind::UnknownKey));
        heard.count(3).await;
        assert_eq!((server_a.hits(), server_b.hits()), (1, 2));

        // When one goes stale, the other goes on.
        server_a.set(Reply::status("500 Oops", &[]));
        hand.advance(10 * MINUTE);
        assert_eq!(verdict(&verifier, &token_of(of_a, &a)), Verdict::Unavailable(1));
        heard.count(6).await;
        assert_eq!(verdict(&verifier, &token_of(of_b, &b)), Verdict::Good);
        assert!(matches!(
            verdict(&verifier, &token_of(of_a, &a)),
            Verdict::Unavailable(_)
        ));
        assert!(!verifier.is_ready());
    });
}

#[test]
fn an_issuer_that_never_answered_does_not_hold_up_the_other() {
    run(async {
        let a = key(1, "a");
        let server_a = Server::https(Reply::ok(&set(&[&a]), &[])).await;
        let server_b = Server::https(Reply::status("404 Not Found", &[])).await;
        let verifier = JwksVerifier::builder()
            .issuer(policy("https://b.example"), server_b.url())
            .issuer(policy(ISSUER), server_a.url())
            .root_certificates(server_a.root.as_str())
            .root_certificates(server_b.root.as_str())
            .without_system_roots()
            .with_clock(super::Hand::default().read())
            .start()
            .unwrap();
        assert!(!verifier.first_load().await);
        assert_eq!(verdict(&verifier, &token(&a)), Verdict::Good);
        // Whether the second is forged cannot be told before there are keys of b.
        for key in [&key(2, "b"), &a] {
            let of_b = token_of("https://b.example", key);
            assert_eq!(verdict(&verifier, &of_b), Verdict::Unavailable(1));
        }
    });
}

/// In how many seconds to ask again for the key of a token that is bad so far.
fn missing(verifier: &JwksVerifier, token: &str, now: UnixTime) -> Option<u64> {
    let snapshot = verifier.snapshot();
    match snapshot.verify(token, now, &mut Scratch::new()) {
        Err(VerifyError::Rejected(error)) => {
            snapshot.missing_key(token, error, now).map(|wait| wait.as_secs())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_that_its_issuer_may_have_by_now_is_missing() {
    run(async {
        let (old, new) = (key(1, "old"), key(2, "new"));
        let server = Server::https(Reply::ok(&set(&[&old]), &[])).await;
        let rig = Rig::start(&server);
        assert!(rig.verifier.first_load().await);
        let gate = Arc::new(Semaphore::new(0));
        let reply = response("200 OK", &set(&[&old]), &[]);
        server.set(Reply::Gated(Arc::clone(&gate), reply));
        let later = NOW.saturating_add(Duration::from_secs(300));
        let early = |token: &str| missing(&rig.verifier, token, NOW);
        // While the fetch is out that it has begun, and within the cooldown.
        assert_eq!(early(&token(&new)), Some(1));
        server.hit(2).await;
        gate.add_permits(1);
        rig.heard.count(2).await;
        assert_eq!(early(&token(&new)), Some(30));
        // Not so at its end, with a bad signature under a key that is there, from elsewhere, in no order.
        assert_eq!(missing(&rig.verifier, &token(&new), later), None);
        assert_eq!(early(&token(&key(2, "old"))), None);
        assert_eq!(early(&token_of("https://other.example", &new)), None);
        assert_eq!(early("junk"), None);
        assert_eq!(server.hits(), 2);
    });
}

#[test]
fn the_key_of_another_issuer_is_missing_at_the_one_that_a_token_names() {
    run(async {
        let (a, b) = (key(1, "a"), key(2, "b"));
        let (of_a, of_b) = ("https://a.example", "https://b.example");
        let server_a = Server::https(Reply::ok(&set(&[&a]), &[])).await;
        let server_b = Server::https(Reply::ok(&set(&[&b]), &[])).await;
        let verifier = JwksVerifier::builder()
            .issuer(policy(of_a), server_a.url())
            .issuer(policy(of_b), server_b.url())
            .root_certificates(server_a.root.as_str())
            .root_certificates(server_b.root.as_str())
            .without_system_roots()
            .with_clock(super::Hand::default().read())
            .start()
            .unwrap();
        assert!(verifier.first_load().await);
        // Its key id is one of the first issuer's, so that one's key was tried, and the second may have one by that id.
        for signing in [&a, &key(3, "a")] {
            assert!(missing(&verifier, &token_of(of_b, signing), NOW).is_some());
        }
        assert_eq!(missing(&verifier, &token_of(of_a, &key(3, "a")), NOW), None);
        assert_eq!(missing(&verifier, &token_of("https://c.example", &a), NOW), None);
    });
}
