use cloakroom_core::UnixTime;
use cloakroom_store::StoreError;
use redis::{Cmd, Value};

use crate::error::store_error;
use crate::keys::Bucket;
use crate::master::masters;
use crate::row::time_bytes;
use crate::store::{RedisSessionStore, place};

/// How many copies are written by commands that travel together.
const TOGETHER: usize = 512;

/// Writes the store-wide cut-off into every bucket, and waits for replicas at the end, on every master.
pub(crate) async fn revoke_all(store: &RedisSessionStore, now: UnixTime) -> Result<(), StoreError> {
    let masters = masters(store.connection()).await?;
    let mut left: Vec<_> = Bucket::all().collect();
    for master in &masters {
        let (here, elsewhere) = left.into_iter().partition(|bucket| master.holds(place(*bucket)));
        let here: Vec<Bucket> = here;
        left = elsewhere;
        // By itself, because a server that was started anew does not know the script: alone it is told what it is.
        let Some((first, others)) = here.split_first() else {
            continue;
        };
        let script = &store.scripts().revoke;
        store.run(*first, script, call(store, *first, now)).await?;
        for buckets in others.chunks(TOGETHER) {
            let calls: Vec<_> = buckets.iter().map(|bucket| call(store, *bucket, now)).collect();
            let answers = store.connection().commands(master.place(), &calls).await;
            let answers = answers.map_err(store_error)?;
            let failed = buckets
                .iter()
                .zip(answers)
                .filter(|(_, answer)| !matches!(answer, Value::Int(_)));
            left.extend(failed.map(|(bucket, _)| *bucket));
        }
    }
    // Slots may have moved meanwhile.
    for bucket in left {
        let script = &store.scripts().revoke;
        store.run(bucket, script, call(store, bucket, now)).await?;
    }
    let Some(wait) = store.wait_after_all() else {
        return Ok(());
    };
    for master in &masters {
        let replicas = store.connection().command(master.place(), &wait).await;
        store.confirmed(&replicas.map_err(store_error)?)?;
    }
    Ok(())
}

fn call(store: &RedisSessionStore, bucket: Bucket, now: UnixTime) -> Cmd {
    let mut call = store
        .scripts()
        .revoke
        .call(&[&*store.keys().store_cutoff(bucket)]);
    call.arg(&time_bytes(now)[..]).arg(now.as_millis().to_string());
    call
}
