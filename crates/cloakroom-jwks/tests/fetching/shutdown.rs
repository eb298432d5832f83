//! Nothing outlives the last handle.

use std::sync::Arc;
use std::time::Duration;

use cloakroom_jwks::{Event, JwksVerifier};

use super::server::{Reply, Server};
use super::{ISSUER, key, policy, run, set};

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
        assert_eq!(
            super::verdict(&verifier, &super::token(&key(1, "a"))),
            super::Verdict::Unavailable(1)
        );
    });
}
