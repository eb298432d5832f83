//! Eight processes that follow one feed: what is revoked is refused on all of them within the bound, and without the feed
//! none of them accepts anything.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests are tests"
)]

mod fleet;
mod node;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cloakroom_postgres::PostgresRevocationStore;
use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::{Denial, Denied, Fleet, LOCAL, RevocationStore};
use cloakroom_servers::{Proxy, shared};

use crate::fleet::{Nodes, Place};

/// How many tokens there are, each of which is revoked once.
const TOKENS: usize = 10_000;
/// How many of them are revoked at a time.
const WRITERS: usize = 32;
/// What a node may lag behind, in microseconds.
const BOUND: u64 = 1_000_000;

/// When all of them were issued. Two processes that disagree about it by minutes do not mind.
static ISSUED_AT: LazyLock<UnixTime> =
    LazyLock::new(|| UnixTime::now().saturating_sub(Duration::from_mins(10)));

struct Token {
    subject: String,
    id: String,
}

fn token(number: usize) -> Token {
    Token {
        // Too few of one subject for a cut-off.
        subject: format!("user-{}", number % 1000),
        id: format!("token-{number}"),
    }
}

/// The wall clock, which the processes of one machine share.
fn micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

/// In a process of its own, this test is a node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node() {
    node::serve_if_asked().await;
}

/// Revokes the tokens of one writer, `first` on, and tells of each when that was acknowledged.
async fn revoke(store: Arc<impl RevocationStore>, first: usize) -> Vec<(usize, u64)> {
    let mut acknowledged = Vec::new();
    for number in (first..TOKENS).step_by(WRITERS) {
        let Token { subject, id } = token(number);
        let now = UnixTime::now();
        let end = now.saturating_add(Duration::from_hours(1));
        let denial = Denial::new(LOCAL, &subject, &id, *ISSUED_AT, end).unwrap();
        assert_eq!(store.deny(&denial, now).await.unwrap(), Denied::Token);
        acknowledged.push((number, micros()));
    }
    acknowledged
}

async fn what_is_revoked_is_refused_by_all(store: impl RevocationStore, place: &Place) {
    let mut nodes = Nodes::start(place);
    nodes.wait_until("fresh");
    let store = Arc::new(store);
    let begun = Instant::now();
    let writers: Vec<_> = (0..WRITERS)
        .map(|first| tokio::spawn(revoke(Arc::clone(&store), first)))
        .collect();
    let mut acknowledged = vec![0; TOKENS];
    for writer in writers {
        for (number, at) in writer.await.unwrap() {
            acknowledged[number] = at;
        }
    }
    let a_second = TOKENS * 1000 / usize::try_from(begun.elapsed().as_millis()).unwrap().max(1);
    // All that is known by now has to be refused after the bound, and two polls more.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (mut took, mut failed_closed) = (Vec::new(), 0);
    for seen in nodes.end() {
        failed_closed += seen.failed_closed;
        assert_eq!(seen.tokens.len(), TOKENS);
        for ((last_accepted, refused), acknowledged) in seen.tokens.into_iter().zip(&acknowledged) {
            assert!(
                last_accepted <= acknowledged + BOUND,
                "a request began {} us after the revocation was acknowledged",
                last_accepted - acknowledged
            );
            assert_ne!(refused, 0, "a token was never refused");
            took.push(refused.saturating_sub(*acknowledged));
        }
    }
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100] / 1000;
    println!(
        "{TOKENS} revocations by {WRITERS} writers, {a_second} a second; on 8 nodes after p50 {} ms, p99 {} ms, max {} ms; failed \
         closed {failed_closed} times",
        at(50),
        at(99),
        at(100)
    );
}

fn without_the_feed_nothing_is_accepted(place: &Place, proxy: &Proxy) {
    let mut nodes = Nodes::start(place);
    nodes.wait_until("fresh");
    proxy.cut();
    let cut = micros();
    for last_accepted in nodes.wait_until("stale") {
        assert!(
            last_accepted <= cut + BOUND,
            "a request began {} us after the cut",
            last_accepted - cut
        );
    }
    proxy.mend().unwrap();
    // By themselves.
    nodes.wait_until("fresh");
    for seen in nodes.end() {
        assert!(seen.tokens.iter().all(|(_, refused)| *refused == 0));
    }
}

fn on_redis() -> Place {
    Place {
        url: shared::redis().to_owned(),
        prefix: shared::unique_name(),
    }
}

fn on_postgres() -> Place {
    Place {
        url: shared::postgres_database(),
        prefix: String::new(),
    }
}

/// The same place behind a proxy.
fn behind(proxy: &Proxy, place: &Place) -> Place {
    let authority = place.authority();
    Place {
        url: place.url.replace(&authority, &proxy.addr().to_string()),
        prefix: place.prefix.clone(),
    }
}

#[tokio::test]
async fn f7_redis_10_000_revocations_reach_eight_processes_within_the_bound() {
    let place = on_redis();
    let store = RedisRevocationStore::builder(Fleet::default()).prefix(&place.prefix);
    let store = store.connect(&place.url).await.unwrap();
    what_is_revoked_is_refused_by_all(store, &place).await;
}

#[tokio::test]
async fn f7_postgres_10_000_revocations_reach_eight_processes_within_the_bound() {
    let place = on_postgres();
    let store = PostgresRevocationStore::connect(&place.url, Fleet::default())
        .await
        .unwrap();
    what_is_revoked_is_refused_by_all(store, &place).await;
}

#[test]
fn f7_redis_eight_processes_fail_closed_without_their_feed_and_recover() {
    let place = on_redis();
    let proxy = Proxy::start(place.authority().parse().unwrap()).unwrap();
    without_the_feed_nothing_is_accepted(&behind(&proxy, &place), &proxy);
}

#[test]
fn f7_postgres_eight_processes_fail_closed_without_their_feed_and_recover() {
    let place = on_postgres();
    let proxy = Proxy::start(place.authority().parse().unwrap()).unwrap();
    without_the_feed_nothing_is_accepted(&behind(&proxy, &place), &proxy);
}
