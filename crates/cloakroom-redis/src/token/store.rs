use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_error::{StoreError, StoreErrorKind};
use cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::{
    AccessToken, Client, Confirmation, Created, Family, MAX_DATA, NewFamily, Presented, Rotated, TokenStore,
};
use redis::Value;

use super::builder::RedisTokenStoreBuilder;
use super::row::{decode_family, encode_family};
use super::scripts::Scripts;
use super::{access, purge};
use crate::buckets::{Buckets, part_of_list};
use crate::error::OpenError;
use crate::keys::{self, Bucket, Keys};
use crate::script::time_bytes;
use crate::server::{Server, count, unexpected};

/// How many entries of a subject's set a script looks at for a list at least and at most, of which some may have ended.
const LISTED: RangeInclusive<usize> = 64..=1000;
/// How many bytes of families a script answers with, save that it answers with one in any case.
const MAX_LISTED: usize = 4 << 20;

/// Families of refresh tokens and opaque access tokens in Redis or Valkey. A clone is another handle to the same store.
#[derive(Clone)]
pub struct RedisTokenStore(Arc<Buckets<Scripts>>);

impl RedisTokenStore {
    /// Connects to the server or the Cluster of `url` with the usual settings: see
    /// [`RedisTokenStoreBuilder::connect`].
    ///
    /// # Errors
    ///
    /// When the URL is malformed, nobody answers, or who answers is unfit to hold tokens.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::builder().connect(url).await
    }

    /// Settings to be chosen.
    pub fn builder() -> RedisTokenStoreBuilder {
        RedisTokenStoreBuilder::new()
    }

    pub(super) fn new(keys: Keys, server: Server, cutoff_retention: Duration) -> Self {
        let buckets = Buckets::new(keys, Scripts::new(), server, cutoff_retention);
        Self(Arc::new(buckets))
    }

    /// A part of a list, and the member behind which the next one begins.
    async fn part_of_list(
        &self,
        subject: &Subject,
        after: Option<&str>,
        max: usize,
        now: UnixTime,
    ) -> Result<(Vec<Family>, Option<String>), StoreError> {
        let bucket = Bucket::of(subject.tag());
        let names = &self.0.keys;
        let first = after.map_or("-".into(), |after| format!("({after}"));
        let keys = [
            &*names.set(subject),
            &*names.cutoff(subject),
            &*names.store_cutoff(bucket),
        ];
        let mut call = self.0.scripts.list.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(first)
            .arg(max.clamp(*LISTED.start(), *LISTED.end()))
            .arg(subject.as_str())
            .arg(&*names.rows(bucket))
            .arg(MAX_LISTED)
            .arg(max);
        let answer = self.0.run(bucket, &self.0.scripts.list, call).await?;
        let (next, families) = part_of_list(answer, |id, row| decode_family(&id, row))?;
        let next = String::from_utf8(next).map_err(|_| unexpected())?;
        Ok((families, Some(next).filter(|next| !next.is_empty())))
    }
}

impl TokenStore for RedisTokenStore {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        check_size(&family.data)?;
        family
            .check()
            .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        let bucket = Bucket::of(family.id.tag());
        let names = &self.0.keys;
        let keys = [
            &*names.row(&family.id),
            &*names.set(&family.subject),
            &*names.cutoff(&family.subject),
            &*names.store_cutoff(bucket),
        ];
        let idle_deadline = family.idle_deadline.min(family.absolute_deadline);
        let mut call = self.0.scripts.create.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(encode_family(family, now))
            .arg(&time_bytes(family.authenticated_at)[..])
            .arg(&time_bytes(idle_deadline)[..])
            .arg(&time_bytes(family.absolute_deadline)[..])
            .arg(keys::member(&family.id))
            .arg(&*names.rows(bucket));
        match self.0.run_durably(bucket, &self.0.scripts.create, call).await? {
            Value::Int(0) => Ok(Created::Exists),
            Value::Int(1) => Ok(Created::Done),
            Value::Int(2) => Ok(Created::Refused),
            _ => Err(unexpected()),
        }
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        let bucket = Bucket::of(presented.id.tag());
        let names = &self.0.keys;
        let keys = [&*names.row(&presented.id), &*names.store_cutoff(bucket)];
        let confirmation = presented.confirmation.as_ref().map(Confirmation::as_bytes);
        let mut call = self.0.scripts.rotate.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(&presented.secret_hash.as_bytes()[..])
            .arg(presented.generation)
            .arg(presented.client.as_str())
            .arg(confirmation.map_or(&[][..], |bytes| &bytes[..]))
            .arg(&presented.next_key.as_bytes()[..])
            .arg(&time_bytes(presented.idle_deadline)[..])
            .arg(presented.grace.as_millis().to_string())
            .arg(keys::member(&presented.id))
            .arg(&*names.cutoffs(bucket))
            .arg(&*names.sets(bucket));
        let answer = match self.0.run_durably(bucket, &self.0.scripts.rotate, call).await? {
            Value::Array(answer) => answer,
            Value::Int(0) => return Ok(Rotated::Gone),
            Value::Int(1) => return Ok(Rotated::WrongSecret),
            Value::Int(2) => return Ok(Rotated::WrongClient),
            Value::Int(3) => return Ok(Rotated::WrongConfirmation),
            Value::Int(4) => return Ok(Rotated::Ahead),
            Value::Int(8) => return Ok(Rotated::Late),
            _ => return Err(unexpected()),
        };
        let [Value::Int(outcome), Value::BulkString(row)] = &answer[..] else {
            return Err(unexpected());
        };
        let family = decode_family(&presented.id, row)?;
        match outcome {
            5 => Ok(Rotated::Exhausted(family)),
            6 => Ok(Rotated::Done(family)),
            7 => Ok(Rotated::Retry(family)),
            9 => Ok(Rotated::Reused(family)),
            _ => Err(unexpected()),
        }
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        let bucket = Bucket::of(id.tag());
        let names = &self.0.keys;
        let keys = [&*names.row(id), &*names.store_cutoff(bucket)];
        let mut call = self.0.scripts.load.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(&secret_hash.as_bytes()[..])
            .arg(&*names.cutoffs(bucket));
        match self.0.run(bucket, &self.0.scripts.load, call).await? {
            Value::Int(0) => Ok(None),
            Value::BulkString(row) => decode_family(id, &row).map(Some),
            _ => Err(unexpected()),
        }
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        let bucket = Bucket::of(id.tag());
        let mut call = self.0.scripts.end_family.call(&[&self.0.keys.row(id)]);
        call.arg(&secret_hash.as_bytes()[..])
            .arg(client.as_str())
            .arg(keys::member(id))
            .arg(&*self.0.keys.sets(bucket));
        let answer = self
            .0
            .run_durably(bucket, &self.0.scripts.end_family, call)
            .await?;
        Ok(count(&answer)? > 0)
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        if subject.tag() != id.tag() {
            return Ok(false);
        }
        let bucket = Bucket::of(id.tag());
        let mut call = self.0.scripts.end_one.call(&[&self.0.keys.row(id)]);
        call.arg(subject.as_str())
            .arg(keys::member(id))
            .arg(&*self.0.keys.sets(bucket));
        let answer = self.0.run_durably(bucket, &self.0.scripts.end_one, call).await?;
        Ok(count(&answer)? > 0)
    }

    /// Each part of 1,000 entries or 4 MiB is one script, and a list of several is as new as each part was.
    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        let max = usize::try_from(max.get()).unwrap_or(usize::MAX);
        let mut listed = Vec::new();
        let mut after = after.map(keys::member);
        loop {
            let part = self.part_of_list(subject, after.as_deref(), max - listed.len(), now);
            let (families, next) = part.await?;
            listed.extend(families);
            after = next;
            if after.is_none() || listed.len() >= max {
                return Ok(listed);
            }
        }
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let bucket = Bucket::of(subject.tag());
        let names = &self.0.keys;
        let keys = [
            &*names.set(subject),
            &*names.cutoff(subject),
            &*names.store_cutoff(bucket),
        ];
        let mut call = self.0.scripts.revoke_subject.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(&time_bytes(cutoff)[..])
            .arg(cutoff.as_millis())
            .arg(subject.as_str())
            .arg(&*names.rows(bucket))
            .arg(&*self.0.cutoff_retention);
        let answer = self
            .0
            .run_durably(bucket, &self.0.scripts.revoke_subject, call)
            .await?;
        count(&answer)
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        self.0.revoke_all(&self.0.scripts.revoke_all, cutoff).await
    }

    /// One script on a single server; on a Cluster one in the slot of the subject and then one in that of the record.
    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        check_size(&token.data)?;
        access::create(&self.0, token, now).await
    }

    /// One script on a single server; on a Cluster the record and then a script in the slot of its subject.
    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        access::load(&self.0, hash, now).await
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        access::end(&self.0, hash, client).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        purge::purge_expired(&self.0, now, max).await
    }
}

/// Prints neither addresses nor credentials.
impl fmt::Debug for RedisTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug("RedisTokenStore", f)
    }
}

fn check_size(data: &[u8]) -> Result<(), StoreError> {
    if data.len() > MAX_DATA {
        return Err(StoreErrorKind::TooLarge.into());
    }
    Ok(())
}
