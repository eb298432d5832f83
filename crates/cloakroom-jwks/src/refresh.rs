use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cloakroom_jwt::{Backend, FetchOutcome, JwkSet, Verifier};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::{Answer, Client};
use crate::issuer::{Issuer, Shared};
use crate::snapshot::{State, fits};
use crate::verifier::Begun;
use crate::{Event, EventKind, FetchError, Observer};

/// How long refreshing rests after a panic.
const RECOVERY: Duration = Duration::from_secs(1);

/// Fetches what is due and what tokens have begun, until every handle is gone.
pub(crate) struct Refresh {
    pub(crate) shared: Arc<Shared>,
    pub(crate) client: Client,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) begun: mpsc::UnboundedReceiver<Begun>,
    pub(crate) state: watch::Sender<Arc<State>>,
}

/// A fetch that has ended.
struct Ended {
    begun: Begun,
    result: Result<Answer, FetchError>,
}

impl Refresh {
    /// Dropping what this returns cuts off the fetches that are out.
    ///
    /// A panic, which only the application's clock or a mistake here can cause, ends the fetches that are out, whose
    /// caches give them up in time, and nothing else: a task that is gone would leave every key to its death.
    pub(crate) async fn run(mut self) {
        while contained(self.refresh()).await.is_none() {
            sleep(RECOVERY).await;
        }
    }

    async fn refresh(&mut self) {
        let mut fetches = JoinSet::new();
        loop {
            self.begin_due(&mut fetches);
            let now = self.shared.clock.now();
            let next_due = self.shared.next_due();
            tokio::select! {
                begun = self.begun.recv() => match begun {
                    Some(begun) => self.spawn(&mut fetches, begun),
                    None => return,
                },
                Some(ended) = fetches.join_next() => {
                    // The other ways to end are a panic in a dependency and the runtime's end: the cache gives up.
                    if let Ok(ended) = ended {
                        self.end(ended);
                    }
                }
                () = sleep(next_due.saturating_duration_since(now)) => {}
            }
        }
    }

    fn begin_due(&self, fetches: &mut JoinSet<Ended>) {
        for (index, issuer) in self.shared.issuers.iter().enumerate() {
            let ticket = issuer.cache().begin_due(self.shared.clock.now());
            if let Some(ticket) = ticket {
                self.spawn(
                    fetches,
                    Begun {
                        issuer: index,
                        ticket,
                    },
                );
            }
        }
    }

    fn spawn(&self, fetches: &mut JoinSet<Ended>, begun: Begun) {
        let client = self.client.clone();
        let endpoint = self.shared.issuers[begun.issuer].endpoint.clone();
        fetches.spawn(async move {
            let result = client.get(&endpoint).await;
            Ended { begun, result }
        });
    }

    fn end(&self, Ended { begun, result }: Ended) {
        let issuer = &self.shared.issuers[begun.issuer];
        let mut state = State::clone(&self.state.borrow());
        state.answered[begun.issuer] = true;
        let taken = self.take(begun, result);
        // Whatever became of this one, another may have died meanwhile.
        let now = self.shared.clock.now();
        let taken = state
            .set_keys(&self.shared, now)
            .map_err(FetchError::Unfit)
            .and(taken);
        state.next_due = self.shared.next_due();
        self.state.send_replace(Arc::new(state));
        match taken {
            Ok(keys) => self.tell(issuer, EventKind::Fetched { keys }),
            Err(error) => {
                self.tell(issuer, EventKind::Failed(&error));
                let now = self.shared.clock.now();
                if issuer.cache().dead_at().is_none_or(|dead_at| now >= dead_at) {
                    self.tell(issuer, EventKind::Stale);
                }
            }
        }
    }

    /// Hands the answer to the cache. How many keys it took.
    ///
    /// The cache takes no keys that do not go together with those of the other issuers: it keeps the old ones, until they
    /// die, and the others are fetched and used as if nothing had been.
    fn take(&self, begun: Begun, result: Result<Answer, FetchError>) -> Result<usize, FetchError> {
        let Begun {
            issuer: index,
            ticket,
        } = begun;
        let issuer = &self.shared.issuers[index];
        let now = self.shared.clock.now();
        let read = result.and_then(|answer| {
            let rsa = issuer.policy.default_rsa_algorithm();
            let set = JwkSet::fetched(&answer.body, Backend::AwsLc, rsa).map_err(FetchError::Set)?;
            for skipped in &set.skipped {
                self.tell(issuer, EventKind::Skipped(skipped));
            }
            if set.keys.is_empty() {
                return Err(FetchError::NoUsableKey);
            }
            Verifier::one(issuer.policy.clone(), set.keys.iter().cloned()).map_err(FetchError::Keys)?;
            fits(&self.shared, index, &set.keys, now).map_err(FetchError::Unfit)?;
            Ok((set.keys, answer.cache_control))
        });
        let mut cache = issuer.cache();
        match read {
            Ok((keys, cache_control)) => match cache.fetched(ticket, keys, cache_control.as_deref(), now) {
                FetchOutcome::Replaced => Ok(cache.keys().len()),
                FetchOutcome::Unusable => Err(FetchError::NoUsableKey),
                FetchOutcome::Late => Err(FetchError::TimedOut),
            },
            Err(error) => {
                cache.failed(ticket, now);
                Err(error)
            }
        }
    }

    /// An observer that panics has missed this event; the next one it is told all the same.
    fn tell(&self, issuer: &Issuer, kind: EventKind<'_>) {
        let event = Event::new(issuer.policy.issuer(), kind);
        let _ = catch_unwind(AssertUnwindSafe(|| self.observer.observe(&event)));
    }
}

/// What `future` yields, or nothing when it panics.
async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or(Poll::Ready(None), |polled| polled.map(Some))
    })
    .await
}
