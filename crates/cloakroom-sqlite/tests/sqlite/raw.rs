//! A look at the database past the store.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

pub(crate) async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(Duration::from_secs(10))
        .connect()
        .await
        .unwrap()
}

/// Runs statements on a connection of their own.
pub(crate) async fn run(path: &Path, statements: &str) {
    let mut connection = connect(path).await;
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// The number that a query answers.
pub(crate) async fn number(path: &Path, query: &str) -> i64 {
    let mut connection = connect(path).await;
    let row = sqlx::query(AssertSqlSafe(query))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let number = row.get(0);
    connection.close().await.unwrap();
    number
}

/// The text that a query answers.
pub(crate) async fn text(path: &Path, query: &str) -> String {
    let mut connection = connect(path).await;
    let row = sqlx::query(AssertSqlSafe(query))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let text = row.get(0);
    connection.close().await.unwrap();
    text
}
