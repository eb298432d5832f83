use cloakroom_core::UnixTime;
use cloakroom_error::StoreError;
use redis::{Cmd, Value};

use crate::error::store_error;
use crate::keys::{Bucket, Keys};
use crate::master::masters;
use crate::script::{Lua, time_bytes};
use crate::server::Server;

/// How many copies are written by commands that travel together.
const TOGETHER: usize = 512;

/// Writes the store-wide cut-off into every bucket, and waits for replicas at the end, on every master.
pub(crate) async fn write_everywhere(
    server: &Server,
    keys: &Keys,
    script: &Lua,
    cutoff: UnixTime,
) -> Result<(), StoreError> {
    let masters = masters(server.connection()).await?;
    let mut left: Vec<_> = Bucket::all().collect();
    for master in &masters {
        let (here, elsewhere) = left.into_iter().partition(|bucket| master.holds(bucket.place()));
        let here: Vec<Bucket> = here;
        left = elsewhere;
        // By itself, because a server that was started anew does not know the script: alone it is told what it is.
        let Some((first, others)) = here.split_first() else {
            continue;
        };
        server
            .run(first.place(), script, call(keys, script, *first, cutoff))
            .await?;
        for buckets in others.chunks(TOGETHER) {
            let calls: Vec<_> = buckets
                .iter()
                .map(|bucket| call(keys, script, *bucket, cutoff))
                .collect();
            let answers = server.connection().commands(master.place(), &calls).await;
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
        server
            .run(bucket.place(), script, call(keys, script, bucket, cutoff))
            .await?;
    }
    let Some(wait) = server.wait_after_all() else {
        return Ok(());
    };
    for master in &masters {
        server.confirmed(&server.command(master.place(), &wait).await?)?;
    }
    Ok(())
}

fn call(keys: &Keys, script: &Lua, bucket: Bucket, cutoff: UnixTime) -> Cmd {
    let mut call = script.call(&[&*keys.store_cutoff(bucket)]);
    call.arg(&time_bytes(cutoff)[..])
        .arg(cutoff.as_millis().to_string());
    call
}
