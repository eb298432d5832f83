use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::{Tick, UnixTime};
use cloakroom_jwt::{ErrorKind, HmacKey, InvalidVerifier, JwksCache, Policy, Scratch, Verifier};

use crate::clock::Clock;
use crate::endpoint::Endpoint;

/// What a policy may allow at most, and what is read without one.
const GREATEST_LEN: usize = 64 * 1024;

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
            .map(|issuer| issuer.max_len)
            .max()
            .unwrap_or(0)
    }
}

/// One policy, and the keys that are fetched for it.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) policy: Policy,
    /// The policy's: longer tokens are bad whatever the keys are.
    pub(crate) max_len: usize,
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
        Ok(Self {
            max_len: max_len(&policy)?,
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

/// How long a token may be, which a policy does not tell: a verifier of it is made, asked, and dropped with its key.
fn max_len(policy: &Policy) -> Result<usize, InvalidVerifier> {
    let Ok(key) = HmacKey::hs256(&[1; 32]) else {
        return Ok(GREATEST_LEN);
    };
    let verifier = Verifier::one(policy.clone(), [key])?;
    let text = "a".repeat(GREATEST_LEN);
    let mut scratch = Scratch::new();
    let mut is_too_large = |length: usize| {
        let verdict = verifier.verify(&text[..length], UnixTime::from_millis(0), &mut scratch);
        verdict.is_err_and(|error| error.kind() == ErrorKind::TooLarge)
    };
    // Halving: `fits` fits, and what is longer than `fits + open` does not.
    let (mut fits, mut open) = (0, GREATEST_LEN);
    while open > 0 {
        let step = open.div_ceil(2);
        if is_too_large(fits + step) {
            open = step - 1;
        } else {
            fits += step;
            open -= step;
        }
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use cloakroom_jwt::{Policy, Typ};

    use super::max_len;

    #[test]
    fn the_greatest_length_is_that_of_the_policy() {
        for length in [1, 2, 3, 8191, 8192, 8193, 65_535, 65_536] {
            let policy = Policy::new("issuer", "audience", Typ::exact("at+jwt")).max_len(length);
            assert_eq!(max_len(&policy).unwrap(), length);
        }
        for length in [0, 65_537] {
            let policy = Policy::new("issuer", "audience", Typ::exact("at+jwt")).max_len(length);
            assert_eq!(max_len(&policy).unwrap_err().member(), "max_len");
        }
    }
}
