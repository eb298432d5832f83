//! On a file, and on a file that two stores share as two processes would. In memory all is one connection, which leaves no
//! way to write behind the store's back.

use cloakroom_sqlite::SqliteTokenStore;
use cloakroom_token::TokenStore;
use cloakroom_token::cloakroom_id::Selector;
use cloakroom_token::conformance::Tested;

use crate::place::Place;
use crate::two::Two;

/// A store, and where its rows are.
pub(super) struct Placed<S> {
    place: Place,
    store: S,
}

impl<S: TokenStore> Tested for Placed<S> {
    type Store = S;

    fn store(&self) -> &S {
        &self.store
    }

    async fn set_generation(&self, id: &Selector, generation: u64) {
        self.place.set_generation(id, generation).await;
    }
}

async fn in_a_file() -> Placed<SqliteTokenStore> {
    let place = Place::new();
    let store = place.store().await;
    Placed { place, store }
}

async fn two_on_a_file() -> Placed<Two> {
    let place = Place::new();
    let store = Two::new([place.store().await, place.store().await]);
    Placed { place, store }
}

mod file {
    cloakroom_token::conformance_tests! { super::in_a_file().await }
}

mod shared_file {
    cloakroom_token::conformance_tests! { super::two_on_a_file().await }
}

/// The same store in memory, which has one connection for all.
#[tokio::test]
async fn in_memory_readers_are_writers() {
    use cloakroom_token::conformance::fixture::{NOW, family, presented, subject};
    use cloakroom_token::{Created, Rotated};

    let store = SqliteTokenStore::open_in_memory().await.unwrap();
    let new = family(&subject("alice"));
    assert_eq!(store.create_family(&new, NOW).await.unwrap(), Created::Done);
    let rotated = store.rotate(&presented(&new, 0), NOW).await.unwrap();
    let loaded = store.load_family(&new.id, &new.secret_hash, NOW).await.unwrap();
    assert_eq!(rotated, Rotated::Done(loaded.unwrap()));
}
