use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_core::UnixTime;

use crate::{
    Credential, Cursor, Denial, Denied, Fleet, Found, Head, Page, PageMark, Polled, RevocationFeed,
    RevocationStore, StoreError,
};

/// The store that is shared.
impl<S: RevocationStore> RevocationStore for Arc<S> {
    fn fleet(&self) -> Fleet {
        (**self).fleet()
    }

    async fn deny(&self, denial: &Denial, now: UnixTime) -> Result<Denied, StoreError> {
        (**self).deny(denial, now).await
    }

    async fn cut_off(&self, issuer: &str, subject: &str, now: UnixTime) -> Result<UnixTime, StoreError> {
        (**self).cut_off(issuer, subject, now).await
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<UnixTime, StoreError> {
        (**self).revoke_all(now).await
    }

    async fn look_up(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        (**self).look_up(credential).await
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        (**self).look_up_settled(credential).await
    }

    async fn purge(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        (**self).purge(now, max).await
    }
}

/// The feed that is shared.
impl<S: RevocationFeed> RevocationFeed for Arc<S> {
    async fn head(&self) -> Result<Head, StoreError> {
        (**self).head().await
    }

    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        (**self).page(after, max).await
    }

    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        (**self).poll(cursor, max).await
    }

    async fn changed(&self) {
        (**self).changed().await;
    }
}
