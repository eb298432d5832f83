//! The plans of the statements: none grows with the number of rows but by the depth of an index.

use super::sql::{self, SCHEMA};
use crate::plans::{assert_no_scans, plan};

const BY_SELECTOR: &str = "SEARCH s USING INDEX sqlite_autoindex_cloakroom_session_1 (selector=?)";

#[tokio::test]
async fn d9_list_and_delete_by_subject_use_the_index_of_subjects() {
    let cases = [
        (
            sql::LIST,
            "SEARCH s USING INDEX cloakroom_session_subject (subject=? AND selector>?)",
        ),
        (
            sql::COUNT_LIVE,
            "SEARCH s USING INDEX cloakroom_session_subject (subject=?)",
        ),
        (
            sql::DELETE_BY_SUBJECT,
            "SEARCH cloakroom_session USING INDEX cloakroom_session_subject (subject=?)",
        ),
    ];
    for (statement, step) in cases {
        let steps = plan(&SCHEMA, statement).await;
        assert_eq!(steps.first().map(String::as_str), Some(step), "{steps:?}");
        // The list comes in the order of the index.
        assert!(
            !steps.iter().any(|step| step.contains("TEMP B-TREE")),
            "{steps:?}"
        );
    }
}

#[tokio::test]
async fn one_session_is_found_by_its_selector() {
    for statement in [
        sql::LOAD[0],
        sql::LOAD[6],
        sql::UPDATE,
        sql::TOUCH,
        sql::ROTATE,
        sql::SPARE,
    ] {
        let steps = plan(&SCHEMA, statement).await;
        assert_eq!(steps.first().map(String::as_str), Some(BY_SELECTOR), "{steps:?}");
    }
}

/// A search goes down an index. Scanned are the table of one row, and what a limit has bounded before.
#[tokio::test]
async fn no_statement_looks_at_all_rows() {
    const SMALL: [&str; 5] = [
        "SCAN w",
        "SCAN w EXISTS",
        "SCAN cloakroom_session_store",
        "SCAN CONSTANT ROW",
        "SCAN (subquery-1)",
    ];
    assert_no_scans(&SCHEMA, &sql::ALL, &SMALL).await;
}
