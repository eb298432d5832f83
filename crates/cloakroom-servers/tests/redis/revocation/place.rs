use std::num::NonZeroU32;

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::FLEET;
use cloakroom_revocation::{Cursor, Entry, Polled, RevocationFeed as _};

use crate::place::Place;

pub(crate) async fn store(place: &Place) -> RedisRevocationStore {
    let builder = RedisRevocationStore::builder(FLEET).prefix(&place.prefix);
    builder.connect(&place.url).await.expect("the server takes us")
}

/// What a poll brings to a reader whose feed is as it was.
pub(crate) async fn brought(store: &RedisRevocationStore, cursor: &mut Cursor) -> Vec<Entry> {
    match store.poll(cursor, NonZeroU32::MAX).await.unwrap() {
        Polled::Entries {
            entries,
            cursor: next,
            ..
        } => {
            *cursor = next;
            entries
        }
        Polled::Reload => panic!("the feed is as it was"),
    }
}

pub(crate) async fn reloads(store: &RedisRevocationStore, cursor: &Cursor) -> bool {
    store.poll(cursor, NonZeroU32::MAX).await.unwrap() == Polled::Reload
}

/// All entries of the store.
pub(crate) async fn all(store: &RedisRevocationStore) -> Vec<Entry> {
    let page = store.page(None, NonZeroU32::MAX).await.unwrap();
    assert_eq!(page.next, None);
    page.entries
}
