use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_store::{StoreError, StoreErrorKind};
use redis::{Cmd, Value};

use crate::connection::Place;
use crate::error::store_error;
use crate::keys::{self, Bucket, Kind};
use crate::master::{array, bytes, masters};
use crate::row::time_bytes;
use crate::store::{RedisSessionStore, count, decode, is_cut_off, unexpected};

/// How many keys a server is asked to look at in one step.
const STEP: u32 = 500;
/// How many entries of a subject's set are looked at each time it is met.
const SWEPT: u32 = 256;
/// How much of a row is read to judge it: what comes before the payload.
const HEAD_END: u32 = 131 + 254;

/// Walks the store's keys on every master, and deletes rows that are not live and entries of sets whose row is gone.
pub(crate) async fn purge_expired(
    store: &RedisSessionStore,
    now: UnixTime,
    max: NonZeroU32,
) -> Result<u64, StoreError> {
    let max = u64::from(max.get());
    let mut purged = 0;
    for master in masters(store).await? {
        let master = master.place();
        let mut cursor = b"0".to_vec();
        loop {
            let (next, found) = scan(store, master, &cursor).await?;
            purged += purge_found(store, master, &found, now, max - purged).await?;
            cursor = next;
            if purged >= max {
                return Ok(purged);
            }
            if cursor == b"0" {
                break;
            }
        }
    }
    Ok(purged)
}

/// One step of a walk: where the next begins, and the store's keys that this one met.
async fn scan(
    store: &RedisSessionStore,
    master: Place,
    cursor: &[u8],
) -> Result<(Vec<u8>, Vec<Vec<u8>>), StoreError> {
    let mut command = redis::cmd("SCAN");
    command.arg(cursor).arg("MATCH").arg(store.keys().pattern());
    command.arg("COUNT").arg(STEP);
    let answer = store
        .connection()
        .command(master, &command)
        .await
        .map_err(store_error)?;
    let [cursor, found] = <[Value; 2]>::try_from(array(answer)?).map_err(|_| unexpected())?;
    let found = array(found)?.into_iter().map(bytes).collect::<Result<_, _>>()?;
    Ok((bytes(cursor)?, found))
}

/// Purges what one step found.
async fn purge_found(
    store: &RedisSessionStore,
    master: Place,
    found: &[Vec<u8>],
    now: UnixTime,
    max: u64,
) -> Result<u64, StoreError> {
    let mut rows = Vec::new();
    for key in found {
        match store.keys().parse(key) {
            Some((Kind::Row, bucket, member)) => rows.push((key, bucket, member)),
            Some((Kind::Set, bucket, _)) => sweep(store, bucket, key).await?,
            Some((Kind::Other, ..)) | None => {}
        }
    }
    let mut purged = 0;
    for (key, bucket, member) in dead(store, master, &rows, now).await? {
        if purged == max {
            break;
        }
        let Ok(key) = std::str::from_utf8(key) else {
            continue;
        };
        let keys = [key, &*store.keys().store_cutoff(bucket)];
        let mut call = store.scripts().purge.call(&keys);
        call.arg(&time_bytes(now)[..])
            .arg(member)
            .arg(&*store.keys().sets(bucket));
        // The script judges again: the row may have been touched since.
        match store.run(bucket, &store.scripts().purge, call).await {
            Ok(answer) => purged += count(&answer)?,
            Err(error) if error.kind() == StoreErrorKind::Corrupt => {}
            Err(error) => return Err(error),
        }
    }
    Ok(purged)
}

type Row<'a> = (&'a Vec<u8>, Bucket, &'a [u8]);

/// Those of `rows` that seem not to be live, by plain reads that travel together.
async fn dead<'a>(
    store: &RedisSessionStore,
    master: Place,
    rows: &[Row<'a>],
    now: UnixTime,
) -> Result<Vec<Row<'a>>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut commands = Vec::<Cmd>::with_capacity(rows.len() * 2);
    for (key, bucket, _) in rows {
        let mut head = redis::cmd("GETRANGE");
        head.arg(key.as_slice()).arg(0).arg(HEAD_END);
        let mut cutoff = redis::cmd("GET");
        cutoff.arg(store.keys().store_cutoff(*bucket));
        commands.extend([head, cutoff]);
    }
    let answers = store
        .connection()
        .commands(master, &commands)
        .await
        .map_err(store_error)?;
    let dead = rows.iter().zip(answers.chunks_exact(2)).filter(|(row, answers)| {
        // What cannot be read is left for somebody to look at; the purge goes on.
        let [Value::BulkString(head), cutoff] = answers else {
            return false;
        };
        keys::selector(row.2)
            .and_then(|selector| decode(selector, head).ok())
            .is_some_and(|session| !session.is_live(now) || is_cut_off(&session, cutoff).unwrap_or(false))
    });
    Ok(dead.map(|(row, _)| *row).collect())
}

/// Removes entries without a row from a set.
async fn sweep(store: &RedisSessionStore, bucket: Bucket, set: &[u8]) -> Result<(), StoreError> {
    let Ok(set) = std::str::from_utf8(set) else {
        return Ok(());
    };
    let rows = store.keys().rows(bucket);
    let mut call = store.scripts().sweep.call(&[set]);
    call.arg(&*rows).arg(SWEPT);
    match store.run(bucket, &store.scripts().sweep, call).await {
        Err(error) if error.kind() != StoreErrorKind::Corrupt => Err(error),
        _ => Ok(()),
    }
}
