use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use cloakroom_error::StoreError;
use redis::Value;

use crate::connection::{Connection, Place};
use crate::error::store_error;
use crate::server::unexpected;

/// One of the servers that hold a store's keys, by the slots it holds.
pub(crate) struct Master(Vec<RangeInclusive<u16>>);

impl Master {
    /// A place that it holds.
    pub(crate) fn place(&self) -> Place {
        Place::of_slot(self.0.first().map_or(0, |range| *range.start()))
    }

    /// Whether it holds this one.
    pub(crate) fn holds(&self, place: Place) -> bool {
        self.0.iter().any(|range| range.contains(&place.slot()))
    }
}

/// The server, or the masters of the Cluster as one of them knows them.
pub(crate) async fn masters(connection: &Connection) -> Result<Vec<Master>, StoreError> {
    if !connection.is_cluster() {
        return Ok(vec![Master(vec![0..=u16::MAX])]);
    }
    let mut slots = redis::cmd("CLUSTER");
    slots.arg("SLOTS");
    let answer = connection.command(Place::of_slot(0), &slots).await;
    let answer = answer.map_err(store_error)?;
    // Each range is its first slot, its last one, the master and the replicas; a node is its address, port and id.
    let mut masters = BTreeMap::<Vec<u8>, Vec<RangeInclusive<u16>>>::new();
    for range in array(answer)? {
        let range = array(range)?;
        let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = &range[..] else {
            return Err(unexpected());
        };
        let slot = |slot: i64| u16::try_from(slot).map_err(|_| unexpected());
        let id = match master.get(2) {
            Some(Value::BulkString(id)) => id.clone(),
            _ => return Err(unexpected()),
        };
        masters.entry(id).or_default().push(slot(*first)?..=slot(*last)?);
    }
    Ok(masters.into_values().map(Master).collect())
}

pub(crate) fn array(value: Value) -> Result<Vec<Value>, StoreError> {
    match value {
        Value::Array(values) => Ok(values),
        _ => Err(unexpected()),
    }
}

pub(crate) fn bytes(value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(unexpected()),
    }
}
