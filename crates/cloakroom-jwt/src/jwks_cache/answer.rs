use alloc::sync::Arc;
use core::time::Duration;

use crate::VerifyingKey;

/// What to do about a token.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// The set has the key id, or the token names none: verify with these keys.
    Use(&'a [VerifyingKey]),
    /// Start a fetch, then look up again: the next answer is another one, because the fetch is out.
    Fetch(FetchTicket),
    /// There is no set that may be used: the token can be neither accepted nor rejected. 503 over HTTP.
    Wait {
        /// When it is worth asking again, in whole seconds, at least one.
        retry_after: Duration,
    },
    /// The set has no such key: reject the token.
    Unknown,
}

/// One fetch of one cache: told to another, it changes nothing there. It is consumed by telling how the fetch ended;
/// dropping it lets the fetch fail when its time is over.
#[derive(Debug)]
pub struct FetchTicket(Arc<()>);

impl FetchTicket {
    /// A ticket that no other is: no two of them are one allocation while both live.
    pub(super) fn new() -> Self {
        Self(Arc::new(()))
    }

    /// The half that stays in the cache.
    pub(super) fn stub(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Whether it is the other half of `stub`. It is used up by that.
    pub(super) fn is(self, stub: &Self) -> bool {
        Arc::ptr_eq(&self.0, &stub.0)
    }
}

/// What became of the keys of a fetch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FetchOutcome {
    /// They are the set now.
    Replaced,
    /// None is usable, or there are too many: a failure, the set stays.
    Unusable,
    /// The fetch had been given up before; nothing changes.
    Late,
}
