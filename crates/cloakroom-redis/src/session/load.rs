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

/// Answers a round of loads by one command.
pub(super) async fn answer(store: RedisSessionStore, round: Round) {
    let loads = round.take();
    if loads.is_empty() {
        return;
    }
    match values(&store, loads.selectors()).await {
        Ok(values) => {
            let mut values = values.into_iter();
            loads.answer(|selector, now| session(selector, now, &mut values));
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
    session(selector, now, &mut values.into_iter())
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
    for selector in selectors {
        let bucket = Bucket::of(selector.tag());
        at = bucket.place();
        command
            .arg(store.keys.row(selector))
            .arg(store.keys.store_cutoff(bucket));
    }
    let values = array(store.server.command(at, &command).await?)?;
    if values.len() == count {
        Ok(values)
    } else {
        Err(unexpected())
    }
}

/// The session of the next row and its cut-off.
fn session(
    selector: &Selector,
    now: UnixTime,
    values: &mut impl Iterator<Item = Value>,
) -> Result<Option<Stored>, StoreError> {
    let (row, cutoff) = values.next().zip(values.next()).ok_or_else(unexpected)?;
    let row = match row {
        Value::BulkString(row) => row,
        Value::Nil => return Ok(None),
        _ => return Err(unexpected()),
    };
    let session = decode(*selector, &row)?;
    Ok((session.is_live(now) && !is_cut_off(&session, &cutoff)?).then_some(session))
}
