//! What is said when a store cannot be opened: one line, without the password.

use cloakroom_redis::{OpenError, RedisSessionStore};
use cloakroom_servers::{RedisOptions, shared};

use crate::place::server;

async fn refused(url: &str) -> OpenError {
    let error = RedisSessionStore::connect(url).await.unwrap_err();
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    for part in ["hunter2", "ada:", "@127"] {
        assert!(!line.contains(part), "{line}");
        assert!(!format!("{error:?}").contains(part), "{error:?}");
    }
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_url_is_refused_without_the_network() {
    for url in [
        "",
        "redis",
        "redis:",
        "http://ada:hunter2@127.0.0.1",
        "redis://ada:hunter2@127.0.0.1:port",
        "redis://ada:hunter2@127.0.0.1:6379/database",
        "redis+cluster://",
        "redis+cluster://ada:hunter2@127.0.0.1:port",
        "redis+cluster://ada:hunter2@127.0.0.1:1,",
        "redis+cluster://ada:hunter2@127.0.0.1:1/3",
        "memory+cluster://127.0.0.1:1",
        "rediss://ada:hunter2@127.0.0.1",
        "rediss+cluster://ada:hunter2@127.0.0.1:1",
    ] {
        let error = refused(url).await;
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error:?}");
    }
    let error = RedisSessionStore::builder()
        .prefix("a{b}")
        .connect(shared::redis())
        .await
        .unwrap_err();
    assert!(matches!(error, OpenError::Prefix), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_reaches_is_unreachable() {
    let (redis, _scratch) = server(&RedisOptions::default());
    let port = redis.port();
    redis.stop();
    for url in [
        format!("redis://ada:hunter2@127.0.0.1:{port}"),
        format!("redis+cluster://ada:hunter2@127.0.0.1:{port}"),
    ] {
        let error = refused(&url).await;
        assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_and_a_wrong_database_are_named() {
    let (redis, _scratch) = server(&RedisOptions::default().set("requirepass", "right"));
    let port = redis.port();
    for url in [
        format!("redis://127.0.0.1:{port}"),
        format!("redis://:hunter2@127.0.0.1:{port}"),
        format!("redis://ada:hunter2@127.0.0.1:{port}"),
        format!("redis+cluster://:hunter2@127.0.0.1:{port}"),
    ] {
        let error = refused(&url).await;
        assert!(matches!(error, OpenError::Credentials), "{error:?}");
    }
    let error = refused(&format!("redis://:right@127.0.0.1:{port}/99")).await;
    assert!(matches!(error, OpenError::Database), "{error:?}");
    let url = format!("redis://:right@127.0.0.1:{port}/3");
    assert!(RedisSessionStore::connect(&url).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_kind_of_server_is_refused() {
    let single = shared::redis().replace("redis://", "redis+cluster://");
    let error = refused(&single).await;
    assert!(matches!(error, OpenError::Mode(_)), "{error:?}");
    let (node, _scratch) = server(&RedisOptions::default().set("cluster-enabled", "yes"));
    let error = refused(&node.url()).await;
    assert!(matches!(error, OpenError::Mode(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_evicts_is_refused_unless_that_is_accepted() {
    let options = RedisOptions::default()
        .set("maxmemory", "100mb")
        .set("maxmemory-policy", "allkeys-lru");
    let (redis, _scratch) = server(&options);
    let error = refused(&redis.url()).await;
    assert!(
        matches!(&error, OpenError::Evicts(policy) if policy == "allkeys-lru"),
        "{error:?}"
    );
    let accepted = RedisSessionStore::builder().accept_eviction();
    assert!(accepted.connect(&redis.url()).await.is_ok());
}
