//! Both ways to have connections, each case in a schema of its own.

use cloakroom_id::Selector;
use cloakroom_postgres::PostgresTokenStore;
use cloakroom_token::conformance::Tested;

use crate::place::Place;

/// A store, and where its rows are.
pub(super) struct Placed {
    place: Place,
    store: PostgresTokenStore,
}

impl Tested for Placed {
    type Store = PostgresTokenStore;

    fn store(&self) -> &PostgresTokenStore {
        &self.store
    }

    async fn set_generation(&self, id: &Selector, generation: u64) {
        let id = id.as_bytes().map(|byte| format!("{byte:02x}")).concat();
        let text = format!(
            "UPDATE {{s}}.token_families SET generation = {generation} WHERE id = decode('{id}', 'hex')"
        );
        self.place.run(&text).await;
    }
}

async fn with_own_connections() -> Placed {
    let place = Place::new();
    let store = place.tokens().await;
    Placed { place, store }
}

async fn on_a_pool() -> Placed {
    let place = Place::new();
    let store = place.tokens_on_a_pool().await;
    Placed { place, store }
}

mod own_connections {
    cloakroom_token::conformance_tests! { super::with_own_connections().await }
}

mod pool {
    cloakroom_token::conformance_tests! { super::on_a_pool().await }
}
