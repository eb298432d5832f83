use std::future::Future;

use cloakroom_revocation::{StoreError, StoreErrorKind};
use tokio::runtime::Handle;

/// Does `work` in a task of its own, so that it is done whoever stops waiting.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    match Handle::try_current() {
        Ok(runtime) => match runtime.spawn(work).await {
            Ok(done) => done,
            Err(error) => Err(StoreError::new(StoreErrorKind::Other, error)),
        },
        // Stores that ask nobody need no runtime.
        Err(_) => work.await,
    }
}
