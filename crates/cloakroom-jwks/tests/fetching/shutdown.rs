//! When the refreshing task ends, and what it lives through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_jwks::cloakroom_core::Tick;
use cloakroom_jwks::cloakroom_jwt::ErrorKind;
use cloakroom_jwks::{Event, JwksVerifier};

use super::server::{Reply, Server};
use super::{Hand, ISSUER, Verdict, key, policy, run, set, token, token_of, verdict};

/// Waits until the observer is gone, which the task alone holds.
async fn ended(alive: &Arc<()>) {
    while Arc::strong_count(alive) > 1 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn start(server: &Server, alive: &Arc<()>) -> JwksVerifier {
    let held = Arc::clone(alive);
    JwksVerifier::builder()
        .issuer(policy(ISSUER), server.url())
        .root_certificates(server.root.as_str())
        .without_system_roots()
        .observer(move |_: &Event<'_>| drop(Arc::clone(&held)))
        .start()
        .unwrap()
}

#[test]
fn the_task_ends_with_the_last_handle() {
    run(async {
        let server = Server::https(Reply::ok(&set(&[&key(1, "a")]), &[])).await;
        let alive = Arc::new(());
        let first = start(&server, &alive);
        assert!(first.first_load().await);
        let (second, snapshot) = (first.clone(), first.snapshot());
        drop(first);
        drop(second);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(Arc::strong_count(&alive), 2, "the snapshot holds it");
        drop(snapshot);
        ended(&alive).await;
    });
}

#[test]
fn a_fetch_that_is_out_ends_with_it() {
    run(async {
        let server = Server::https(Reply::Stall(Vec::new())).await;
        let alive = Arc::new(());
        let verifier = start(&server, &alive);
        server.hit(1).await;
        drop(verifier);
        ended(&alive).await;
        // The time limit is ten seconds; the connection is closed at once all the same.
        server.left().await;
    });
}

#[test]
fn a_runtime_that_is_gone_leaves_the_verifier_without_keys() {
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let verifier = other.block_on(async {
        JwksVerifier::builder()
            .issuer(policy(ISSUER), "https://127.0.0.1:9/")
            .start()
            .unwrap()
    });
    drop(other);
    run(async move {
        assert!(!verifier.first_load().await);
        assert_eq!(verdict(&verifier, &token(&key(1, "a"))), Verdict::Unavailable(1));
    });
}

#[test]
fn a_runtime_that_is_gone_leaves_no_keys_that_nobody_refreshes() {
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (signing, hand) = (key(1, "a"), Hand::default());
    let verifier = other.block_on(async {
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let verifier = JwksVerifier::builder()
            .issuer(policy(ISSUER), server.url())
            .root_certificates(server.root.as_str())
            .without_system_roots()
            .with_clock(hand.read())
            .start()
            .unwrap();
        assert!(verifier.first_load().await);
        assert!(verifier.is_ready());
        assert_eq!(verdict(&verifier, &token(&signing)), Verdict::Good);
        verifier
    });
    drop(other);
    assert!(!verifier.is_ready());
    // One whose key was there, one with a bad signature, one with an unknown key: what is good cannot be told any more.
    for key in [&signing, &key(2, "a"), &key(2, "b")] {
        assert!(matches!(
            verdict(&verifier, &token(key)),
            Verdict::Unavailable(1..=600)
        ));
    }
    assert_eq!(verdict(&verifier, "junk"), Verdict::Bad(ErrorKind::Malformed));
    let stranger = token_of("https://other.example", &signing);
    assert_eq!(verdict(&verifier, &stranger), Verdict::Bad(ErrorKind::Issuer));
}

#[test]
fn an_observer_that_panics_stops_nothing() {
    run(async {
        let (old, new) = (key(1, "old"), key(2, "new"));
        // A set with a key that is skipped, so that it panics before the keys are taken, too.
        let with_bad = |key| set(&[key]).replace("{\"keys\":[", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"\"},");
        let server = Server::https(Reply::ok(&with_bad(&old), &[])).await;
        let hand = Hand::default();
        let verifier = JwksVerifier::builder()
            .issuer(policy(ISSUER), server.url())
            .root_certificates(server.root.as_str())
            .without_system_roots()
            .with_clock(hand.read())
            .observer(|event: &Event<'_>| panic!("{event}"))
            .start()
            .unwrap();
        assert!(verifier.first_load().await);
        server.set(Reply::ok(&with_bad(&new), &[]));
        hand.advance(Duration::from_secs(600));
        assert_eq!(verdict(&verifier, &token(&old)), Verdict::Good, "a fetch begins");
        while verdict(&verifier, &token(&new)) != Verdict::Good {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(verifier.is_ready());
    });
}

#[test]
fn a_clock_that_panics_once_stops_nothing() {
    run(async {
        let signing = key(1, "a");
        let server = Server::https(Reply::ok(&set(&[&signing]), &[])).await;
        let is_broken = AtomicBool::new(true);
        let verifier = JwksVerifier::builder()
            .issuer(policy(ISSUER), server.url())
            .root_certificates(server.root.as_str())
            .without_system_roots()
            // The task is the first to ask.
            .with_clock(move || {
                assert!(!is_broken.swap(false, Ordering::SeqCst), "broken");
                Tick::ZERO
            })
            .start()
            .unwrap();
        assert!(verifier.first_load().await);
        assert_eq!(verdict(&verifier, &token(&signing)), Verdict::Good);
    });
}
