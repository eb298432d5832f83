use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::{
    Credential, Denial, Denied, Fleet, Found, MemoryRevocationStore, RevocationStore, StoreError,
};
use tokio::sync::Notify;

/// A store that has written a cut-off of this issuer, and answers only when it is let go.
#[derive(Clone)]
pub(crate) struct ParkedStore {
    store: Arc<MemoryRevocationStore>,
    issuer: &'static str,
    pub(crate) written: Arc<Notify>,
    pub(crate) go: Arc<Notify>,
}

impl ParkedStore {
    pub(crate) fn new(store: &Arc<MemoryRevocationStore>, issuer: &'static str) -> Self {
        Self {
            store: Arc::clone(store),
            issuer,
            written: Arc::default(),
            go: Arc::default(),
        }
    }
}

impl RevocationStore for ParkedStore {
    fn fleet(&self) -> Fleet {
        self.store.fleet()
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        self.store.deny(denial, now).await
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        let cutoff = self.store.cut_off(issuer, subject, now).await;
        if issuer == self.issuer {
            self.written.notify_one();
            self.go.notified().await;
        }
        cutoff
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        let cutoff = self.store.revoke_all(now).await;
        self.written.notify_one();
        self.go.notified().await;
        cutoff
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.store.look_up(credential).await
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.store.look_up_settled(credential).await
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.store.purge(now, max).await
    }
}
