use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::{
    Credential, Cursor, Denial, Denied, Entry, FeedId, Fleet, Head, LOCAL, MemoryRevocationStore, Page,
    PageMark, Polled, Reader, ReaderSettings, Refused, RevocationCheck, RevocationFeed, RevocationStore as _,
    StoreError,
};
use cloakroom_lineage::{Clocks, Event, EventKind, Follower, Gate};

/// By real clocks, because a follower's polls are what is under test.
#[tokio::test]
async fn f7_a_follower_hears_of_a_revocation_by_itself() {
    let fleet = Fleet::default();
    let store = Arc::new(MemoryRevocationStore::new(fleet, UnixTime::now));
    let clocks = Clocks::system();
    let reader = Reader::new(fleet, ReaderSettings::default());
    let check = RevocationCheck::new(fleet, fleet.longest_age, [reader.snapshot()]).unwrap();
    let gate = Gate::new(check, clocks.clone());
    let now = UnixTime::now();
    let credential = Credential {
        issuer: LOCAL,
        subject: Some("ada"),
        issued_at: Some(now),
        token_id: Some("token"),
    };
    assert!(matches!(
        gate.check(&credential).await,
        Err(Refused::Stale { .. })
    ));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let follower = Follower::new(Arc::clone(&store), reader)
        .with_clocks(clocks)
        .observer(move |event: &Event| ear.lock().unwrap().push(event.kind()));
    let follower = tokio::spawn(follower.run());
    gate.ready().await;
    assert_eq!(*heard.lock().unwrap(), [EventKind::Loaded(0)]);

    let end = now.saturating_add(Duration::from_secs(3600));
    let denial = Denial::new(LOCAL, "ada", "token", now, end).unwrap();
    assert_eq!(store.deny(&denial, now).await.unwrap(), Denied::Token);
    // It may be stale meanwhile on a busy machine, and is never wrong in the end.
    while gate.check(&credential).await != Err(Refused::Denied) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    // Without its follower it does not go on for longer than the bound.
    follower.abort();
    while !matches!(gate.check(&credential).await, Err(Refused::Stale { .. })) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A feed of one page, which notes how often another task of its thread ran: when it gave the page, when it was polled.
struct OnePage {
    entries: usize,
    others: Arc<AtomicUsize>,
    noted: Arc<Mutex<Vec<usize>>>,
}

impl OnePage {
    const CURSOR: Cursor = Cursor {
        feed: FeedId([1; 16]),
        position: 1,
        tag: [1; 8],
    };

    fn note(&self) {
        let ran = self.others.load(Ordering::SeqCst);
        self.noted.lock().unwrap().push(ran);
    }
}

impl RevocationFeed for OnePage {
    async fn head(&self) -> Result<Head, StoreError> {
        Ok(Head {
            cursor: Self::CURSOR,
            time: UnixTime::now(),
        })
    }

    async fn page(&self, _: Option<&PageMark>, _: NonZeroU32) -> Result<Page, StoreError> {
        let keep_until = UnixTime::now().saturating_add(Duration::from_secs(3600));
        let entries = (0..self.entries).map(|number| Entry::Token {
            issuer: LOCAL.into(),
            token_id: number.to_string().into(),
            keep_until,
        });
        let page = Page {
            entries: entries.collect(),
            next: None,
            time: UnixTime::now(),
        };
        self.note();
        Ok(page)
    }

    async fn poll(&self, _: &Cursor, _: NonZeroU32) -> Result<Polled, StoreError> {
        self.note();
        Ok(Polled::Entries {
            entries: Vec::new(),
            cursor: Self::CURSOR,
            more: false,
            time: UnixTime::now(),
        })
    }
}

/// How often another task ran while a page of so many entries was put into the snapshot.
async fn others_ran_beside(entries: usize) -> usize {
    let others = Arc::new(AtomicUsize::new(0));
    let noted = Arc::new(Mutex::new(Vec::new()));
    let feed = OnePage {
        entries,
        others: Arc::clone(&others),
        noted: Arc::clone(&noted),
    };
    let settings = ReaderSettings {
        spread: Duration::ZERO,
        ..ReaderSettings::default()
    };
    let follower = Follower::new(feed, Reader::new(Fleet::default(), settings));
    let snapshot = follower.snapshot();
    let follower = tokio::spawn(follower.run());
    while snapshot.entries() < entries {
        others.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
    follower.abort();
    assert!(follower.await.unwrap_err().is_cancelled());
    let noted = noted.lock().unwrap();
    noted[1] - noted[0]
}

#[tokio::test]
async fn a_follower_leaves_its_thread_to_others_while_a_large_page_is_taken() {
    assert_eq!(others_ran_beside(500).await, 0, "a small one is not worth it");
    assert_ne!(others_ran_beside(200_000).await, 0);
}
