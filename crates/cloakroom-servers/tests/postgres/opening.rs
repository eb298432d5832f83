//! URLs that lead nowhere: one line, and no password in it.

use std::fs;
use std::net::TcpListener;

use cloakroom_postgres::{OpenError, PostgresSessionStore};
use cloakroom_servers::{Postgres, Scratch};

use crate::place::Place;

/// The error of opening a store there, which repeats no password.
async fn error_of(url: &str) -> OpenError {
    let error = PostgresSessionStore::connect(url).await.unwrap_err();
    let (line, debug) = (error.to_string(), format!("{error:?}"));
    assert!(!line.contains('\n'), "{line}");
    assert!(
        !line.contains("hunter2") && !debug.contains("hunter2"),
        "{line} {debug}"
    );
    error
}

#[tokio::test]
async fn a_malformed_url_is_not_repeated() {
    for url in [
        "",
        "postgres",
        "mysql://user:hunter2@127.0.0.1/db",
        "postgres://user:hunter2@127.0.0.1:port/db",
        "postgres://user:hunter2@127.0.0.1:99999/db",
        "postgres://user:hunter2@[::1/db",
        "postgres://user:hunter2@127.0.0.1/db?sslmode=perhaps",
    ] {
        let error = error_of(url).await;
        assert!(matches!(error, OpenError::InvalidUrl), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn d11_a_server_that_is_not_there_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = error_of(&format!("postgres://user:hunter2@127.0.0.1:{port}/db")).await;
    assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_by_its_name() {
    let url = Place::new().url;
    let url = format!("{}/no_such_database", url.rsplit_once('/').unwrap().0);
    let error = error_of(&url).await;
    assert_eq!(
        error.to_string(),
        "the PostgreSQL server of the store refused: database \"no_such_database\" does not exist \
         (SQLSTATE 3D000)"
    );
}

#[tokio::test]
async fn a_wrong_password_is_not_repeated() {
    let scratch = Scratch::new().unwrap();
    let server = Postgres::start(scratch.path()).unwrap();
    server
        .execute("postgres", "CREATE ROLE alice LOGIN SUPERUSER PASSWORD 'right'")
        .unwrap();
    let rules = server.data_dir().join("data/pg_hba.conf");
    let trusting = fs::read_to_string(&rules).unwrap();
    fs::write(
        &rules,
        format!("host all alice 127.0.0.1/32 scram-sha-256\n{trusting}"),
    )
    .unwrap();
    server.execute("postgres", "SELECT pg_reload_conf()").unwrap();
    let url = |password: &str| format!("postgres://alice:{password}@127.0.0.1:{}/postgres", server.port());
    // The server reads the rules a moment after it was told to.
    let error = loop {
        match PostgresSessionStore::connect(&url("hunter2")).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(_) => break error_of(&url("hunter2")).await,
        }
    };
    assert!(
        matches!(&error, OpenError::Refused(refusal) if refusal.code() == "28P01"),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "the PostgreSQL server of the store refused: password authentication failed for user \"alice\" \
         (SQLSTATE 28P01)"
    );
    PostgresSessionStore::connect(&url("right")).await.unwrap();
}
