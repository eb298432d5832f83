use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::{Tick, UnixTime};
use cloakroom_jwt::{Error, InvalidVerifier, Policy, Scratch, Verified, Verifier, VerifyingKey};

use crate::issuer::Shared;
use crate::{JwksVerifier, VerifyError};

/// The keys as they were when it was taken: for verifying without allocating, with claims that borrow.
///
/// Take one per request. One that is kept sees no newer keys, and its own die at their time all the same.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) handle: JwksVerifier,
    pub(crate) state: Arc<State>,
}

impl Snapshot {
    /// Judges `token` at `now`, as [`Verifier::verify`].
    ///
    /// # Errors
    ///
    /// [`VerifyError::Rejected`] when the token is bad, [`VerifyError::Unavailable`] when that cannot be told.
    pub fn verify<'s>(
        &'s self,
        token: &str,
        now: UnixTime,
        scratch: &'s mut Scratch,
    ) -> Result<Verified<'s>, VerifyError> {
        let tick = self.handle.tick(&self.state);
        let Some(keys) = &self.state.verifier else {
            return Err(self.handle.why_not(&self.state, None, token, tick));
        };
        match keys.verify(token, now, scratch) {
            Ok(verified) => self
                .handle
                .still_good(&self.state, verified.policy(), tick)
                .map(|()| verified),
            Err(error) => Err(self.handle.why_not(&self.state, Some(error), token, tick)),
        }
    }

    /// When to ask again about `token`, which this has rejected with `error`, because its issuer may have a key for it that
    /// was not fetched yet: 1 to 30 s. `None` for a token that no such key could make good at `now`.
    ///
    /// A token under a key that nobody has is 401, and so is one under a key that the issuer uses since a moment ago. Who
    /// ends a login must not take the two for the same: the second goes on to be good elsewhere, and soon here. It is what
    /// the token says of itself that tells, its issuer, key id and `exp`, and anybody can write that.
    pub fn missing_key(&self, token: &str, error: Error, now: UnixTime) -> Option<Duration> {
        let tick = self.handle.tick(&self.state);
        self.handle.missing(&self.state, error, token, now, tick)
    }
}

/// What the refreshing task publishes each time when a fetch has ended.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Of all issuers that have keys; `None` while none has.
    pub(crate) verifier: Option<Verifier>,
    /// Whose the policies of the verifier are, in its order.
    pub(crate) owners: Vec<Owner>,
    /// When the next fetch is due.
    pub(crate) next_due: Tick,
    /// Of which issuers a fetch has ended, well or badly.
    pub(crate) answered: Vec<bool>,
}

/// The issuer that a policy of the verifier belongs to, and until when its keys may be used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) issuer: usize,
    pub(crate) dead_at: Tick,
}

impl State {
    /// Before anything was fetched.
    pub(crate) fn empty(issuers: usize) -> Self {
        Self {
            verifier: None,
            owners: Vec::new(),
            next_due: Tick::ZERO,
            answered: vec![false; issuers],
        }
    }

    /// Takes the verifier of all keys that may be used at `now`. Those of a dead set are left out: they must not be in
    /// the way of others.
    ///
    /// # Errors
    ///
    /// When they do not go together, which [`fits`] looks at before a cache takes any. Nothing has changed then.
    pub(crate) fn set_keys(&mut self, shared: &Shared, now: Tick) -> Result<(), InvalidVerifier> {
        let (owners, policies): (Vec<_>, Vec<_>) = live(shared, now).unzip();
        self.verifier = if policies.is_empty() {
            None
        } else {
            Some(Verifier::many(policies)?)
        };
        self.owners = owners;
        Ok(())
    }

    /// Whether every issuer has keys that may be used.
    pub(crate) fn is_live(&self, now: Tick) -> bool {
        self.owners.len() == self.answered.len() && self.owners.iter().all(|owner| now < owner.dead_at)
    }
}

/// Whether `keys` of the issuer `index` go together with those that the others have at `now`: the limits of
/// [`Verifier::many`] are for all of them.
pub(crate) fn fits(
    shared: &Shared,
    index: usize,
    keys: &[VerifyingKey],
    now: Tick,
) -> Result<(), InvalidVerifier> {
    let others = live(shared, now).filter(|(owner, _)| owner.issuer != index);
    let others = others.map(|(_, policy)| policy);
    let own = (shared.issuers[index].policy.clone(), keys.to_vec());
    Verifier::many(others.chain([own])).map(drop)
}

/// The issuers whose keys may be used at `now`, their policies and keys.
fn live(shared: &Shared, now: Tick) -> impl Iterator<Item = (Owner, (Policy, Vec<VerifyingKey>))> {
    let issuers = shared.issuers.iter().enumerate();
    issuers.filter_map(move |(index, issuer)| {
        let cache = issuer.cache();
        let dead_at = cache.dead_at().filter(|&dead_at| now < dead_at)?;
        let owner = Owner {
            issuer: index,
            dead_at,
        };
        Some((owner, (issuer.policy.clone(), cache.keys().to_vec())))
    })
}
