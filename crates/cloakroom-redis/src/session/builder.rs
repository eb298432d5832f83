use std::time::Duration;

use super::store::RedisSessionStore;
use crate::keys::{Keys, Kinds};
use crate::opening::{Opened, Opening, opening_methods};

const KINDS: Kinds = Kinds {
    row: ":s:",
    set: ":u:",
    cutoff: ":c:",
    store_cutoff: ":all",
};

/// What a [`RedisSessionStore`] is built of.
#[derive(Clone, Debug)]
#[must_use]
pub struct RedisSessionStoreBuilder {
    opening: Opening,
    cutoff_retention: Duration,
}

impl RedisSessionStoreBuilder {
    opening_methods! { RedisSessionStore }

    /// How long a subject's cut-off is kept; 400 days unless it is set. It has to be longer than any session lives.
    pub fn cutoff_retention(mut self, retention: Duration) -> Self {
        self.cutoff_retention = retention;
        self
    }

    /// Opens the store on servers that may evict keys. Sessions may then vanish early, and, worse, lists and cut-offs:
    /// sessions live on that were revoked.
    pub fn accept_eviction(mut self) -> Self {
        self.opening.accept_eviction = true;
        self
    }

    pub(super) fn new() -> Self {
        Self {
            opening: Opening::default(),
            cutoff_retention: Duration::from_secs(400 * 24 * 60 * 60),
        }
    }

    fn built(self, opened: Opened) -> RedisSessionStore {
        let keys = Keys::new(opened.prefix, &KINDS);
        RedisSessionStore::new(keys, opened.server, self.cutoff_retention)
    }
}
