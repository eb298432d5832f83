use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};

use cloakroom_sqlite::SqliteTokenStore;
use cloakroom_sqlite::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::{
    AccessToken, Client, Created, Family, NewFamily, Presented, Rotated, StoreError, TokenStore,
};

/// Two stores on one file, which take turns. Nothing but the file is between them.
#[derive(Debug)]
pub(crate) struct Two {
    stores: [SqliteTokenStore; 2],
    next: AtomicUsize,
}

impl Two {
    pub(crate) fn new(stores: [SqliteTokenStore; 2]) -> Self {
        Self {
            stores,
            next: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &SqliteTokenStore {
        &self.stores[self.next.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl TokenStore for Two {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        self.next().create_family(family, now).await
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        self.next().rotate(presented, now).await
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        self.next().load_family(id, secret_hash, now).await
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        self.next().end_family(id, secret_hash, client).await
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        self.next().end_one(subject, id).await
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        self.next().list_by_subject(subject, after, max, now).await
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        self.next().revoke_subject(subject, cutoff, now).await
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        self.next().revoke_all(cutoff).await
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        self.next().create_access(token, now).await
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        self.next().load_access(hash, now).await
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        self.next().end_access(hash, client).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.next().purge_expired(now, max).await
    }
}
