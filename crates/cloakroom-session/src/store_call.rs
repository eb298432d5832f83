use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{StoreError, StoreErrorKind};

use crate::{Event, EventKind, Operation, Sessions};

impl Sessions {
    /// One operation of the store, within the store timeout. A failure is observed.
    pub(crate) async fn call<T>(
        &self,
        operation: Operation,
        selector: Option<Selector>,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut work = pin!(work);
        // A store in memory answers at once; it needs neither a timer nor a clock.
        let first = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        let started = first.is_pending().then(Instant::now);
        let answer = match first {
            Poll::Ready(answer) => answer,
            Poll::Pending => match tokio::time::timeout(self.inner.settings.store_timeout, work).await {
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
