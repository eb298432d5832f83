//! What the texts of statements are made of.

use std::fmt::Write as _;

use cloakroom_core::UnixTime;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Postgres, SqlStr};

/// The query of a statement: its text is known, and what it is given is bound to it.
pub(crate) fn query<'q>(text: &SqlStr) -> Query<'q, Postgres, PgArguments> {
    sqlx::query(text.clone())
}

/// `text` as an expression, of hex digits alone: for scripts, to which nothing can be bound.
pub(crate) fn text(text: &str) -> String {
    format!("convert_from({}, 'UTF8')", hex(text.as_bytes()))
}

/// `bytes` as an expression of type `bytea`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2 + 16);
    text.push_str("decode('");
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push_str("', 'hex')");
    text
}

/// A time as an expression of type `bigint`. Quoted, for a bare number below 0 is an expression, and the least of all would
/// not be one.
pub(crate) fn millis(time: UnixTime) -> String {
    format!("'{}'::bigint", time.as_millis())
}

#[cfg(test)]
mod tests {
    use cloakroom_core::UnixTime;

    use super::{hex, millis, text};

    #[test]
    fn a_value_is_digits() {
        assert_eq!(hex(b"a'); --\xff"), "decode('6127293b202d2dff', 'hex')");
        assert_eq!(text("'"), "convert_from(decode('27', 'hex'), 'UTF8')");
        assert_eq!(millis(UnixTime::MIN), "'-9223372036854775808'::bigint");
    }
}
