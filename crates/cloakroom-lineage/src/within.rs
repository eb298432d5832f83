use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use cloakroom_revocation::{StoreError, StoreErrorKind};
use tokio::time::timeout;

/// The answer of a store that is given within `limit`, otherwise `Timeout`.
///
/// One that is given at once, as from memory, needs neither a timer nor a runtime.
pub(crate) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut work = pin!(work);
    match poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        Poll::Ready(answer) => answer,
        Poll::Pending => match timeout(limit, work).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreErrorKind::Timeout.into()),
        },
    }
}
