use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Tick, UnixTime};
use cloakroom_jwt::danger::claims_without_verification;
use cloakroom_jwt::{Error, ErrorKind, FetchTicket, JwksCache, Lookup, NumericDate, Policy, VerifiedOwned};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};

use crate::issuer::{Issuer, Shared};
use crate::snapshot::State;
use crate::{Builder, Snapshot, VerifyError};

/// A verifier whose keys are fetched, and fetched again: [`Verifier`](cloakroom_jwt::Verifier) for key sets on the web.
///
/// Cloning shares it. Verifying never waits for the network. The task behind it, and the connection of whatever fetch is
/// out, end when the last clone and the last [`Snapshot`] are dropped. A name lookup runs to its end by itself.
#[derive(Clone, Debug)]
pub struct JwksVerifier(Arc<Handle>);

#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
    /// To the refreshing task, which ends when this is gone.
    pub(crate) begun: mpsc::UnboundedSender<Begun>,
    pub(crate) state: watch::Receiver<Arc<State>>,
}

/// A fetch that a token has begun and the refreshing task is to do.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) issuer: usize,
    pub(crate) ticket: FetchTicket,
}

impl JwksVerifier {
    /// A verifier of no issuer yet.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(handle: Handle) -> Self {
        Self(Arc::new(handle))
    }

    /// Judges `token` at `now` and reads its claims as `T`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] when the token is bad, [`VerifyError::Unavailable`] when that cannot be told.
    pub fn verify_owned<T: DeserializeOwned>(
        &self,
        token: &str,
        now: UnixTime,
    ) -> Result<VerifiedOwned<T>, VerifyError> {
        let state = self.state();
        let tick = self.tick(&state);
        let Some(keys) = &state.verifier else {
            return Err(self.why_not(&state, None, token, tick));
        };
        match keys.verify_owned(token, now) {
            Ok(verified) => self
                .still_good(&state, verified.policy(), tick)
                .map(|()| verified),
            Err(error) => Err(self.why_not(&state, Some(error), token, tick)),
        }
    }

    /// The keys as they are now, for verifying with claims that borrow.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            handle: self.clone(),
            state: self.state(),
        }
    }

    /// Waits until the first fetch of every issuer has ended, well or badly, and tells whether all have keys.
    ///
    /// A server does well to await it before it listens, and to go on when it says `false`: the tokens of the issuers
    /// that have keys are verified, and the others are fetched again and again. It takes no longer than the time limit.
    pub async fn first_load(&self) -> bool {
        let mut state = self.0.state.clone();
        let is_over = state
            .wait_for(|state| state.answered.iter().all(|&is_answered| is_answered))
            .await
            .is_ok();
        is_over && self.is_ready()
    }

    /// Whether every issuer has keys that may be used: for a health check.
    ///
    /// `false` for good when the runtime is gone that [`Builder::start`] was called on: nothing is fetched any more, and
    /// keys that nobody refreshes are not used.
    pub fn is_ready(&self) -> bool {
        let state = self.state();
        self.is_live(&state, self.tick(&state))
    }

    /// The policies of all issuers, whether or not their keys have been fetched.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.0.shared.issuers.iter().map(|issuer| &issuer.policy)
    }

    fn state(&self) -> Arc<State> {
        Arc::clone(&self.0.state.borrow())
    }

    /// The time. Begins what has become due while the refreshing task slept longer than the clock says.
    pub(crate) fn tick(&self, state: &State) -> Tick {
        let now = self.0.shared.clock.now();
        if now >= state.next_due {
            for (index, issuer) in self.0.shared.issuers.iter().enumerate() {
                if let Some(ticket) = issuer.cache().begin_due(now) {
                    self.begin(index, ticket);
                }
            }
        }
        now
    }

    /// Whether the keys that verified a token may be used at `now`.
    pub(crate) fn still_good(&self, state: &State, policy: usize, now: Tick) -> Result<(), VerifyError> {
        let owner = state.owners[policy];
        if now < owner.dead_at && !self.is_orphaned() {
            return Ok(());
        }
        Err(VerifyError::Unavailable {
            retry_after: self.0.shared.issuers[owner.issuer].cache().retry_after(now),
        })
    }

    /// What to answer for a token that the verifier rejected with `error`, or that there was no verifier for. A token
    /// whose key is missing has its issuer's set fetched, when that may be.
    ///
    /// Nothing here can make a token good: its unverified issuer chooses between 401 and 503, and whose set is fetched.
    #[cold]
    pub(crate) fn why_not(&self, state: &State, error: Option<Error>, token: &str, now: Tick) -> VerifyError {
        // Bad whatever the keys are. The verifier knows the limits of those issuers only that have keys.
        if token.len() > self.0.shared.max_len() {
            return Error::from(ErrorKind::TooLarge).into();
        }
        let reason = error.map(Error::kind);
        let is_unreadable = matches!(reason, Some(ErrorKind::Malformed | ErrorKind::Header));
        // No key was tried: a newer set may have it. Where one was, it may be another issuer's that has the same key id,
        // which says nothing about this issuer's; where there is no other issuer, fetching would bring nothing.
        let is_missing = matches!(reason, None | Some(ErrorKind::UnknownKey | ErrorKind::Algorithm))
            || self.0.shared.issuers.len() > 1;
        if let Some(error) = error
            && (is_unreadable || (!is_missing && self.is_live(state, now)))
        {
            return error.into();
        }
        let (issuer, kid) = match route(state, token) {
            Ok(route) => route,
            Err(unreadable) => return error.unwrap_or(unreadable).into(),
        };
        let kid = kid.as_deref().filter(|_| is_missing);
        let (mut error, mut retry_after) = (error, None);
        for (index, candidate) in self.0.shared.issuers.iter().enumerate() {
            if candidate.policy.issuer() != issuer {
                continue;
            }
            if token.len() > candidate.policy.greatest_len() {
                error.get_or_insert(ErrorKind::TooLarge.into());
            } else {
                retry_after = retry_after.max(self.wait(index, candidate, kid, now));
            }
        }
        match retry_after {
            Some(retry_after) => VerifyError::Unavailable { retry_after },
            None => error.unwrap_or(ErrorKind::UnknownKey.into()).into(),
        }
    }

    /// When to ask again for a key that could make `token` good, which the verifier of `state` rejected with `error`; `None` when
    /// none can.
    #[cold]
    pub(crate) fn missing(
        &self,
        state: &State,
        error: Error,
        token: &str,
        now: UnixTime,
        tick: Tick,
    ) -> Option<Duration> {
        let is_tried = match error.kind() {
            ErrorKind::TooLarge | ErrorKind::Malformed | ErrorKind::Header => return None,
            ErrorKind::UnknownKey | ErrorKind::Algorithm => false,
            _ => true,
        };
        let issuers = &self.0.shared.issuers;
        if is_tried && issuers.len() == 1 {
            return None;
        }
        let UnverifiedEnd { iss, exp } = claims_without_verification(token).ok()?;
        let (_, kid) = route(state, token).ok()?;
        let candidates = issuers.iter().filter(|issuer| {
            let policy = &issuer.policy;
            let leeway = policy.greatest_leeway();
            policy.issuer() == iss
                && token.len() <= policy.greatest_len()
                // Past its own end it is bad under any key.
                && exp.is_none_or(|exp| now < exp.to_unix_time().saturating_add(leeway))
        });
        let waits = candidates.filter_map(|issuer| {
            let cache = issuer.cache();
            let has = |kid: &str| cache.keys().iter().any(|key| key.kid() == Some(kid));
            // The key that was tried is another issuer's, unless this one has it too.
            let is_missing = !is_tried || kid.as_deref().is_some_and(|kid| !has(kid));
            is_missing.then(|| cache.retry_after(tick).min(JwksCache::COOLDOWN))
        });
        waits.max()
    }

    /// Asks for a key of `issuer`, and begins the fetch that this may cost. How long to wait when it has no keys that
    /// may be used.
    fn wait(&self, index: usize, issuer: &Issuer, kid: Option<&str>, now: Tick) -> Option<Duration> {
        let mut cache = issuer.cache();
        if let Lookup::Fetch(ticket) = cache.lookup(kid, now) {
            self.begin(index, ticket);
        }
        match cache.lookup(kid, now) {
            Lookup::Wait { retry_after } => Some(retry_after),
            _ if self.is_orphaned() => Some(cache.retry_after(now)),
            _ => None,
        }
    }

    fn is_live(&self, state: &State, now: Tick) -> bool {
        !self.is_orphaned() && state.is_live(now)
    }

    /// Whether the refreshing task is gone, which lives as long as its runtime and this.
    fn is_orphaned(&self) -> bool {
        self.0.begun.is_closed()
    }

    fn begin(&self, issuer: usize, ticket: FetchTicket) {
        // When the runtime is gone nobody fetches, and the cache gives the fetch up in time.
        let _ = self.0.begun.send(Begun { issuer, ticket });
    }
}

#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

#[derive(Deserialize)]
struct UnverifiedEnd {
    iss: String,
    exp: Option<NumericDate>,
}

/// The unverified issuer and key id. Of an issuer that has no keys yet the key id does not matter.
fn route(state: &State, token: &str) -> Result<(String, Option<String>), Error> {
    if let Some(verifier) = &state.verifier
        && let Some(route) = verifier.unverified_route(token)
    {
        let issuer = verifier.policies()[route.policy].issuer().to_owned();
        return Ok((issuer, route.kid));
    }
    claims_without_verification(token).map(|Unverified { iss }| (iss, None))
}
