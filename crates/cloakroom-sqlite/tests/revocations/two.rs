use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloakroom_revocation::{
    Credential, Cursor, Denial, Denied, Fleet, Found, Head, Page, PageMark, Polled, RevocationFeed,
    RevocationStore, StoreError,
};
use cloakroom_sqlite::SqliteRevocationStore;
use cloakroom_sqlite::cloakroom_core::UnixTime;

/// Two stores on one file, which take turns. Nothing but the file is between them.
#[derive(Debug)]
pub(crate) struct Two {
    stores: [SqliteRevocationStore; 2],
    next: AtomicUsize,
}

impl Two {
    pub(crate) fn new(stores: [SqliteRevocationStore; 2]) -> Self {
        Self {
            stores,
            next: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &SqliteRevocationStore {
        &self.stores[self.next.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl RevocationStore for Two {
    fn fleet(&self) -> Fleet {
        self.stores[0].fleet()
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        self.next().deny(denial, now).await
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        self.next().cut_off(issuer, subject, now).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        self.next().revoke_all(now).await
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.next().look_up(credential).await
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.next().look_up_settled(credential).await
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.next().purge(now, max).await
    }
}

impl RevocationFeed for Two {
    async fn head(&self) -> Result<Head, StoreError> {
        self.next().head().await
    }

    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        self.next().page(after, max).await
    }

    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        self.next().poll(cursor, max).await
    }
}
