//! A store that counts what it is asked, and keeps all that it is told.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use cloakroom_token::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::{
    AccessToken, Client, Created, Family, NewFamily, Presented, Rotated, StoreError, StoreErrorKind,
    TokenStore,
};

pub(crate) struct Spy<S> {
    inner: S,
    calls: AtomicUsize,
    is_down: AtomicBool,
    told: Mutex<Vec<Vec<u8>>>,
}

impl<S> Spy<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            calls: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
            told: Mutex::default(),
        }
    }

    /// How often it was asked.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// From now on it fails.
    pub(crate) fn go_down(&self) {
        self.is_down.store(true, Ordering::Relaxed);
    }

    /// Every text and every bytes that it was ever told.
    pub(crate) fn dump(&self) -> Vec<Vec<u8>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, told: &[&[u8]]) -> Result<&S, StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(told.iter().map(|bytes| bytes.to_vec()));
        if self.is_down.load(Ordering::Relaxed) {
            return Err(StoreErrorKind::Unavailable.into());
        }
        Ok(&self.inner)
    }
}

impl<S: TokenStore> TokenStore for Spy<S> {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        let NewFamily {
            id,
            secret_hash,
            client,
            subject,
            key_id,
            data,
            ..
        } = family;
        let told: [&[u8]; 6] = [
            id.as_bytes(),
            secret_hash.as_bytes(),
            client.as_str().as_bytes(),
            subject.as_str().as_bytes(),
            key_id.as_bytes(),
            data,
        ];
        self.hear(&told)?.create_family(family, now).await
    }

    async fn rotate(&self, token: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        let told: [&[u8]; 4] = [
            token.id.as_bytes(),
            token.secret_hash.as_bytes(),
            &token.generation.to_be_bytes(),
            token.next_key.as_bytes(),
        ];
        self.hear(&told)?.rotate(token, now).await
    }

    async fn load_family(
        &self,
        id: &Selector,
        hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        self.hear(&[id.as_bytes(), hash.as_bytes()])?
            .load_family(id, hash, now)
            .await
    }

    async fn end_family(&self, id: &Selector, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        self.hear(&[id.as_bytes(), hash.as_bytes()])?
            .end_family(id, hash, client)
            .await
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        self.hear(&[id.as_bytes()])?.end_one(subject, id).await
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        self.hear(&[])?.list_by_subject(subject, after, max, now).await
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        self.hear(&[])?.revoke_subject(subject, cutoff, now).await
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        self.hear(&[])?.revoke_all(cutoff).await
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        let told: [&[u8]; 3] = [
            token.hash.as_bytes(),
            &token.data,
            token.client.as_str().as_bytes(),
        ];
        self.hear(&told)?.create_access(token, now).await
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        self.hear(&[hash.as_bytes()])?.load_access(hash, now).await
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        self.hear(&[hash.as_bytes()])?.end_access(hash, client).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        self.hear(&[])?.purge_expired(now, max).await
    }
}
