use cloakroom_id::Selector;
use cloakroom_redis::RedisTokenStore;
use cloakroom_token::conformance::Tested;

use crate::place::Place;

/// A store, and where it is.
pub(crate) struct Tokens {
    pub(crate) store: RedisTokenStore,
    pub(crate) place: Place,
}

impl Tokens {
    /// Under a prefix of its own on the server that tests share.
    pub(crate) async fn shared() -> Self {
        Self::at(Place::shared()).await
    }

    pub(crate) async fn at(place: Place) -> Self {
        let builder = RedisTokenStore::builder().prefix(&place.prefix);
        let store = builder.connect(&place.url).await.expect("the server takes us");
        Self { store, place }
    }
}

impl Tested for Tokens {
    type Store = RedisTokenStore;

    fn store(&self) -> &RedisTokenStore {
        &self.store
    }

    async fn set_generation(&self, id: &Selector, generation: u64) {
        let digits = format!("{:032x}", u128::from_be_bytes(*id.as_bytes()));
        let key = format!("{}:{{{}}}:f:{digits}", self.place.prefix, &digits[..3]);
        let mut write = redis::cmd("SETRANGE");
        write.arg(key).arg(4).arg(&generation.to_be_bytes()[..]);
        let _: u64 = self.place.raw().await.ask(&write).await;
    }
}
