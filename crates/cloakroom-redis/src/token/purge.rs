use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_error::StoreError;

use super::access;
use super::scripts::Scripts;
use crate::buckets::Buckets;
use crate::connection::Place;
use crate::keys::Kind;
use crate::script::time_bytes;
use crate::walk::{Purge, SWEPT, together};

/// Deletes families that are not live, access tokens that have ended by themselves, and entries of sets whose row is gone.
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
        let (names, scripts) = (&self.store.keys, &self.store.scripts);
        let now = &time_bytes(self.now)[..];
        let (mut families, mut tokens, mut sweeps) = (Vec::new(), Vec::new(), Vec::new());
        // A subject is text, so a key that is none was not written here.
        for key in found.iter().filter_map(|key| std::str::from_utf8(key).ok()) {
            match names.parse(key.as_bytes()) {
                Some((Kind::Row, bucket, member)) => {
                    let mut purge = scripts.purge_family.call(&[key, &*names.store_cutoff(bucket)]);
                    purge
                        .arg(now)
                        .arg(member)
                        .arg(&*names.cutoffs(bucket))
                        .arg(&*names.sets(bucket));
                    families.push((bucket, purge));
                }
                Some((Kind::Set, bucket, _)) => {
                    let mut sweep = scripts.sweep.call(&[key]);
                    sweep.arg(&*names.rows(bucket)).arg(SWEPT);
                    sweeps.push((bucket, sweep));
                }
                Some((Kind::Other, bucket, rest)) if access::is_record(rest) => {
                    let mut purge = scripts.purge_access.call(&[key]);
                    purge.arg(now);
                    tokens.push((bucket, purge));
                }
                Some((Kind::Other, ..)) | None => {}
            }
        }
        let mut purged = 0;
        for (script, calls) in [(&scripts.purge_family, families), (&scripts.purge_access, tokens)] {
            let mut calls = calls.into_iter();
            // Most are live: as many go at a time as may be purged.
            while purged < max {
                let most = usize::try_from(max - purged).unwrap_or(usize::MAX);
                let batch: Vec<_> = calls.by_ref().take(most).collect();
                if batch.is_empty() {
                    break;
                }
                purged += together(&self.store.server, master, script, batch).await?;
            }
        }
        together(&self.store.server, master, &scripts.sweep, sweeps).await?;
        Ok(purged)
    }
}
