use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::Tick;
use cloakroom_jwt::{InvalidVerifier, JwksCache, Policy};

use crate::clock::Clock;
use crate::endpoint::Endpoint;

/// What the handles and the refreshing task share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) clock: Clock,
}

impl Shared {
    /// When the next fetch of any issuer is due.
    pub(crate) fn next_due(&self) -> Tick {
        let dues = self.issuers.iter().map(|issuer| issuer.cache().next_due());
        dues.min().unwrap_or(Tick::from_millis(u64::MAX))
    }

    /// The length that no token of any issuer exceeds.
    pub(crate) fn max_len(&self) -> usize {
        self.issuers
            .iter()
            .map(|issuer| issuer.policy.greatest_len())
            .max()
            .unwrap_or(0)
    }
}

/// One policy, and the keys that are fetched for it.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) policy: Policy,
    pub(crate) endpoint: Endpoint,
    cache: Mutex<JwksCache>,
}

impl Issuer {
    /// An issuer that nothing was fetched from yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the policy.
    pub(crate) fn new(policy: Policy, endpoint: Endpoint, cache: JwksCache) -> Result<Self, InvalidVerifier> {
        policy.check()?;
        Ok(Self {
            policy,
            endpoint,
            cache: Mutex::new(cache),
        })
    }

    /// The cache. It is held for one transition, each of which leaves it whole, so poison means nothing.
    pub(crate) fn cache(&self) -> MutexGuard<'_, JwksCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
