//! Who is told at once that there is a step.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use cloakroom_redis::RedisRevocationStore;
use cloakroom_revocation::conformance::fixture::{ISSUER, NOW, denial};
use cloakroom_revocation::{Denied, RevocationFeed as _, RevocationStore as _};
use cloakroom_servers::RedisOptions;

use super::place::store;
use crate::place::{Place, server};

/// Whether this store says that something happened since it said so last.
fn is_told(store: &RedisRevocationStore) -> bool {
    let changed = pin!(store.changed());
    changed.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_is_told_of_a_step_once_and_another_store_has_to_poll() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let place = Place::on(&redis.url());
    let (store, other) = (store(&place).await, store(&place).await);
    let clone = store.clone();
    assert!(!is_told(&clone));
    for token_id in ["first", "second"] {
        let denied = store.deny(&denial("alice", token_id), NOW).await.unwrap();
        assert_eq!(denied, Denied::Token);
    }
    assert_eq!(
        [is_told(&clone), is_told(&clone), is_told(&other)],
        [true, false, false]
    );
    other.cut_off(ISSUER, "bob", NOW).await.unwrap();
    assert_eq!([is_told(&clone), is_told(&other)], [false, true]);
    store.revoke_all(NOW).await.unwrap();
    assert_eq!([is_told(&store), is_told(&other)], [true, false]);
}
