use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use cloakroom_core::UnixTime;
use cloakroom_revocation::{Credential, Found, Refused, RevocationStore, StoreErrorKind};
use tokio::sync::Semaphore;

use crate::within::within;

/// How many look-ups are under way at a time: a store that has just come back is not asked for everybody at once.
const AT_ONCE: usize = 64;
/// How long one may take, waiting for its turn included.
const PATIENCE: Duration = Duration::from_millis(250);

/// Asks the store itself while no snapshot is fresh.
pub(crate) struct LookUp {
    store: Box<dyn Finds>,
    permits: Semaphore,
    max_skew: Duration,
}

impl LookUp {
    pub(crate) fn new(store: impl RevocationStore, max_skew: Duration) -> Self {
        Self {
            store: Box::new(store),
            permits: Semaphore::new(AT_ONCE),
            max_skew,
        }
    }

    /// What the store knows of the credential; `Err` when there is no answer, and why.
    pub(crate) async fn ask(
        &self,
        credential: &Credential<'_>,
        now: impl Fn() -> UnixTime,
    ) -> Result<Result<(), Refused>, Option<StoreErrorKind>> {
        let asked = now();
        let found = within(PATIENCE, async {
            let _permit = self.permits.acquire().await.ok();
            self.store.find(credential).await
        })
        .await
        .map_err(|error| Some(error.kind()))?;
        let received = now();
        // By a clock that is off nobody can be judged.
        let earliest = asked.saturating_sub(self.max_skew);
        let latest = received.saturating_add(self.max_skew);
        if found.time < earliest || found.time > latest {
            return Err(None);
        }
        let is_cut_off = match (found.cutoff, credential.issued_at) {
            (Some(cutoff), Some(issued_at)) => issued_at <= cutoff,
            (Some(_), None) => true,
            (None, _) => false,
        };
        Ok(match (is_cut_off, found.denied) {
            (true, _) => Err(Refused::CutOff),
            (false, true) => Err(Refused::Denied),
            (false, false) => Ok(()),
        })
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, cloakroom_revocation::StoreError>> + Send + 'a>>;

trait Finds: Send + Sync {
    fn find<'a>(&'a self, credential: &'a Credential<'_>) -> Boxed<'a, Found>;
}

impl<S: RevocationStore> Finds for S {
    fn find<'a>(&'a self, credential: &'a Credential<'_>) -> Boxed<'a, Found> {
        Box::pin(RevocationStore::look_up(self, credential))
    }
}
