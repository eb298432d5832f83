use crate::place::Place;

cloakroom_revocation::conformance_tests! { |fleet| {
    let place = Place::shared();
    let builder = cloakroom_redis::RedisRevocationStore::builder(fleet).prefix(&place.prefix);
    builder.connect(&place.url).await.expect("the server takes us")
} }
