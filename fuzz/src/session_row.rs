//! Rows of sessions from a database that may say anything.

#[path = "../../crates/cloakroom-postgres/src/session/row.rs"]
#[allow(dead_code, reason = "that crate has more use for it")]
mod postgres;

use cloakroom_id::Selector;
use cloakroom_redis::row as redis;
use cloakroom_store::{InvalidRow, Row, StoreError, StoreErrorKind, Stored};

use crate::input::Input;

/// Laws, for any parts of a row, for any bytes as a row of Redis, and for any columns of PostgreSQL:
///
/// 1. A row decodes exactly when a second writing of the rules says so, and otherwise it is `Corrupt`; the error says
///    nothing of the row.
/// 2. What decodes says in each part what the row says, and encodes to the same row: the same parts, the same bytes.
/// 3. A session that was decoded belongs to a subject of its selector's tag or to nobody, does not end by disuse after
///    it ends, and has a version that was counted from 1.
///
/// SQLite's columns are the parts themselves, but for the previous verifier, which a test of its crate holds to this.
///
/// # Panics
///
/// When a law is broken.
pub fn session_row(data: &[u8]) {
    let [kind, rest @ ..] = data else { return };
    match kind % 4 {
        0 => {
            let (selector, row) = rest.split_at(rest.len().min(16));
            let mut key = [7; 16];
            key[..selector.len()].copy_from_slice(selector);
            bytes_of_redis(Selector::from_bytes(key), row);
        }
        1 => columns_of_postgres(&mut Input(rest)),
        _ => parts(&mut Input(rest)),
    }
}

/// Parts that are often right: `shape` has a bit for each that may be wrong.
fn parts(input: &mut Input<'_>) {
    let shape = u16::from_be_bytes(input.array());
    let wrong = |bit: u16| shape & 1 << bit != 0;
    let mut sized = |length: usize, is_wrong: bool| {
        let length = if is_wrong {
            usize::from(input.byte())
        } else {
            length
        };
        input.take(length)
    };
    let selector = sized(16, wrong(0));
    let verifier_hash = sized(32, wrong(1));
    let previous_hash = wrong(2).then(|| sized(32, wrong(3)));
    let subject = wrong(4).then(|| {
        let length = sized(1, false).first().copied().unwrap_or_default();
        sized(usize::from(length), wrong(5))
    });
    let format = if wrong(6) { input.i64() } else { 1 };
    let version = if wrong(7) { input.i64() } else { 1 };
    let row = Row {
        format,
        selector,
        verifier_hash,
        previous_hash,
        rotated_at: (wrong(2) != wrong(8)).then(|| input.i64()),
        rotation_reason: (wrong(2) != wrong(9)).then(|| if wrong(10) { input.i64() } else { 1 }),
        subject,
        authenticated_at: (wrong(4) != wrong(11)).then(|| input.i64()),
        lineage_at: input.i64(),
        created_at: input.i64(),
        last_seen_at: input.i64(),
        idle_deadline: if wrong(12) { input.i64() } else { i64::MIN },
        absolute_deadline: input.i64(),
        version,
        payload: input.0,
    };
    match row.decode() {
        Ok(session) => {
            assert!(is_session(&row), "a session of a row that is none");
            holds_together(&session);
            assert!(
                Row::encode(&session) == Ok(row),
                "a session says something else than its row"
            );
        }
        Err(error) => {
            assert!(!is_session(&row), "refused for its {}", error.part());
            refused(error);
        }
    }
}

fn is_session(row: &Row<'_>) -> bool {
    let previous = match (row.previous_hash, row.rotated_at, row.rotation_reason) {
        (Some(hash), Some(_), Some(reason)) => hash.len() == 32 && (reason == 1 || reason == 2),
        (hash, at, reason) => hash.is_none() && at.is_none() && reason.is_none(),
    };
    let subject = match (row.subject, row.authenticated_at) {
        (Some(id), Some(_)) => {
            (1..256).contains(&id.len()) && !id.contains(&0) && std::str::from_utf8(id).is_ok()
        }
        (subject, at) => subject.is_none() && at.is_none(),
    };
    previous
        && subject
        && row.format == 1
        && row.selector.len() == 16
        && row.verifier_hash.len() == 32
        && row.idle_deadline <= row.absolute_deadline
        && row.version >= 1
}

fn bytes_of_redis(selector: Selector, row: &[u8]) {
    match redis::decode(selector, row) {
        Ok(session) => {
            holds_together(&session);
            assert_eq!(session.selector, selector);
            assert!(
                redis::encode(&session).as_deref() == Ok(row),
                "a row that reads is written another way"
            );
            // What it says is what its parts say.
            let parts = Row::encode(&session).expect("it was a row");
            assert!(parts.decode() == Ok(session.clone()));
            assert!(row.ends_with(parts.payload));
        }
        Err(error) => refused(error),
    }
}

/// How long a column is when nothing is wrong with it.
const LENGTHS: [usize; postgres::COLUMNS] = [2, 16, 32, 32, 8, 2, 5, 8, 8, 8, 8, 8, 8, 8, 3];

fn columns_of_postgres(input: &mut Input<'_>) {
    let mut columns = [None; postgres::COLUMNS];
    let missing = u16::from_be_bytes(input.array());
    let wrong = u16::from_be_bytes(input.array());
    for (at, column) in columns.iter_mut().enumerate() {
        let length = if wrong & 1 << at == 0 {
            LENGTHS[at]
        } else {
            usize::from(input.byte())
        };
        *column = (missing & 1 << at == 0).then(|| input.take(length));
    }
    let session = match postgres::decode(&columns) {
        Ok(session) => session,
        Err(error) => return refused(error),
    };
    holds_together(&session);
    let row = Row::encode(&session).expect("it was a row");
    let small = |number: Option<i64>| {
        number.map(|number| i16::try_from(number).expect("it was one").to_be_bytes().to_vec())
    };
    let big = |number: Option<i64>| number.map(|number| number.to_be_bytes().to_vec());
    let bytes = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    let again = [
        small(Some(row.format)),
        bytes(Some(row.selector)),
        bytes(Some(row.verifier_hash)),
        bytes(row.previous_hash),
        big(row.rotated_at),
        small(row.rotation_reason),
        bytes(row.subject),
        big(row.authenticated_at),
        big(Some(row.lineage_at)),
        big(Some(row.created_at)),
        big(Some(row.last_seen_at)),
        big(Some(row.idle_deadline)),
        big(Some(row.absolute_deadline)),
        big(Some(row.version)),
        bytes(Some(row.payload)),
    ];
    assert!(
        columns == again.each_ref().map(Option::as_deref),
        "a session says something else than its columns"
    );
}

fn holds_together(session: &Stored) {
    let known = session.authentication.as_ref();
    assert!(known.is_none_or(|known| known.subject.tag() == session.selector.tag()));
    assert!(session.idle_deadline <= session.absolute_deadline);
    assert!(session.version.number() >= 1 && i64::try_from(session.version.number()).is_ok());
}

fn refused(error: InvalidRow) {
    let told = error.to_string();
    assert!(told.starts_with("the ") && told.ends_with(" of a stored session is nothing that is known"));
    assert!(
        error
            .part()
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    );
    assert_eq!(StoreError::from(error).kind(), StoreErrorKind::Corrupt);
}
