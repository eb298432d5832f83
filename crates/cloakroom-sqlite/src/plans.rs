//! What SQLite says of how it would do a statement (<https://www.sqlite.org/eqp.html>).

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

use crate::schema::Schema;

/// The steps of a statement over the tables of a component.
pub(crate) async fn plan(schema: &Schema, statement: &'static str) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new()
        .in_memory(true)
        .connect()
        .await
        .unwrap();
    schema.migrate(&mut connection).await.unwrap();
    let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(explained).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| row.get(3)).collect()
}

/// A search goes down an index. Scanned are the tables of one row that are named here, and what a limit has bounded.
pub(crate) async fn assert_no_scans(schema: &Schema, statements: &[&'static str], small: &[&str]) {
    for statement in statements {
        for step in plan(schema, statement).await {
            assert!(
                !step.starts_with("SCAN") || small.contains(&&step[..]),
                "{step} in {statement}"
            );
            assert!(!step.contains("TEMP B-TREE"), "{step} in {statement}");
        }
    }
}
