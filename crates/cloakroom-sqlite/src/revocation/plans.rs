//! The plans of the statements: none grows with the number of rows but by the depth of an index.

use super::sql::{self, SCHEMA};
use crate::plans::{assert_no_scans, plan};

#[tokio::test]
async fn no_statement_looks_at_all_rows() {
    // What a limit has bounded, and the denials of one subject.
    let small = ["SCAN CONSTANT ROW", "SCAN (subquery-2)", "SCAN (subquery-3)"];
    assert_no_scans(&SCHEMA, &sql::ALL, &small).await;
}

#[tokio::test]
async fn what_lies_behind_a_cursor_is_found_by_its_position() {
    for statement in [sql::PAGE, sql::POLL] {
        let steps = plan(&SCHEMA, statement).await;
        let by_position =
            "SEARCH r USING INDEX cloakroom_revocation_position (position>? AND position<?) LEFT-JOIN";
        assert!(steps.iter().any(|step| step == by_position), "{steps:?}");
    }
}
