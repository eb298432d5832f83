use cloakroom_redis::RedisRevocationStore;

use crate::place::Place;

cloakroom_revocation::conformance_tests! { |fleet| {
    let place = Place::shared();
    let builder = RedisRevocationStore::builder(fleet).prefix(&place.prefix);
    builder.connect(&place.url).await.expect("the Cluster takes us")
} }
