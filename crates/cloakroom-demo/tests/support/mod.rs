//! A server as its own process, and a browser so simple that a test sees every byte.

#![allow(dead_code, reason = "each test crate uses its own part of this module")]

#[cfg(feature = "browser")]
pub(crate) mod canned;
#[cfg(feature = "browser")]
pub(crate) mod chromium;
pub(crate) mod client;
pub(crate) mod held;
pub(crate) mod server;

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

/// Another process's connection to the database.
pub(crate) async fn connect(db: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(db).connect().await.unwrap()
}

/// What the password of the only account is compared with.
pub(crate) async fn password_hash(db: &Path) -> String {
    let mut connection = connect(db).await;
    let hash = sqlx::query_scalar("SELECT password_hash FROM users");
    let hash = hash.fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    hash
}

/// Runs one statement on the database and lets go of it.
pub(crate) async fn execute(db: &Path, statement: &'static str) {
    let mut connection = connect(db).await;
    sqlx::query(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
