use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_store::StoreError;
use redis::{Cmd, Value};

use super::scripts::Scripts;
use super::store::{decode, is_cut_off};
use crate::buckets::Buckets;
use crate::connection::Place;
use crate::error::store_error;
use crate::keys::{self, Bucket, Kind};
use crate::script::time_bytes;
use crate::walk::{Purge, SWEPT, together};

/// How much of a row is read to judge it: what comes before the payload.
const HEAD_END: u32 = 131 + 254;

/// Deletes sessions that are not live, and entries of sets whose row is gone.
pub(super) async fn purge_expired(
    store: &Buckets<Scripts>,
    now: UnixTime,
    max: NonZeroU32,
) -> Result<u64, StoreError> {
    store.purge(&Purged { store, now }, max.get().into()).await
}

struct Purged<'a> {
    store: &'a Buckets<Scripts>,
    now: UnixTime,
}

impl Purge for Purged<'_> {
    async fn purge_found(&self, master: Place, found: &[Vec<u8>], max: u64) -> Result<u64, StoreError> {
        let (store, now) = (self.store, self.now);
        let (mut rows, mut sweeps) = (Vec::new(), Vec::new());
        // A subject is text, so a key that is none was not written here.
        for key in found.iter().filter_map(|key| std::str::from_utf8(key).ok()) {
            match store.keys.parse(key.as_bytes()) {
                Some((Kind::Row, bucket, member)) => rows.push((key, bucket, member)),
                Some((Kind::Set, bucket, _)) => {
                    let mut sweep = store.scripts.sweep.call(&[key]);
                    sweep.arg(&*store.keys.rows(bucket)).arg(SWEPT);
                    sweeps.push((bucket, sweep));
                }
                Some((Kind::Other, ..)) | None => {}
            }
        }
        let mut calls = Vec::new();
        for (key, bucket, member) in dead(store, master, &rows, now).await? {
            // The script judges again: the row may have been touched since.
            let mut purge = store
                .scripts
                .purge
                .call(&[key, &*store.keys.store_cutoff(bucket)]);
            purge
                .arg(&time_bytes(now)[..])
                .arg(member)
                .arg(&*store.keys.sets(bucket));
            calls.push((bucket, purge));
            if calls.len() as u64 == max {
                break;
            }
        }
        let purged = together(&store.server, master, &store.scripts.purge, calls).await?;
        together(&store.server, master, &store.scripts.sweep, sweeps).await?;
        Ok(purged)
    }
}

type Row<'a> = (&'a str, Bucket, &'a [u8]);

/// Those of `rows` that seem not to be live, by plain reads that travel together.
async fn dead<'a>(
    store: &Buckets<Scripts>,
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
        cutoff.arg(store.keys.store_cutoff(*bucket));
        commands.extend([head, cutoff]);
    }
    let answers = store.server.connection().commands(master, &commands).await;
    let answers = answers.map_err(store_error)?;
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
