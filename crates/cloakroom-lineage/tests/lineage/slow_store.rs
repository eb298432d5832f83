use std::future::pending;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloakroom_lineage::cloakroom_core::UnixTime;
use cloakroom_lineage::cloakroom_revocation::{
    Credential, Denial, Denied, Fleet, Found, RevocationStore, StoreError, StoreErrorKind,
};
use tokio::time::sleep;

/// A store that is asked and never answers, answers with an error, or answers late.
#[derive(Clone, Default)]
pub(crate) struct SlowStore {
    pub(crate) asked: Arc<AtomicUsize>,
    pub(crate) fails: bool,
    pub(crate) late: Option<(Duration, Found)>,
}

impl RevocationStore for SlowStore {
    fn fleet(&self) -> Fleet {
        Fleet::default()
    }

    async fn deny(&self, _: &Denial, _: UnixTime) -> Result<Denied, StoreError> {
        Err(StoreErrorKind::Unavailable.into())
    }

    async fn cut_off(&self, _: &str, _: &str, _: UnixTime) -> Result<UnixTime, StoreError> {
        Err(StoreErrorKind::Unavailable.into())
    }

    async fn revoke_all(&self, _: UnixTime) -> Result<UnixTime, StoreError> {
        Err(StoreErrorKind::Unavailable.into())
    }

    async fn look_up(&self, _: &Credential<'_>) -> Result<Found, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.fails {
            return Err(StoreErrorKind::Unavailable.into());
        }
        match self.late {
            Some((after, found)) => {
                sleep(after).await;
                Ok(found)
            }
            None => pending().await,
        }
    }

    async fn look_up_settled(&self, credential: &Credential<'_>) -> Result<Found, StoreError> {
        self.look_up(credential).await
    }

    async fn purge(&self, _: UnixTime, _: NonZeroU32) -> Result<u64, StoreError> {
        Err(StoreErrorKind::Unavailable.into())
    }
}
