use cloakroom_revocation::Fleet;

use super::keys::{Keys, place};
use super::store::RedisRevocationStore;
use crate::opening::{Opened, Opening, opening_methods};

/// What a [`RedisRevocationStore`] is built of.
///
/// A server that may evict keys is refused in any case: it would drop revocations without a word.
#[derive(Clone, Debug)]
#[must_use]
pub struct RedisRevocationStoreBuilder {
    opening: Opening,
    fleet: Fleet,
}

impl RedisRevocationStoreBuilder {
    opening_methods! { RedisRevocationStore }

    pub(super) fn new(fleet: Fleet) -> Self {
        let opening = Opening {
            asked: place,
            ..Opening::default()
        };
        Self { opening, fleet }
    }

    fn built(self, opened: Opened) -> RedisRevocationStore {
        RedisRevocationStore::new(Keys::new(&opened.prefix), opened.server, self.fleet)
    }
}
