//! A shared store is a store.

use std::num::NonZeroU32;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, TokenHash};

use crate::{AccessToken, Client, Created, Family, NewFamily, Presented, Rotated, StoreError, TokenStore};

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        (**self).create_family(family, now).await
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        (**self).rotate(presented, now).await
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        (**self).load_family(id, secret_hash, now).await
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        (**self).end_family(id, secret_hash, client).await
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        (**self).end_one(subject, id).await
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        (**self).list_by_subject(subject, after, max, now).await
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        (**self).revoke_subject(subject, cutoff, now).await
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        (**self).revoke_all(cutoff).await
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        (**self).create_access(token, now).await
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        (**self).load_access(hash, now).await
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        (**self).end_access(hash, client).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        (**self).purge_expired(now, max).await
    }
}
