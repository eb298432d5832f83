use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use cloakroom_store::{Round, StoreError, Stored};
use redis::{Cmd, Value};

use super::store::{RedisSessionStore, decode, is_cut_off};
use crate::connection::Place;
use crate::keys::Bucket;
use crate::master::array;
use crate::server::unexpected;

/// What a key and its length take of a command, about.
const KEY: usize = 70;

/// A row and the store-wide cut-off beside it, as they were read.
pub(super) struct Found {
    row: Vec<u8>,
    cutoff: Value,
}

impl Found {
    /// The session, if it is live. This is for the thread of who waits for it: what it takes of memory is freed there.
    pub(super) fn session(self, selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        let session = decode(*selector, &self.row)?;
        Ok((session.is_live(now) && !is_cut_off(&session, &self.cutoff)?).then_some(session))
    }
}

/// Answers a round of loads by one command.
pub(super) async fn answer(store: RedisSessionStore, round: Round<Option<Found>>) {
    let loads = round.take();
    if loads.is_empty() {
        return;
    }
    match values(&store, loads.selectors()).await {
        Ok(values) => {
            let mut values = values.into_iter();
            loads.answer(|_, _| found(&mut values));
        }
        Err(error) => loads.answer(|_, _| Err(error.clone())),
    }
}

/// The live session of one selector.
pub(super) async fn load(
    store: &RedisSessionStore,
    selector: &Selector,
    now: UnixTime,
) -> Result<Option<Stored>, StoreError> {
    let values = values(store, [selector].into_iter()).await?;
    match found(&mut values.into_iter())? {
        Some(found) => found.session(selector, now),
        None => Ok(None),
    }
}

/// The row of each selector and the cut-off of its bucket, which lie in one place.
async fn values<'a>(
    store: &RedisSessionStore,
    selectors: impl ExactSizeIterator<Item = &'a Selector>,
) -> Result<Vec<Value>, StoreError> {
    let store = store.buckets();
    let count = 2 * selectors.len();
    let mut command = Cmd::with_capacity(1 + count, count * KEY);
    command.arg("MGET");
    let mut at = Place::of_slot(0);
    let mut key = String::with_capacity(2 * KEY);
    for selector in selectors {
        let bucket = Bucket::of(selector.tag());
        at = bucket.place();
        key.clear();
        store.keys.write_row(&mut key, selector);
        command.arg(&*key);
        key.clear();
        store.keys.write_store_cutoff(&mut key, bucket);
        command.arg(&*key);
    }
    let values = array(store.server.command(at, &command).await?)?;
    if values.len() == count {
        Ok(values)
    } else {
        Err(unexpected())
    }
}

/// The next row and its cut-off.
fn found(values: &mut impl Iterator<Item = Value>) -> Result<Option<Found>, StoreError> {
    match values.next().zip(values.next()) {
        Some((Value::BulkString(row), cutoff)) => Ok(Some(Found { row, cutoff })),
        Some((Value::Nil, _)) => Ok(None),
        _ => Err(unexpected()),
    }
}
