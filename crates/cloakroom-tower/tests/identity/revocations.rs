//! A store of revocations that fails and waits on demand, and a reader that is moved by hand.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloakroom_tower::cloakroom_core::UnixTime;
use cloakroom_tower::cloakroom_lineage::Clocks;
use cloakroom_tower::cloakroom_lineage::cloakroom_revocation::{
    Answer, Credential, Denial, Denied, Fleet, Found, MemoryRevocationStore, Next, Question, Reader,
    ReaderSettings, RevocationFeed as _, RevocationStore, Snapshot,
};
use cloakroom_tower::cloakroom_lineage::cloakroom_store::{StoreError, StoreErrorKind};

use crate::desk::Gate;

#[derive(Clone)]
pub(crate) struct Revocations {
    pub(crate) inner: Arc<MemoryRevocationStore>,
    /// How many writes were asked for.
    pub(crate) writes: Arc<AtomicUsize>,
    failing: Arc<AtomicBool>,
    held: Arc<Mutex<Option<Gate>>>,
}

impl Revocations {
    pub(crate) fn new(clocks: &Clocks) -> Self {
        let clocks = clocks.clone();
        Self {
            inner: Arc::new(MemoryRevocationStore::new(Fleet::default(), move || {
                clocks.now().wall
            })),
            writes: Arc::default(),
            failing: Arc::default(),
            held: Arc::default(),
        }
    }

    /// Lets every write fail from now on, or no longer.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    /// Lets the next write wait at `gate`.
    pub(crate) fn hold(&self, gate: &Gate) {
        *self.held.lock().unwrap() = Some(gate.clone());
    }

    async fn write(&self) -> Result<(), StoreError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let held = self.held.lock().unwrap().take();
        if let Some(gate) = held {
            gate.wait().await;
        }
        if self.failing.load(Ordering::Relaxed) {
            return Err(StoreErrorKind::Unavailable.into());
        }
        Ok(())
    }
}

impl RevocationStore for Revocations {
    fn fleet(&self) -> Fleet {
        self.inner.fleet()
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        self.write().await?;
        self.inner.deny(denial, now).await
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        self.write().await?;
        self.inner.cut_off(issuer, subject, now).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        self.write().await?;
        self.inner.revoke_all(now).await
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.inner.look_up(credential).await
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.inner.look_up_settled(credential).await
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.inner.purge(now, max).await
    }
}

/// Follows a feed when it is told to.
pub(crate) struct Follower {
    reader: Mutex<Reader>,
    clocks: Clocks,
}

impl Follower {
    pub(crate) fn new(clocks: &Clocks) -> Self {
        let settings = ReaderSettings {
            spread: Duration::ZERO,
            ..ReaderSettings::default()
        };
        Self {
            reader: Mutex::new(Reader::new(Fleet::default(), settings)),
            clocks: clocks.clone(),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.reader.lock().unwrap().snapshot()
    }

    /// Learns all that `store` has, as of now.
    pub(crate) async fn follow(&self, store: &MemoryRevocationStore) {
        self.reader.lock().unwrap().hint();
        loop {
            let next = self.reader.lock().unwrap().next(self.clocks.now());
            let Next::Ask(question) = next else { return };
            let many = NonZeroU32::new(1000).unwrap();
            let answer = match &question {
                Question::Head => Answer::Head(store.head().await.unwrap()),
                Question::Page(mark) => Answer::Page(store.page(mark.as_ref(), many).await.unwrap()),
                Question::Poll(cursor) => Answer::Polled(store.poll(cursor, many).await.unwrap()),
            };
            let now = self.clocks.now();
            self.reader.lock().unwrap().answer(now, answer, now);
        }
    }
}
