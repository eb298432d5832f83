//! When a stamp is given out, and by which clocks.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_id::{IndexSecret, Subject};
use cloakroom_lineage::cloakroom_revocation::{
    Fleet, Found, MemoryRevocationStore, RevocationStore as _, StoreErrorKind,
};
use cloakroom_lineage::{Clocks, Event, EventKind, Lineages};
use tokio::time::Instant;

use crate::clock::Clock;
use crate::slow_store::SlowStore;

/// S, in milliseconds.
const SKEW: i64 = 2000;

/// A node whose clock is so many milliseconds off that of its store, and what its observer has heard.
struct Node {
    lineages: Lineages,
    store: Arc<MemoryRevocationStore>,
    time: Clocks,
    heard: Arc<Mutex<Vec<EventKind>>>,
    subject: Subject,
}

fn later(time: UnixTime, millis: i64) -> UnixTime {
    UnixTime::from_millis(time.as_millis() + millis)
}

impl Node {
    fn new(off: i64) -> Self {
        let time = Clock::with_tokio();
        let of_store = time.clone();
        let store = Arc::new(MemoryRevocationStore::new(Fleet::default(), move || {
            of_store.now().wall
        }));
        let mut node = Self::beside(&Arc::clone(&store), &time, off);
        node.time = time;
        node
    }

    /// Another node of this store.
    fn beside(store: &Arc<MemoryRevocationStore>, time: &Clocks, off: i64) -> Self {
        let of_node = time.clone();
        let clocks = Clocks::of(move || {
            let mut now = of_node.now();
            now.wall = later(now.wall, off);
            now
        });
        let heard = Arc::new(Mutex::default());
        let told: Arc<Mutex<Vec<EventKind>>> = Arc::clone(&heard);
        let lineages = Lineages::new(Arc::clone(store))
            .issuer("https://id.example")
            .with_clocks(clocks)
            .observer(move |event: &Event| told.lock().unwrap().push(event.kind()));
        Self {
            lineages,
            store: Arc::clone(store),
            time: time.clone(),
            heard,
            subject: Subject::new("ada", &IndexSecret::generate().unwrap()).unwrap(),
        }
    }

    fn time(&self) -> UnixTime {
        self.time.now().wall
    }
}

/// "Log out everywhere" twice, and a login between, at every millisecond of a second: the ticket and the JWT that were
/// minted between are as dead as those before.
#[tokio::test(start_paused = true)]
async fn f13_the_second_of_two_log_outs_everywhere_reaches_a_login_between() {
    for off in [0, SKEW, -SKEW] {
        let node = Node::new(off);
        let ending = Node::beside(&node.store, &node.time, -off);
        for _ in 0..150 {
            tokio::time::sleep(Duration::from_millis(4007)).await;
            let before = node.lineages.stamp("ada").await.unwrap();
            let first = node.lineages.end_all(&node.subject).await.unwrap().cutoff;
            assert!(before.authenticated_at() <= first && before.issued_at() <= first);
            let between = node.lineages.stamp("ada").await.unwrap();
            assert!(between.authenticated_at() > first && between.issued_at() > first);
            let second = ending.lineages.end_all(&node.subject).await.unwrap().cutoff;
            assert!(between.authenticated_at() <= second, "a ticket outlives it");
            assert!(between.issued_at() <= second, "a JWT outlives it");
        }
        assert_eq!(*node.heard.lock().unwrap(), []);
    }
}

/// It waits for the next whole second at most, and not where nothing was cut off.
#[tokio::test(start_paused = true)]
async fn f13_a_stamp_waits_until_later_cut_offs_cover_it() {
    let node = Node::new(0);
    let begin = Instant::now();
    let stamp = node.lineages.stamp("ada").await.unwrap();
    assert_eq!(
        (stamp.authenticated_at(), begin.elapsed()),
        (node.time(), Duration::ZERO)
    );
    for part in [0, 1, 499, 999] {
        tokio::time::sleep(Duration::from_millis(
            10_000 + part - u64::try_from(node.time().as_millis()).unwrap() % 1000,
        ))
        .await;
        let cutoff = node.lineages.end_all(&node.subject).await.unwrap().cutoff;
        let begin = Instant::now();
        let stamp = node.lineages.stamp("ada").await.unwrap();
        assert_eq!(stamp.authenticated_at(), later(cutoff, 1));
        assert_eq!(begin.elapsed(), Duration::from_millis(1000 - part));
        // What is no JWT does not wait for whole seconds.
        let cutoff = node.lineages.end_all(&node.subject).await.unwrap().cutoff;
        let begin = Instant::now();
        let at = node.lineages.authenticated_at("ada").await.unwrap();
        assert_eq!(
            (at, begin.elapsed()),
            (later(cutoff, 1), Duration::from_millis(1))
        );
        let cutoff = node.lineages.end_all(&node.subject).await.unwrap().cutoff;
        assert!(at <= cutoff);
    }
}

/// A cut-off that a clock far ahead has set cannot be waited for.
#[tokio::test(start_paused = true)]
async fn f13_a_stamp_does_not_wait_for_ever() {
    let node = Node::new(0);
    node.store
        .cut_off("local", "ada", later(node.time(), 60_000))
        .await
        .unwrap();
    let begin = Instant::now();
    let error = node.lineages.stamp("ada").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert_eq!(begin.elapsed(), Duration::from_millis(4 * 1001));
}

/// Nor for a store that does not answer, be it because a commit hangs.
#[tokio::test(start_paused = true)]
async fn f19_a_stamp_that_the_store_keeps_waiting_fails() {
    let lineages = Lineages::new(SlowStore::default());
    let begin = Instant::now();
    let error = lineages.stamp("ada").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    let error = lineages.renewal_stamp("ada", UnixTime::EPOCH).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert_eq!(begin.elapsed(), Duration::from_secs(2 * 2));
}

/// All that it waits for together ends, too: a store that is slow, and cut-offs that keep coming.
#[tokio::test(start_paused = true)]
async fn f19_a_stamp_waits_five_seconds_in_all() {
    let clock = Clock::default();
    let now = clock.now().wall;
    let found = Found {
        denied: false,
        cutoff: Some(later(now, 60_000)),
        time: now,
    };
    let store = SlowStore {
        late: Some((Duration::from_millis(1900), found)),
        ..SlowStore::default()
    };
    let lineages = Lineages::new(store.clone()).with_clocks(clock.clocks());
    let begin = Instant::now();
    let error = lineages.stamp("ada").await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
    assert_eq!(begin.elapsed(), Duration::from_secs(5));
    assert_eq!(store.asked.load(Ordering::SeqCst), 2);
}

/// A node whose clock is further off than the skew says so and mints nothing; what it cuts off counts by the store's time.
#[tokio::test(start_paused = true)]
async fn f12_a_writer_whose_clock_is_off_reports_it() {
    for off in [SKEW + 1, -SKEW - 1, 3_600_000, -3_600_000] {
        let node = Node::new(off);
        let told = EventKind::ClockOff(node.time());
        let error = node.lineages.stamp("ada").await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert_eq!(*node.heard.lock().unwrap(), [told]);
        let ended = node.lineages.end_all(&node.subject).await.unwrap();
        assert_eq!(ended.cutoff, later(node.time(), SKEW));
        let cutoff = node.lineages.revoke_all().await.unwrap();
        assert_eq!(cutoff, later(node.time(), SKEW));
        assert_eq!(*node.heard.lock().unwrap(), [told; 3]);
    }
    for off in [SKEW, -SKEW] {
        let node = Node::new(off);
        node.lineages.stamp("ada").await.unwrap();
        assert_eq!(*node.heard.lock().unwrap(), []);
    }
}
