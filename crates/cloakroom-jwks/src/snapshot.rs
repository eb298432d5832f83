use std::sync::Arc;

use cloakroom_core::{Tick, UnixTime};
use cloakroom_jwt::{InvalidVerifier, Scratch, Verified, Verifier};

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

    /// The verifier of all keys that the caches hold. The keys of each make a verifier on their own, which was tried
    /// before its cache took them.
    pub(crate) fn set_keys(&mut self, shared: &Shared) -> Result<(), InvalidVerifier> {
        let mut owners = Vec::new();
        let mut policies = Vec::new();
        for (index, issuer) in shared.issuers.iter().enumerate() {
            let cache = issuer.cache();
            if let Some(dead_at) = cache.dead_at() {
                owners.push(Owner {
                    issuer: index,
                    dead_at,
                });
                policies.push((issuer.policy.clone(), cache.keys().to_vec()));
            }
        }
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
