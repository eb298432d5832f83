use cloakroom_redis::{OpenError, RedisSessionStore};

use crate::place::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_a_cluster_is_no_single_server() {
    let port = Place::shared().ports()[0];
    let error = RedisSessionStore::connect(&format!("redis://127.0.0.1:{port}"))
        .await
        .unwrap_err();
    assert!(matches!(error, OpenError::Mode(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reachable_node_is_enough() {
    let place = Place::shared();
    let port = place.ports()[4];
    for url in [
        format!("redis+cluster://127.0.0.1:{port}"),
        format!("redis+cluster://127.0.0.1:1,127.0.0.1:{port}/"),
    ] {
        assert!(place.builder().connect(&url).await.is_ok(), "{url}");
    }
}
