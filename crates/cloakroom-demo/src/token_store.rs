use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_postgres::PostgresTokenStore;
use cloakroom_redis::RedisTokenStore;
use cloakroom_sqlite::SqliteTokenStore;
use cloakroom_store::StoreError;
use cloakroom_store::cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::{
    AccessToken, Client, Created, Family, MemoryTokenStore, NewFamily, Presented, Rotated, TokenStore,
};

use crate::any_store::{AnyStore, each};

/// The store of the families of refresh tokens that was opened. A clone is the same store.
pub(crate) type AnyTokenStore =
    AnyStore<Arc<MemoryTokenStore>, SqliteTokenStore, PostgresTokenStore, RedisTokenStore>;

impl TokenStore for AnyTokenStore {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        each!(self, store => store.create_family(family, now).await)
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        each!(self, store => store.rotate(presented, now).await)
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        each!(self, store => store.load_family(id, secret_hash, now).await)
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        each!(self, store => store.end_family(id, secret_hash, client).await)
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        each!(self, store => store.end_one(subject, id).await)
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        each!(self, store => store.list_by_subject(subject, after, max, now).await)
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        each!(self, store => store.revoke_subject(subject, cutoff, now).await)
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        each!(self, store => store.revoke_all(cutoff).await)
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        each!(self, store => store.create_access(token, now).await)
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        each!(self, store => store.load_access(hash, now).await)
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        each!(self, store => store.end_access(hash, client).await)
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        each!(self, store => store.purge_expired(now, max).await)
    }
}
