use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cloakroom_revocation::{Credential, Refused, RevocationCheck, RevocationStore};

use crate::event::{Hears, tell};
use crate::look_up::LookUp;
use crate::{Clocks, EventKind, Observer};

/// Lets a credential that has verified pass, or refuses it: what the layers of a server ask for each request.
///
/// A check is a look into memory. Only while the snapshot is too old it may ask the store, if told to. A clone is the same
/// gate.
///
/// No node starts a request on a credential whose revocation was acknowledged more than the bound of the snapshot ago,
/// counted on the feed that acknowledged it. What lasts longer than a request, a stream or a WebSocket, has to check again.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    check: RevocationCheck,
    clocks: Clocks,
    on_stale: OnStale,
    observer: Hears,
    is_stale: Arc<AtomicBool>,
}

#[derive(Clone)]
enum OnStale {
    Refuse,
    LookUp(Arc<LookUp>),
    Accept(Duration),
}

impl Gate {
    /// A gate that fails closed when a snapshot is older than its bound. The clocks are those of the followers.
    pub fn new(check: RevocationCheck, clocks: Clocks) -> Self {
        Self(Arc::new(Inner {
            check,
            clocks,
            on_stale: OnStale::Refuse,
            observer: None,
            is_stale: Arc::new(AtomicBool::new(false)),
        }))
    }

    /// While the snapshot is too old, asks `store` for the one credential at hand: at most 64 at a time, each within 250 ms.
    /// What gets no answer is refused as stale; so is everything where the check asks several feeds, for one store does not
    /// know what another's feed has acknowledged.
    pub fn look_up_when_stale(mut self, store: impl RevocationStore) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        let max_skew = inner.check.fleet().max_skew;
        inner.on_stale = OnStale::LookUp(Arc::new(LookUp::new(store, max_skew)));
        self
    }

    /// Tells `observer` when checks begin to fail closed, and when they are answered again.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        Arc::make_mut(&mut self.0).observer = Some(Arc::new(observer));
        self
    }

    /// How long behind its end a credential may be taken: the greatest leeway of a verifier whose tokens it can end.
    pub fn leeway(&self) -> Duration {
        self.0.check.fleet().leeway
    }

    /// The greatest age that its check lets pass. A carrier of a longer life should not be built with it.
    pub fn max_age(&self) -> Duration {
        self.0.check.max_age()
    }

    /// Waits until the snapshots are loaded: for a server that takes no requests before it can answer them.
    pub async fn ready(&self) {
        while self.0.check.age(self.0.clocks.now()).is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether `credential` may pass.
    ///
    /// # Errors
    ///
    /// Why not. [`Refused::Stale`] is a 503 with `Retry-After`, everything else a 401.
    pub async fn check(&self, credential: &Credential<'_>) -> Result<(), Refused> {
        let answer = self.check_now(credential);
        match (&self.0.on_stale, answer) {
            // One store knows nothing of what another feed has acknowledged.
            (OnStale::LookUp(look_up), Err(stale @ Refused::Stale { .. })) if self.0.check.feeds() == 1 => {
                match look_up.ask(credential, || self.0.clocks.now().wall).await {
                    Ok(answer) => answer,
                    Err(why) => {
                        tell(&self.0.observer, EventKind::LookUpFailed(why));
                        Err(stale)
                    }
                }
            }
            (_, answer) => answer,
        }
    }

    /// The same from memory alone.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn check_now(&self, credential: &Credential<'_>) -> Result<(), Refused> {
        let inner = &*self.0;
        let now = inner.clocks.now();
        let answer = match inner.on_stale {
            OnStale::Accept(bound) => inner.check.check_aged(credential, now, bound),
            OnStale::Refuse | OnStale::LookUp(_) => inner.check.check(credential, now),
        };
        let is_stale = matches!(answer, Err(Refused::Stale { .. }));
        // Only a change is told, and only by the one who finds it; a look costs no more than a read.
        if inner.is_stale.load(Ordering::Relaxed) != is_stale
            && !matches!(
                answer,
                Err(Refused::Incomplete | Refused::FromTheFuture | Refused::TooOld)
            )
            && inner.is_stale.swap(is_stale, Ordering::Relaxed) != is_stale
        {
            let kind = if is_stale {
                EventKind::Stale(inner.check.age(now))
            } else {
                EventKind::Fresh
            };
            tell(&inner.observer, kind);
        }
        answer
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("check", &self.0.check)
            .finish_non_exhaustive()
    }
}

/// What weakens a promise, each by a name that a reviewer can search for.
pub mod danger {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Gate, OnStale};

    /// Serves on a snapshot of up to `max` of age: availability for a bound that is so much longer. It takes the place of
    /// [`look_up_when_stale`](Gate::look_up_when_stale).
    pub fn accept_stale(mut gate: Gate, max: Duration) -> Gate {
        Arc::make_mut(&mut gate.0).on_stale = OnStale::Accept(max);
        gate
    }
}
