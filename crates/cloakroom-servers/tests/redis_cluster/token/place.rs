use cloakroom_id::Selector;
use cloakroom_redis::{RedisTokenStore, RedisTokenStoreBuilder};
use cloakroom_token::conformance::Tested;

use crate::place::Place;

/// A store, and where it is.
pub(crate) struct Tokens {
    pub(crate) store: RedisTokenStore,
    pub(crate) place: Place,
}

impl Tokens {
    /// Under a prefix of its own on the Cluster that tests share.
    pub(crate) async fn shared() -> Self {
        let place = Place::shared();
        let store = builder(&place).connect(&place.url).await;
        Self {
            store: store.expect("the Cluster takes us"),
            place,
        }
    }
}

pub(crate) fn builder(place: &Place) -> RedisTokenStoreBuilder {
    RedisTokenStore::builder().prefix(&place.prefix)
}

impl Tested for Tokens {
    type Store = RedisTokenStore;

    fn store(&self) -> &RedisTokenStore {
        &self.store
    }

    async fn set_generation(&self, id: &Selector, generation: u64) {
        let digits = format!("{:032x}", u128::from_be_bytes(*id.as_bytes()));
        let key = format!("{}:{{{}}}:f:{digits}", self.place.prefix, &digits[..3]);
        let nodes = self
            .place
            .ports()
            .into_iter()
            .map(|port| format!("redis://127.0.0.1:{port}"));
        let client = redis::cluster::ClusterClient::new(nodes).unwrap();
        let mut connection = client.get_async_connection().await.unwrap();
        let mut write = redis::cmd("SETRANGE");
        write.arg(key).arg(4).arg(&generation.to_be_bytes()[..]);
        let _: u64 = write.query_async(&mut connection).await.unwrap();
    }
}
