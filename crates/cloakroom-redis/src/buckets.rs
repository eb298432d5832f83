use std::fmt;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_error::StoreError;
use cloakroom_id::Selector;
use redis::{Cmd, Value};

use crate::keys::{self, Bucket, Keys};
use crate::script::Lua;
use crate::server::{Server, unexpected};
use crate::store_cutoff::write_everywhere;
use crate::walk::{Purge, Walk};

/// What a store has whose rows lie in the buckets of their subjects, and whose scripts are `S`.
pub(crate) struct Buckets<S> {
    pub(crate) keys: Keys,
    pub(crate) scripts: S,
    pub(crate) server: Server,
    /// In milliseconds, as the scripts are given it.
    pub(crate) cutoff_retention: String,
    walk: Walk,
}

impl<S: Sync> Buckets<S> {
    pub(crate) fn new(keys: Keys, scripts: S, server: Server, cutoff_retention: Duration) -> Self {
        // A server refuses times to live that overflow; 10^15 ms are 30,000 years.
        let retention = cutoff_retention.as_millis().clamp(1, 1_000_000_000_000_000);
        Self {
            keys,
            scripts,
            server,
            cutoff_retention: retention.to_string(),
            walk: Walk::new(),
        }
    }

    pub(crate) async fn run(&self, bucket: Bucket, script: &Lua, call: Cmd) -> Result<Value, StoreError> {
        self.server.run(bucket.place(), script, call).await
    }

    pub(crate) async fn run_durably(
        &self,
        bucket: Bucket,
        script: &Lua,
        call: Cmd,
    ) -> Result<Value, StoreError> {
        self.server.run_durably(bucket.place(), script, call).await
    }

    /// Sets the store-wide cut-off by this script.
    pub(crate) async fn revoke_all(&self, script: &Lua, cutoff: UnixTime) -> Result<(), StoreError> {
        write_everywhere(&self.server, &self.keys, script, cutoff).await
    }

    /// Goes on with the purge where the last one ended.
    pub(crate) async fn purge(&self, purge: &impl Purge, max: u64) -> Result<u64, StoreError> {
        self.walk.go_on(&self.server, &self.keys, purge, max).await
    }

    /// Writes the `Debug` of the store called `name`, with neither addresses nor credentials.
    pub(crate) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("keys", &self.keys)
            .field("cluster", &self.server.connection().is_cluster())
            .field("min_replicas", &self.server.min_replicas())
            .finish_non_exhaustive()
    }
}

/// What a script answers for a part of a list: the member behind which the next part begins, empty at the end, and then
/// each member with its row.
pub(crate) fn part_of_list<T>(
    answer: Value,
    decode: impl Fn(Selector, &[u8]) -> Result<T, StoreError>,
) -> Result<(Vec<u8>, Vec<T>), StoreError> {
    let Value::Array(answers) = answer else {
        return Err(unexpected());
    };
    let mut answers = answers.into_iter().map(|answer| match answer {
        Value::BulkString(bytes) => Ok(bytes),
        _ => Err(unexpected()),
    });
    let next = answers.next().unwrap_or_else(|| Err(unexpected()))?;
    let mut rows = Vec::with_capacity(answers.len() / 2);
    while let (Some(member), Some(row)) = (answers.next(), answers.next()) {
        let selector = keys::selector(&member?).ok_or_else(unexpected)?;
        rows.push(decode(selector, &row?)?);
    }
    Ok((next, rows))
}
