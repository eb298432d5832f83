use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{SessionStore as _, StoreError, StoreErrorKind, Stored};

use crate::{Event, EventKind, Operation, Sessions};

impl Sessions {
    /// The live session of `selector`, within the store timeout. A failure is observed.
    pub(crate) async fn read(&self, selector: Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
        let (store, limit) = (self.store(), self.inner.settings.store_timeout);
        // Most requests only load. A store that asks for many sessions at once looks at the clock for all of them.
        if let Some(work) = store.load_within(&selector, now, limit) {
            return self.observed(Operation::Load, Some(selector), work, None).await;
        }
        let work = store.load(&selector, now);
        self.call(Operation::Load, Some(selector), work).await
    }

    /// One operation of the store, within the store timeout. A failure is observed.
    pub(crate) async fn call<T>(
        &self,
        operation: Operation,
        selector: Option<Selector>,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let limit = Some(self.inner.settings.store_timeout);
        self.observed(operation, selector, work, limit).await
    }

    /// The same within `limit`, or for as long as the store takes.
    async fn observed<T>(
        &self,
        operation: Operation,
        selector: Option<Selector>,
        work: impl Future<Output = Result<T, StoreError>>,
        limit: Option<Duration>,
    ) -> Result<T, StoreError> {
        let mut work = pin!(work);
        // A store in memory answers at once; it needs neither a timer nor a clock.
        let first = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        let started = first.is_pending().then(Instant::now);
        let answer = match (first, limit) {
            (Poll::Ready(answer), _) => answer,
            (Poll::Pending, None) => work.await,
            (Poll::Pending, Some(limit)) => match tokio::time::timeout(limit, work).await {
                Ok(answer) => answer,
                Err(_) => Err(StoreErrorKind::Timeout.into()),
            },
        };
        if let Err(error) = &answer {
            let kind = EventKind::StoreFailed(error.kind());
            let event = selector.map_or(Event::new(kind), |selector| Event::of(kind, selector));
            self.observe(event.during(
                operation,
                started.map_or(Duration::ZERO, |started| started.elapsed()),
            ));
        }
        answer
    }
}
