use cloakroom_core::UnixTime;
use cloakroom_error::StoreError;
use cloakroom_id::{Selector, Subject, SubjectTag, TokenHash};
use cloakroom_token::{AccessToken, Client, Created};
use redis::Value;

use super::row::{decode_access, encode_access};
use super::scripts::Scripts;
use crate::buckets::Buckets;
use crate::keys::{Bucket, Keys, push_digits};
use crate::script::time_bytes;
use crate::server::{count, unexpected};

/// What stands behind the hash tag of an access token's key.
const RECORD: &str = ":a:";

/// How much longer than itself the record of an access token lives, for clocks that disagree.
const SPARE_MILLIS: i64 = 60_000;

/// Whether what follows the hash tag is an access token's.
pub(super) fn is_record(rest: &[u8]) -> bool {
    rest.starts_with(RECORD.as_bytes())
}

/// What decides about an access token beside its own end. In a Cluster it lies elsewhere than the record.
struct Lineage<'a> {
    subject: &'a Subject,
    authenticated_at: UnixTime,
    family: Option<&'a Selector>,
}

impl<'a> Lineage<'a> {
    fn of(token: &'a AccessToken) -> Self {
        Self {
            subject: &token.subject,
            authenticated_at: token.authenticated_at,
            family: token.family.as_ref(),
        }
    }
}

pub(super) async fn create(
    store: &Buckets<Scripts>,
    token: &AccessToken,
    now: UnixTime,
) -> Result<Created, StoreError> {
    let (bucket, key) = record(&store.keys, &token.hash);
    let (row, time) = (encode_access(token), time_to_live(token.expires_at, now));
    if store.server.connection().is_cluster() {
        // What ends its subject or its family between the two is seen by each load.
        if !stands(store, &Lineage::of(token), now).await? {
            return Ok(Created::Refused);
        }
        let mut call = store.scripts.put_access.call(&[&key]);
        call.arg(row).arg(time);
        let answer = store
            .server
            .run_durably(bucket.place(), &store.scripts.put_access, call);
        return created(&answer.await?);
    }
    let mut call = store.scripts.create_access.call(&[&key]);
    call.arg(store.keys.prefix())
        .arg(&time_bytes(now)[..])
        .arg(&time_bytes(token.authenticated_at)[..])
        .arg(&token.subject.tag().as_bytes()[..])
        .arg(token.subject.as_str())
        .arg(token.family.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]))
        .arg(row)
        .arg(time);
    let answer = store
        .server
        .run_durably(bucket.place(), &store.scripts.create_access, call);
    created(&answer.await?)
}

pub(super) async fn load(
    store: &Buckets<Scripts>,
    hash: &TokenHash,
    now: UnixTime,
) -> Result<Option<AccessToken>, StoreError> {
    let (bucket, key) = record(&store.keys, hash);
    if store.server.connection().is_cluster() {
        let mut get = redis::cmd("GET");
        let found = match store.server.command(bucket.place(), get.arg(key)).await? {
            Value::Nil => return Ok(None),
            Value::BulkString(row) => decode_access(hash, &row)?,
            _ => return Err(unexpected()),
        };
        let is_live = now < found.expires_at && stands(store, &Lineage::of(&found), now).await?;
        return Ok(is_live.then_some(found));
    }
    let mut call = store.scripts.load_access.call(&[&key]);
    call.arg(store.keys.prefix()).arg(&time_bytes(now)[..]);
    let answer = store.server.run(bucket.place(), &store.scripts.load_access, call);
    match answer.await? {
        Value::Int(0) => Ok(None),
        Value::BulkString(row) => decode_access(hash, &row).map(Some),
        _ => Err(unexpected()),
    }
}

pub(super) async fn end(
    store: &Buckets<Scripts>,
    hash: &TokenHash,
    client: &Client,
) -> Result<bool, StoreError> {
    let (bucket, key) = record(&store.keys, hash);
    let mut call = store.scripts.end_access.call(&[&key]);
    call.arg(client.as_str());
    let answer = store
        .server
        .run_durably(bucket.place(), &store.scripts.end_access, call);
    Ok(count(&answer.await?)? > 0)
}

/// Asks the slot of the subject, and that of the family if it is another.
async fn stands(store: &Buckets<Scripts>, lineage: &Lineage<'_>, now: UnixTime) -> Result<bool, StoreError> {
    let tag = lineage.subject.tag();
    let elsewhere = lineage
        .family
        .filter(|id| Bucket::of(id.tag()) != Bucket::of(tag));
    let beside = lineage.family.filter(|_| elsewhere.is_none());
    let subject = lineage.subject.as_str();
    if !asked(store, tag, lineage.authenticated_at, subject, beside, now).await? {
        return Ok(false);
    }
    match elsewhere {
        None => Ok(true),
        Some(id) => asked(store, id.tag(), lineage.authenticated_at, "", Some(id), now).await,
    }
}

async fn asked(
    store: &Buckets<Scripts>,
    tag: SubjectTag,
    authenticated_at: UnixTime,
    subject: &str,
    family: Option<&Selector>,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let bucket = Bucket::of(tag);
    let script = &store.scripts.stands;
    let mut call = script.call(&[&*store.keys.store_cutoff(bucket)]);
    call.arg(store.keys.prefix())
        .arg(&time_bytes(now)[..])
        .arg(&time_bytes(authenticated_at)[..])
        .arg(&tag.as_bytes()[..])
        .arg(subject)
        .arg(family.map_or(&[][..], |id| &id.as_bytes()[..]));
    Ok(count(&store.server.run(bucket.place(), script, call).await?)? > 0)
}

fn created(answer: &Value) -> Result<Created, StoreError> {
    match answer {
        Value::Int(0) => Ok(Created::Exists),
        Value::Int(1) => Ok(Created::Done),
        Value::Int(2) => Ok(Created::Refused),
        _ => Err(unexpected()),
    }
}

/// Where a record lies, by the first bits of its hash, and its key.
fn record(keys: &Keys, hash: &TokenHash) -> (Bucket, String) {
    let [a, b, ..] = *hash.as_bytes();
    let bucket = Bucket::of(SubjectTag::from_bytes([a, b]));
    let mut key = keys.name(bucket, RECORD, 64);
    push_digits(&mut key, hash.as_bytes());
    (bucket, key)
}

fn time_to_live(end: UnixTime, now: UnixTime) -> i64 {
    let left = end.as_millis().saturating_sub(now.as_millis());
    // A server refuses times to live that overflow; 10^15 ms are 30,000 years.
    left.clamp(0, 1_000_000_000_000_000) + SPARE_MILLIS
}
