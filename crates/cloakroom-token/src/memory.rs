//! Families and access tokens in this process's memory.

mod limits;
mod shard;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, Subject, SubjectTag, TokenHash};

use self::limits::Count;
pub use self::limits::MemoryTokenLimits;
use self::shard::Shard;
use crate::{
    AccessToken, Client, Created, Family, MAX_DATA, NewFamily, Presented, Rotated, StoreError,
    StoreErrorKind, TokenStore,
};

/// One for each value of a tag's second byte, and of a hash's first.
const SHARDS: usize = 256;

/// Access tokens by their hashes.
type AccessTokens = HashMap<[u8; 32], AccessToken>;

/// How many shards a full store looks into for something to drop.
const LOOKED_INTO: usize = 8;

/// Families and access tokens in this process's memory: for one server, for development, for tests. They end with the
/// process.
///
/// All families of a subject, and its cut-off, lie in one of 256 shards, each under a lock of its own; access tokens lie in
/// 256 others. Each operation is one step in one shard, and no lock is held while a future waits.
///
/// It is bounded by [`MemoryTokenLimits`] and never drops what is live to make room: when it is full it looks for rows that
/// have ended in a few of its shards, and then answers `Full`.
pub struct MemoryTokenStore {
    shards: Box<[RwLock<Shard>]>,
    access: Box<[RwLock<AccessTokens>]>,
    /// The store-wide cut-off in milliseconds; `i64::MIN` cuts nothing off.
    cutoff: AtomicI64,
    families: Count,
    access_tokens: Count,
    limits: MemoryTokenLimits,
    /// The shard with which the next purge begins.
    next: AtomicUsize,
}

impl MemoryTokenStore {
    /// An empty store of the [default limits](MemoryTokenLimits::default).
    pub fn new() -> Self {
        Self::with_limits(MemoryTokenLimits::default())
    }

    /// An empty store of these limits.
    pub fn with_limits(limits: MemoryTokenLimits) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            access: (0..SHARDS).map(|_| RwLock::default()).collect(),
            cutoff: AtomicI64::new(i64::MIN),
            families: Count::new(limits.families),
            access_tokens: Count::new(limits.access_tokens),
            limits,
            next: AtomicUsize::new(0),
        }
    }

    /// Writes the generation of a family as no operation does.
    #[cfg(feature = "conformance")]
    pub(crate) fn set_generation(&self, id: &Selector, generation: u64) {
        self.write(id.tag()).set_generation(id, generation);
    }

    fn read(&self, tag: SubjectTag) -> RwLockReadGuard<'_, Shard> {
        // No panic leaves a shard half changed: nothing in a critical section but the allocator could, and it aborts.
        self.shards[shard_of(tag)]
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, tag: SubjectTag) -> RwLockWriteGuard<'_, Shard> {
        self.write_at(shard_of(tag))
    }

    fn write_at(&self, shard: usize) -> RwLockWriteGuard<'_, Shard> {
        self.shards[shard].write().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_access(&self, shard: usize) -> RwLockWriteGuard<'_, AccessTokens> {
        self.access[shard].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store-wide cut-off. Those who write read it under their shard's lock.
    fn cutoff(&self) -> UnixTime {
        UnixTime::from_millis(self.cutoff.load(Ordering::Acquire))
    }

    /// Whether nothing but its own end could end this access token.
    fn stands(&self, token: &AccessToken, now: UnixTime) -> bool {
        let is_after =
            |shard: &Shard| token.authenticated_at > shard.cutoff(&token.subject).max(self.cutoff());
        let has_family = |shard: &Shard, id: &Selector| shard.is_live(id, now, self.cutoff());
        let shard = self.read(token.subject.tag());
        match &token.family {
            None => is_after(&shard),
            Some(id) if shard_of(id.tag()) == shard_of(token.subject.tag()) => {
                is_after(&shard) && has_family(&shard, id)
            }
            // A family of another subject: one lock at a time.
            Some(id) => {
                let is_after = is_after(&shard);
                drop(shard);
                is_after && has_family(&self.read(id.tag()), id)
            }
        }
    }

    /// Drops rows that have ended from `shards` shards, at most `max`, and tells how many.
    fn sweep(&self, now: UnixTime, shards: usize, max: usize) -> usize {
        let start = self.next.load(Ordering::Relaxed);
        let mut dropped = 0;
        for shard in (start..start + shards).map(|at| at % SHARDS) {
            self.next.store(shard, Ordering::Relaxed);
            let families =
                self.write_at(shard)
                    .purge(now, self.cutoff(), self.limits.cutoff_retention, max - dropped);
            self.families.give_back(families);
            dropped += families;
            let mut left = max - dropped;
            let mut tokens = self.write_access(shard);
            let before = tokens.len();
            tokens.retain(|_, token| {
                let is_dead = left > 0 && now >= token.expires_at;
                left -= usize::from(is_dead);
                !is_dead
            });
            let tokens = before - tokens.len();
            self.access_tokens.give_back(tokens);
            dropped += tokens;
            if dropped == max {
                break;
            }
        }
        dropped
    }

    /// Room for one more row, after dropping some that have ended if there was none.
    fn reserve(&self, count: &Count, now: UnixTime) -> Result<(), StoreError> {
        let has_room = count.take() || {
            self.next.fetch_add(1, Ordering::Relaxed);
            self.sweep(now, LOOKED_INTO, usize::MAX);
            count.take()
        };
        if has_room {
            Ok(())
        } else {
            Err(StoreErrorKind::Full.into())
        }
    }
}

impl Default for MemoryTokenStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how full it is.
impl fmt::Debug for MemoryTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTokenStore")
            .field("families", &self.families.used())
            .field("access_tokens", &self.access_tokens.used())
            .finish_non_exhaustive()
    }
}

impl TokenStore for MemoryTokenStore {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        check_size(&family.data)?;
        family
            .check()
            .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        self.reserve(&self.families, now)?;
        let created = self.write(family.id.tag()).create(family, now, self.cutoff());
        if created != Created::Done {
            self.families.give_back(1);
        }
        Ok(created)
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        let rotated = self
            .write(presented.id.tag())
            .rotate(presented, now, self.cutoff());
        if matches!(rotated, Rotated::Exhausted(_) | Rotated::Reused(_)) {
            self.families.give_back(1);
        }
        Ok(rotated)
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        Ok(self.read(id.tag()).load(id, secret_hash, now, self.cutoff()))
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        let ended = self.write(id.tag()).end(id, secret_hash, client);
        self.families.give_back(ended.into());
        Ok(ended)
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        let ended = self.write(subject.tag()).end_of(subject, id);
        self.families.give_back(ended.into());
        Ok(ended)
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        let max = usize::try_from(max.get()).unwrap_or(usize::MAX);
        Ok(self
            .read(subject.tag())
            .list(subject, after, max, now, self.cutoff()))
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let ended = self
            .write(subject.tag())
            .revoke(subject, cutoff, now, self.cutoff());
        self.families.give_back(ended.rows);
        Ok(ended.live)
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        self.cutoff.fetch_max(cutoff.as_millis(), Ordering::AcqRel);
        Ok(())
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        check_size(&token.data)?;
        // What ends its subject or family just after this is seen by every load.
        if !self.stands(token, now) {
            return Ok(Created::Refused);
        }
        self.reserve(&self.access_tokens, now)?;
        match self
            .write_access(access_shard_of(&token.hash))
            .entry(*token.hash.as_bytes())
        {
            Entry::Vacant(place) => {
                place.insert(token.clone());
                Ok(Created::Done)
            }
            Entry::Occupied(_) => {
                self.access_tokens.give_back(1);
                Ok(Created::Exists)
            }
        }
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        let found = self.access[access_shard_of(hash)]
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(hash.as_bytes())
            .filter(|token| now < token.expires_at)
            .cloned();
        Ok(found.filter(|token| self.stands(token, now)))
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        let mut shard = self.write_access(access_shard_of(hash));
        let Entry::Occupied(found) = shard.entry(*hash.as_bytes()) else {
            return Ok(false);
        };
        let is_own = found.get().client == *client;
        if is_own {
            found.remove();
            self.access_tokens.give_back(1);
        }
        Ok(is_own)
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let max = usize::try_from(max.get()).unwrap_or(usize::MAX);
        Ok(self.sweep(now, SHARDS, max) as u64)
    }
}

fn shard_of(tag: SubjectTag) -> usize {
    usize::from(tag.as_bytes()[1])
}

fn access_shard_of(hash: &TokenHash) -> usize {
    usize::from(hash.as_bytes()[0])
}

fn check_size(data: &[u8]) -> Result<(), StoreError> {
    if data.len() > MAX_DATA {
        return Err(StoreErrorKind::TooLarge.into());
    }
    Ok(())
}
