use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_store::{StoreError, StoreErrorKind};
use redis::{Cmd, Value};

use crate::connection::Place;
use crate::error::store_error;
use crate::keys::{self, Bucket, Kind};
use crate::master::{array, bytes, masters};
use crate::row::time_bytes;
use crate::script::Lua;
use crate::store::{RedisSessionStore, count, decode, is_cut_off, unexpected};

/// How many keys a server is asked to look at in one step.
const STEP: u32 = 500;
/// After how many keys of its own a purge rests, whatever it has found.
const BUDGET: usize = 100_000;
/// How many entries of a subject's set are looked at each time it is met.
const SWEPT: u32 = 256;
/// How much of a row is read to judge it: what comes before the payload.
const HEAD_END: u32 = 131 + 254;

/// Where a walk over all keys stands: on which master, and at which cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Walk {
    master: usize,
    cursor: Vec<u8>,
}

impl Walk {
    pub(crate) fn beginning() -> Self {
        Self {
            master: 0,
            cursor: b"0".into(),
        }
    }
}

/// Walks the store's keys on every master, and deletes rows that are not live and entries of sets whose row is gone.
///
/// A walk goes on where the last one stopped, was dropped or failed, so that a large store is purged in parts. It ends
/// when it has been everywhere.
pub(crate) async fn purge_expired(
    store: &RedisSessionStore,
    now: UnixTime,
    max: NonZeroU32,
) -> Result<u64, StoreError> {
    let max = u64::from(max.get());
    let masters = masters(store.connection()).await?;
    let mut walk = store.walk();
    let mut has_begun_anew = walk == Walk::beginning();
    let (mut purged, mut examined) = (0, 0);
    loop {
        let Some(master) = masters.get(walk.master) else {
            walk = Walk::beginning();
            store.set_walk(walk.clone());
            if has_begun_anew {
                return Ok(purged);
            }
            has_begun_anew = true;
            continue;
        };
        let (next, found) = scan(store, master.place(), &walk.cursor).await?;
        examined += found.len();
        purged += purge_found(store, master.place(), &found, now, max - purged).await?;
        if purged >= max {
            // There may be more in this step.
            return Ok(purged);
        }
        walk = if next == b"0" {
            Walk {
                master: walk.master + 1,
                ..Walk::beginning()
            }
        } else {
            Walk { cursor: next, ..walk }
        };
        store.set_walk(walk.clone());
        if examined >= BUDGET {
            return Ok(purged);
        }
    }
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
    let (mut rows, mut sweeps) = (Vec::new(), Vec::new());
    // A subject is text, so a key that is none was not written here.
    for key in found.iter().filter_map(|key| std::str::from_utf8(key).ok()) {
        match store.keys().parse(key.as_bytes()) {
            Some((Kind::Row, bucket, member)) => rows.push((key, bucket, member)),
            Some((Kind::Set, bucket, _)) => {
                let mut sweep = store.scripts().sweep.call(&[key]);
                sweep.arg(&*store.keys().rows(bucket)).arg(SWEPT);
                sweeps.push((bucket, sweep));
            }
            Some((Kind::Other, ..)) | None => {}
        }
    }
    let mut calls = Vec::new();
    for (key, bucket, member) in dead(store, master, &rows, now).await? {
        // The script judges again: the row may have been touched since.
        let mut purge = store
            .scripts()
            .purge
            .call(&[key, &*store.keys().store_cutoff(bucket)]);
        purge
            .arg(&time_bytes(now)[..])
            .arg(member)
            .arg(&*store.keys().sets(bucket));
        calls.push((bucket, purge));
        if calls.len() as u64 == max {
            break;
        }
    }
    let purged = together(store, master, &store.scripts().purge, calls).await?;
    together(store, master, &store.scripts().sweep, sweeps).await?;
    Ok(purged)
}

/// Makes calls that travel together, and adds up their answers. What is corrupt is left for somebody to look at.
async fn together(
    store: &RedisSessionStore,
    master: Place,
    script: &Lua,
    calls: Vec<(Bucket, Cmd)>,
) -> Result<u64, StoreError> {
    if calls.is_empty() {
        return Ok(0);
    }
    let (buckets, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
    let answers = store
        .connection()
        .commands(master, &calls)
        .await
        .map_err(store_error)?;
    let mut total = 0;
    for ((bucket, call), answer) in buckets.into_iter().zip(calls).zip(answers) {
        let answer = match answer {
            // The script may be unknown yet, or the slot have moved.
            Value::ServerError(_) => store.run(bucket, script, call).await,
            answer => Ok(answer),
        };
        match answer {
            Ok(answer) => total += count(&answer)?,
            Err(error) if error.kind() == StoreErrorKind::Corrupt => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

type Row<'a> = (&'a str, Bucket, &'a [u8]);

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
        head.arg(*key).arg(0).arg(HEAD_END);
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
