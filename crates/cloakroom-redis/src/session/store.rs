use std::fmt;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{
    Change, Created, JointLoads, Listed, MAX_PAYLOAD, NewRecord, Page, Rotated, Rotation, SessionStore,
    StoreError, StoreErrorKind, Stored, Subject, SubjectIndex, Touched, Updated, Version,
};
use redis::Value;

use super::builder::RedisSessionStoreBuilder;
use super::load::Found;
use super::row::{self, reason_byte};
use super::scripts::Scripts;
use super::{load, purge};
use crate::buckets::{Buckets, part_of_list};
use crate::error::OpenError;
use crate::keys::{self, Bucket, Keys};
use crate::script::time_bytes;
use crate::server::{Server, count, unexpected};

/// What a part of a list carries at most, in bytes, save that it carries one session in any case.
const MAX_LISTED: usize = 4 << 20;
/// Sessions in Redis or Valkey. A clone is another handle to the same store.
#[derive(Clone)]
pub struct RedisSessionStore(Arc<Inner>);

struct Inner {
    buckets: Buckets<Scripts>,
    loads: JointLoads<Option<Found>>,
}

impl Deref for Inner {
    type Target = Buckets<Scripts>;

    fn deref(&self) -> &Buckets<Scripts> {
        &self.buckets
    }
}

impl RedisSessionStore {
    /// Connects to the server or the Cluster of `url` with the usual settings: see
    /// [`RedisSessionStoreBuilder::connect`].
    ///
    /// # Errors
    ///
    /// When the URL is malformed, nobody answers, or who answers is unfit to hold sessions.
    pub async fn connect(url: &str) -> Result<Self, OpenError> {
        Self::builder().connect(url).await
    }

    /// Settings to be chosen.
    pub fn builder() -> RedisSessionStoreBuilder {
        RedisSessionStoreBuilder::new()
    }

    pub(super) fn new(keys: Keys, server: Server, cutoff_retention: Duration) -> Self {
        Self(Arc::new(Inner {
            buckets: Buckets::new(keys, Scripts::new(), server, cutoff_retention),
            loads: JointLoads::default(),
        }))
    }

    pub(super) fn buckets(&self) -> &Buckets<Scripts> {
        &self.0.buckets
    }

    /// Loads together with others, from a single server.
    async fn joint_load(
        &self,
        selector: &Selector,
        now: UnixTime,
        limit: Option<Duration>,
    ) -> Result<Option<Stored>, StoreError> {
        let answer = |round| load::answer(self.clone(), round);
        match self.0.loads.load(selector, now, limit, answer).await? {
            Some(found) => found.session(selector, now),
            None => Ok(None),
        }
    }
}

impl SessionStore for RedisSessionStore {
    async fn create(&self, record: &NewRecord, now: UnixTime) -> Result<Created, StoreError> {
        check_size(record.payload())?;
        let selector = record.selector();
        let bucket = Bucket::of(selector.tag());
        let session = record.clone().into_stored(now);
        let names = &self.0.keys;
        let (row, all) = (names.row(&selector), names.store_cutoff(bucket));
        let of_subject = record
            .authentication()
            .map(|known| (names.set(&known.subject), names.cutoff(&known.subject)));
        let mut keys = vec![row.as_str(), &all];
        if let Some((set, cutoff)) = &of_subject {
            keys.extend([set.as_str(), cutoff]);
        }
        let mut call = self.0.scripts.create.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(row::encode(&session)?)
            .arg(&time_bytes(session.lineage_at)[..])
            .arg(&time_bytes(session.idle_deadline)[..])
            .arg(&time_bytes(session.absolute_deadline)[..])
            .arg(&*keys::member(&selector))
            .arg(&*names.rows(bucket));
        match self.0.run_durably(bucket, &self.0.scripts.create, call).await? {
            Value::Int(0) => Ok(Created::Exists),
            Value::Int(1) => Ok(Created::Done),
            Value::Int(2) => Ok(Created::Refused),
            _ => Err(unexpected()),
        }
    }

    async fn load(&self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        if self.0.server.connection().is_cluster() {
            // Two selectors hardly ever lie in the same slot. In a box, for beside it the other future is small.
            return Box::pin(load::load(self, selector, now)).await;
        }
        self.joint_load(selector, now, None).await
    }

    fn load_within<'a>(
        &'a self,
        selector: &'a Selector,
        now: UnixTime,
        limit: Duration,
    ) -> Option<impl Future<Output = Result<Option<Stored>, StoreError>> + Send> {
        let is_cluster = self.0.server.connection().is_cluster();
        (!is_cluster).then(|| self.joint_load(selector, now, Some(limit)))
    }

    async fn update(
        &self,
        selector: &Selector,
        expect: Version,
        change: &Change,
        now: UnixTime,
    ) -> Result<Updated, StoreError> {
        check_size(&change.payload)?;
        let bucket = Bucket::of(selector.tag());
        let next = expect.next();
        let keys = [&*self.0.keys.row(selector), &*self.0.keys.store_cutoff(bucket)];
        let mut call = self.0.scripts.update.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(&expect.number().to_be_bytes()[..])
            .arg(&next.number().to_be_bytes()[..])
            .arg(&time_bytes(change.idle_deadline)[..])
            .arg(&change.payload);
        match self.0.run_durably(bucket, &self.0.scripts.update, call).await? {
            Value::Int(0) => Ok(Updated::Gone),
            Value::Int(1) => Ok(Updated::Done(next)),
            Value::BulkString(row) => Ok(Updated::Conflict(Box::new(decode(*selector, &row)?))),
            _ => Err(unexpected()),
        }
    }

    async fn touch(
        &self,
        selector: &Selector,
        idle_deadline: UnixTime,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        let bucket = Bucket::of(selector.tag());
        let keys = [&*self.0.keys.row(selector), &*self.0.keys.store_cutoff(bucket)];
        let mut call = self.0.scripts.touch.call(&keys);
        call.arg(&time_bytes(now)[..]).arg(&time_bytes(idle_deadline)[..]);
        match self.0.run(bucket, &self.0.scripts.touch, call).await? {
            Value::Int(0) => Ok(Touched::Gone),
            Value::Int(1) => Ok(Touched::Done),
            _ => Err(unexpected()),
        }
    }

    async fn rotate(
        &self,
        selector: &Selector,
        old: &VerifierHash,
        rotation: &Rotation,
        now: UnixTime,
    ) -> Result<Rotated, StoreError> {
        let bucket = Bucket::of(selector.tag());
        let names = &self.0.keys;
        let optional = |time: Option<UnixTime>| time.map(time_bytes);
        let (fresh, absolute) = (
            optional(rotation.authenticated_at),
            optional(rotation.absolute_deadline),
        );
        let expect = rotation
            .data
            .as_ref()
            .map(|(version, _)| version.number().to_be_bytes());
        let payload = rotation.data.as_ref().map_or(&[][..], |(_, payload)| payload);
        check_size(payload)?;
        let keys = [&*names.row(selector), &*names.store_cutoff(bucket)];
        let mut call = self.0.scripts.rotate.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(&old.as_bytes()[..])
            .arg(&rotation.verifier_hash.as_bytes()[..])
            .arg(&[reason_byte(rotation.reason)][..])
            .arg(&time_bytes(rotation.idle_deadline)[..])
            .arg(fresh.as_ref().map_or(&[][..], |time| &time[..]))
            .arg(absolute.as_ref().map_or(&[][..], |time| &time[..]))
            .arg(expect.as_ref().map_or(&[][..], |version| &version[..]))
            .arg(payload)
            .arg(&*names.cutoffs(bucket))
            .arg(&*names.sets(bucket));
        match self.0.run_durably(bucket, &self.0.scripts.rotate, call).await? {
            Value::Int(0) => Ok(Rotated::Gone),
            Value::Int(2) => Ok(Rotated::Stale),
            Value::Int(3) => Ok(Rotated::Refused),
            Value::BulkString(version) => {
                let version = version.try_into().map_err(|_| unexpected())?;
                Ok(Rotated::Done(Version::from_number(u64::from_be_bytes(version))))
            }
            _ => Err(unexpected()),
        }
    }

    async fn delete(&self, selector: &Selector) -> Result<bool, StoreError> {
        let bucket = Bucket::of(selector.tag());
        let keys = [&*self.0.keys.row(selector)];
        let mut call = self.0.scripts.delete.call(&keys);
        call.arg(&*keys::member(selector)).arg(&*self.0.keys.sets(bucket));
        let answer = self.0.run_durably(bucket, &self.0.scripts.delete, call).await?;
        Ok(count(&answer)? > 0)
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        purge::purge_expired(&self.0, now, max).await
    }
}

impl SubjectIndex for RedisSessionStore {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        let bucket = Bucket::of(subject.tag());
        let first = page
            .after
            .map_or("-".into(), |after| format!("({}", keys::member(&after)));
        let keys = [&*self.0.keys.set(subject), &*self.0.keys.store_cutoff(bucket)];
        let mut call = self.0.scripts.list.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(&*first)
            .arg(page.size().to_string())
            .arg(subject.as_str())
            .arg(&*self.0.keys.rows(bucket))
            .arg(MAX_LISTED.to_string());
        let answer = self.0.run(bucket, &self.0.scripts.list, call).await?;
        let (next, sessions) = part_of_list(answer, decode)?;
        let next = match &*next {
            b"" => None,
            member => Some(keys::selector(member).ok_or_else(unexpected)?),
        };
        Ok(Listed { sessions, next })
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        if subject.tag() != selector.tag() {
            return Ok(false);
        }
        let bucket = Bucket::of(selector.tag());
        let keys = [&*self.0.keys.row(selector), &*self.0.keys.set(subject)];
        let mut call = self.0.scripts.delete_one.call(&keys);
        call.arg(&*keys::member(selector)).arg(subject.as_str());
        let answer = self
            .0
            .run_durably(bucket, &self.0.scripts.delete_one, call)
            .await?;
        Ok(count(&answer)? > 0)
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let bucket = Bucket::of(subject.tag());
        let names = &self.0.keys;
        let spared = except.map(keys::member).unwrap_or_default();
        let keys = [
            &*names.set(subject),
            &*names.cutoff(subject),
            &*names.store_cutoff(bucket),
        ];
        let mut call = self.0.scripts.delete_by_subject.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(now.as_millis().to_string())
            .arg(&*spared)
            .arg(subject.as_str())
            .arg(&*names.rows(bucket))
            .arg(&*self.0.cutoff_retention);
        let answer = self
            .0
            .run_durably(bucket, &self.0.scripts.delete_by_subject, call)
            .await?;
        count(&answer)
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        self.0.revoke_all(&self.0.scripts.revoke, now).await
    }
}

/// Prints neither addresses nor credentials.
impl fmt::Debug for RedisSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug("RedisSessionStore", f)
    }
}

pub(super) fn decode(selector: Selector, row: &[u8]) -> Result<Stored, StoreError> {
    Ok(row::decode(selector, row)?)
}

/// Whether the store-wide cut-off, as it was read, ends the session. One that cannot be read is no reason to serve it.
pub(super) fn is_cut_off(session: &Stored, cutoff: &Value) -> Result<bool, StoreError> {
    let cutoff = match cutoff {
        Value::Nil => return Ok(false),
        Value::BulkString(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    cutoff
        .map(|cutoff| session.is_cut_off(UnixTime::from_millis(cutoff)))
        .ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt, "a cut-off is no number"))
}

fn check_size(payload: &[u8]) -> Result<(), StoreError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(StoreErrorKind::TooLarge.into());
    }
    Ok(())
}
