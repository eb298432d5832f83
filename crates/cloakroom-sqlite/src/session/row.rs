use cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{InvalidRow, Previous, Row, Stored};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row as _};

/// The previous verifier's hash, the time of its replacement in big-endian milliseconds, the reason.
const PREVIOUS_LEN: usize = 41;

/// The session of `selector`, from the columns of a statement, in the order of [`sql::columns`](super::sql). Nothing
/// that a row can hold panics.
pub(super) fn read(selector: Selector, row: &SqliteRow) -> Result<Stored, Error> {
    let previous: Option<&[u8]> = row.try_get(10)?;
    let previous = previous.map(split_previous).transpose().map_err(corrupt)?;
    let subject: Option<&str> = row.try_get(1)?;
    let parts = Row {
        format: row.try_get(0)?,
        selector: selector.as_bytes(),
        verifier_hash: row.try_get(9)?,
        previous_hash: previous.map(|(hash, ..)| hash),
        rotated_at: previous.map(|(_, rotated_at, _)| rotated_at),
        rotation_reason: previous.map(|(.., reason)| reason),
        subject: subject.map(str::as_bytes),
        authenticated_at: row.try_get(2)?,
        lineage_at: row.try_get(3)?,
        created_at: row.try_get(4)?,
        last_seen_at: row.try_get(5)?,
        idle_deadline: row.try_get(6)?,
        absolute_deadline: row.try_get(7)?,
        version: row.try_get(8)?,
        payload: row.try_get(11)?,
    };
    parts.decode().map_err(corrupt)
}

/// The same if it is live: a row past one of its deadlines is as good as none, whatever else stands in it.
pub(super) fn read_live(selector: Selector, row: &SqliteRow, now: UnixTime) -> Result<Option<Stored>, Error> {
    let (idle, absolute): (i64, i64) = (row.try_get(6)?, row.try_get(7)?);
    if idle.min(absolute) <= now.as_millis() {
        return Ok(None);
    }
    read(selector, row).map(Some)
}

/// Whether this is the selector that the statement gives, after the other columns.
pub(super) fn is_of(selector: &Selector, row: &SqliteRow) -> Result<bool, Error> {
    Ok(row.try_get::<&[u8], _>(12)? == selector.as_bytes())
}

/// The same as [`read`] where the statement gives the selector too.
pub(super) fn read_listed(row: &SqliteRow) -> Result<Stored, Error> {
    let selector: &[u8] = row.try_get(12)?;
    let selector = selector
        .try_into()
        .map_err(|_| corrupt(InvalidRow::of("selector")))?;
    read(Selector::from_bytes(selector), row)
}

/// The verifier that a rotation replaces, as it is stored.
pub(crate) fn encode_previous(previous: &Previous) -> [u8; PREVIOUS_LEN] {
    let mut bytes = [0; PREVIOUS_LEN];
    bytes[..32].copy_from_slice(previous.verifier_hash.as_bytes());
    bytes[32..40].copy_from_slice(&previous.rotated_at.as_millis().to_be_bytes());
    bytes[40] = previous.reason.number();
    bytes
}

fn split_previous(bytes: &[u8]) -> Result<(&[u8], i64, i64), InvalidRow> {
    const WRONG: InvalidRow = InvalidRow::of("previous_hash");
    let bytes: &[u8; PREVIOUS_LEN] = bytes.try_into().map_err(|_| WRONG)?;
    let (hash, rest) = bytes.split_at(32);
    let (millis, reason) = rest.split_first_chunk().ok_or(WRONG)?;
    let &[reason] = reason else { return Err(WRONG) };
    Ok((hash, i64::from_be_bytes(*millis), reason.into()))
}

fn corrupt(invalid: InvalidRow) -> Error {
    Error::Decode(invalid.into())
}

#[cfg(test)]
mod tests {
    use cloakroom_store::Row;
    use cloakroom_store::cloakroom_id::Selector;
    use proptest::prelude::*;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{AssertSqlSafe, ConnectOptions as _};

    use super::{encode_previous, read, split_previous};
    use crate::error::Fault;

    proptest! {
        /// Whatever stands there is refused, or says the same as the session that is read from it.
        #[test]
        fn d11_a_previous_verifier_is_one_or_corrupt(
            bytes in prop_oneof![
                prop::collection::vec(any::<u8>(), 41).prop_map(|mut bytes| {
                    bytes[40] %= 4;
                    bytes
                }),
                prop::collection::vec(any::<u8>(), 0..70),
            ],
        ) {
            let Ok((hash, rotated_at, reason)) = split_previous(&bytes) else {
                prop_assert_ne!(bytes.len(), 41);
                return Ok(());
            };
            let row = Row {
                format: 1,
                selector: &[0; 16],
                verifier_hash: &[0; 32],
                previous_hash: Some(hash),
                rotated_at: Some(rotated_at),
                rotation_reason: Some(reason),
                subject: None,
                authenticated_at: None,
                lineage_at: 0,
                created_at: 0,
                last_seen_at: 0,
                idle_deadline: 0,
                absolute_deadline: 0,
                version: 1,
                payload: &[],
            };
            match row.decode() {
                Ok(stored) => prop_assert_eq!(&encode_previous(&stored.previous.unwrap())[..], &bytes[..]),
                Err(error) => prop_assert_eq!((error.part(), matches!(bytes[40], 1 | 2)), ("rotation_reason", false)),
            }
        }
    }

    /// A value of each type in each column, as a table that is not strict could hold them.
    #[tokio::test]
    async fn d11_a_value_of_another_type_is_corrupt() {
        let right = [
            "1",
            "NULL",
            "NULL",
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "zeroblob(32)",
            "NULL",
            "x'00'",
        ];
        let wrong = [
            "NULL",
            "7",
            "1.5",
            "'text'",
            "''",
            "x'ff'",
            "x''",
            "CAST(x'ff' AS TEXT)",
            "zeroblob(41)",
        ];
        let mut connection = SqliteConnectOptions::new()
            .in_memory(true)
            .connect()
            .await
            .unwrap();
        let selector = Selector::from_bytes([1; 16]);
        let mut refused = 0;
        for column in 0..right.len() {
            for value in wrong {
                let mut columns = right;
                columns[column] = value;
                let row = sqlx::query(AssertSqlSafe(format!("SELECT {}", columns.join(", "))))
                    .fetch_one(&mut connection)
                    .await
                    .unwrap();
                if let Err(error) = read(selector, &row) {
                    assert_eq!(
                        Fault::of(&error),
                        Fault::Corrupt,
                        "{value} in column {column}: {error}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(refused > 70, "{refused}");
    }
}
