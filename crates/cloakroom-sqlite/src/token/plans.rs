//! The plans of the statements: none grows with the number of rows but by the depth of an index.

use super::sql::{self, SCHEMA};
use crate::plans::{assert_no_scans, plan};

#[tokio::test]
async fn no_statement_looks_at_all_rows() {
    let small = ["SCAN CONSTANT ROW", "SCAN (subquery-1)"];
    assert_no_scans(&SCHEMA, &sql::ALL, &small).await;
}

#[tokio::test]
async fn one_family_is_found_by_its_id() {
    let by_id = "SEARCH s USING INDEX sqlite_autoindex_cloakroom_token_family_1 (id=?)";
    for statement in [sql::ROTATE, sql::FAMILY] {
        let steps = plan(&SCHEMA, statement).await;
        assert_eq!(steps.first().map(String::as_str), Some(by_id), "{steps:?}");
    }
}
