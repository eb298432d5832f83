use std::time::Duration;

use super::store::RedisTokenStore;
use crate::keys::{Keys, Kinds};
use crate::opening::{Opened, Opening, opening_methods};

/// Names beside those of sessions, so that both may have one prefix. Scripts of access tokens know them too.
const KINDS: Kinds = Kinds {
    row: ":f:",
    set: ":fu:",
    cutoff: ":fc:",
    store_cutoff: ":fall",
};

/// What a [`RedisTokenStore`] is built of.
#[derive(Clone, Debug)]
#[must_use]
pub struct RedisTokenStoreBuilder {
    opening: Opening,
    cutoff_retention: Duration,
}

impl RedisTokenStoreBuilder {
    opening_methods! { RedisTokenStore }

    /// How long a subject's cut-off is kept; 400 days unless it is set. No authentication may be older when a token is
    /// made of it.
    pub fn cutoff_retention(mut self, retention: Duration) -> Self {
        self.cutoff_retention = retention;
        self
    }

    pub(super) fn new() -> Self {
        Self {
            opening: Opening::default(),
            cutoff_retention: Duration::from_secs(400 * 24 * 60 * 60),
        }
    }

    fn built(self, opened: Opened) -> RedisTokenStore {
        let keys = Keys::new(opened.prefix, &KINDS);
        RedisTokenStore::new(keys, opened.server, self.cutoff_retention)
    }
}
