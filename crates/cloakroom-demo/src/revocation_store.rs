use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_postgres::PostgresRevocationStore;
use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::{
    Credential, Cursor, Denial, Denied, Fleet, Found, Head, MemoryRevocationStore, Page, PageMark, Polled,
    RevocationFeed, RevocationStore, StoreError,
};
use cloakroom_sqlite::SqliteRevocationStore;

use crate::any_store::{AnyStore, each};

/// The store of revocations that was opened, with its feed. A clone is the same store.
pub(crate) type AnyRevocationStore = AnyStore<
    Arc<MemoryRevocationStore>,
    SqliteRevocationStore,
    PostgresRevocationStore,
    RedisRevocationStore,
>;

impl RevocationStore for AnyRevocationStore {
    fn fleet(&self) -> Fleet {
        each!(self, store => store.fleet())
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        each!(self, store => store.deny(denial, now).await)
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        each!(self, store => store.cut_off(issuer, subject, now).await)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        each!(self, store => store.revoke_all(now).await)
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        each!(self, store => store.look_up(credential).await)
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        each!(self, store => store.look_up_settled(credential).await)
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        each!(self, store => store.purge(now, max).await)
    }
}

impl RevocationFeed for AnyRevocationStore {
    async fn head(&self) -> Result<Head, StoreError> {
        each!(self, store => store.head().await)
    }

    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        each!(self, store => store.page(after, max).await)
    }

    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        each!(self, store => store.poll(cursor, max).await)
    }

    async fn changed(&self) {
        each!(self, store => store.changed().await);
    }
}
