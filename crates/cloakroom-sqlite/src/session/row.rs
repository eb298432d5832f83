use std::fmt;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{Authentication, Previous, RotationReason, Stored, Subject, Version};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row as _};

/// The format of rows that this release writes, and the only one that it reads.
pub(crate) const FORMAT: i64 = 1;

/// What a row of a session holds, as SQLite gave it. [`sql::columns`](super::sql) has the same order.
#[derive(Clone, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) format: i64,
    pub(crate) subject: Option<&'a str>,
    pub(crate) authenticated_at: Option<i64>,
    pub(crate) lineage_at: i64,
    pub(crate) created_at: i64,
    pub(crate) last_seen_at: i64,
    pub(crate) idle_deadline: i64,
    pub(crate) absolute_deadline: i64,
    pub(crate) version: i64,
    pub(crate) verifier: &'a [u8],
    pub(crate) previous: Option<&'a [u8]>,
    pub(crate) payload: &'a [u8],
}

/// A row is no session of a known format. It holds nothing of the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InvalidRow(&'static str);

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the row is no session: {}", self.0)
    }
}

impl std::error::Error for InvalidRow {}

/// The session that a row holds. Nothing that a row can hold panics.
pub(crate) fn decode(selector: Selector, parts: &Parts<'_>) -> Result<Stored, InvalidRow> {
    if parts.format != FORMAT {
        return Err(InvalidRow("its format is unknown"));
    }
    let authentication = match (parts.subject, parts.authenticated_at) {
        (None, None) => None,
        (Some(id), Some(at)) => Some(Authentication {
            subject: Subject::from_parts(id, selector.tag())
                .map_err(|_| InvalidRow("its subject is none"))?,
            at: UnixTime::from_millis(at),
        }),
        _ => return Err(InvalidRow("a subject and the time of its proof come together")),
    };
    if parts.idle_deadline > parts.absolute_deadline {
        return Err(InvalidRow("its idle deadline is after the absolute one"));
    }
    let version = u64::try_from(parts.version).map_err(|_| InvalidRow("its version is negative"))?;
    Ok(Stored {
        selector,
        verifier_hash: hash(parts.verifier)?,
        previous: parts.previous.map(decode_previous).transpose()?,
        authentication,
        lineage_at: UnixTime::from_millis(parts.lineage_at),
        created_at: UnixTime::from_millis(parts.created_at),
        last_seen_at: UnixTime::from_millis(parts.last_seen_at),
        idle_deadline: UnixTime::from_millis(parts.idle_deadline),
        absolute_deadline: UnixTime::from_millis(parts.absolute_deadline),
        version: Version::from_number(version),
        payload: Arc::from(parts.payload),
    })
}

/// The verifier that a rotation replaces: its hash, the time in big-endian milliseconds, the reason.
pub(crate) fn encode_previous(previous: &Previous) -> [u8; 41] {
    let mut bytes = [0; 41];
    bytes[..32].copy_from_slice(previous.verifier_hash.as_bytes());
    bytes[32..40].copy_from_slice(&previous.rotated_at.as_millis().to_be_bytes());
    bytes[40] = match previous.reason {
        RotationReason::Periodic => 1,
        RotationReason::Authentication => 2,
    };
    bytes
}

fn decode_previous(bytes: &[u8]) -> Result<Previous, InvalidRow> {
    const WRONG: InvalidRow = InvalidRow("its previous verifier is none");
    let (verifier, rest) = bytes.split_first_chunk::<32>().ok_or(WRONG)?;
    let (millis, reason) = rest.split_first_chunk::<8>().ok_or(WRONG)?;
    Ok(Previous {
        verifier_hash: VerifierHash::from_bytes(*verifier),
        rotated_at: UnixTime::from_millis(i64::from_be_bytes(*millis)),
        reason: match reason {
            [1] => RotationReason::Periodic,
            [2] => RotationReason::Authentication,
            _ => return Err(WRONG),
        },
    })
}

fn hash(bytes: &[u8]) -> Result<VerifierHash, InvalidRow> {
    match bytes.try_into() {
        Ok(bytes) => Ok(VerifierHash::from_bytes(bytes)),
        Err(_) => Err(InvalidRow("its verifier is none")),
    }
}

/// The session of `selector`, from the columns of a statement.
pub(super) fn read(selector: Selector, row: &SqliteRow) -> Result<Stored, Error> {
    let parts = Parts {
        format: row.try_get(0)?,
        subject: row.try_get(1)?,
        authenticated_at: row.try_get(2)?,
        lineage_at: row.try_get(3)?,
        created_at: row.try_get(4)?,
        last_seen_at: row.try_get(5)?,
        idle_deadline: row.try_get(6)?,
        absolute_deadline: row.try_get(7)?,
        version: row.try_get(8)?,
        verifier: row.try_get(9)?,
        previous: row.try_get(10)?,
        payload: row.try_get(11)?,
    };
    decode(selector, &parts).map_err(|error| Error::Decode(error.into()))
}

/// The same where the statement gives the selector too, after the others.
pub(super) fn read_listed(row: &SqliteRow) -> Result<Stored, Error> {
    let selector: &[u8] = row.try_get(12)?;
    let selector = selector
        .try_into()
        .map_err(|_| Error::Decode(InvalidRow("its selector is none").into()))?;
    read(Selector::from_bytes(selector), row)
}

#[cfg(test)]
mod tests {
    use cloakroom_core::UnixTime;
    use cloakroom_store::cloakroom_id::Selector;
    use proptest::prelude::*;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{AssertSqlSafe, ConnectOptions as _};

    use super::{Parts, decode, encode_previous, read};
    use crate::error::Fault;

    prop_compose! {
        /// Parts that are often right.
        fn parts()(
            format in prop_oneof![4 => Just(1), 1 => any::<i64>()],
            subject in prop_oneof![
                Just(None),
                any::<String>().prop_map(Some),
                "[a-z]{1,300}".prop_map(Some),
            ],
            authenticated_at in any::<Option<i64>>(),
            times in any::<[i64; 5]>(),
            version in any::<i64>(),
            verifier in prop_oneof![
                3 => prop::collection::vec(any::<u8>(), 32),
                1 => prop::collection::vec(any::<u8>(), 0..70),
            ],
            previous in prop_oneof![
                Just(None),
                prop::collection::vec(any::<u8>(), 41).prop_map(|mut bytes| {
                    bytes[40] %= 4;
                    Some(bytes)
                }),
                prop::collection::vec(any::<u8>(), 0..70).prop_map(Some),
            ],
            payload in prop::collection::vec(any::<u8>(), 0..100),
        ) -> (i64, Option<String>, Option<i64>, [i64; 5], i64, Vec<u8>, Option<Vec<u8>>, Vec<u8>) {
            (format, subject, authenticated_at, times, version, verifier, previous, payload)
        }
    }

    proptest! {
        /// Whatever a row holds is refused, or is a session whose every part says the same as the row's.
        #[test]
        fn d11_a_row_is_a_session_or_corrupt(
            (format, subject, authenticated_at, times, version, verifier, previous, payload) in parts(),
            selector in any::<[u8; 16]>(),
        ) {
            let selector = Selector::from_bytes(selector);
            let parts = Parts {
                format,
                subject: subject.as_deref(),
                authenticated_at,
                lineage_at: times[0],
                created_at: times[1],
                last_seen_at: times[2],
                idle_deadline: times[3],
                absolute_deadline: times[4],
                version,
                verifier: &verifier,
                previous: previous.as_deref(),
                payload: &payload,
            };
            if let Ok(stored) = decode(selector, &parts) {
                prop_assert_eq!(format, 1);
                prop_assert_eq!(stored.selector, selector);
                prop_assert_eq!(&stored.verifier_hash.as_bytes()[..], &verifier[..]);
                let previous_again = stored.previous.as_ref().map(|previous| encode_previous(previous).to_vec());
                prop_assert_eq!(previous_again, previous);
                let known = stored.authentication.as_ref();
                prop_assert_eq!(known.map(|known| known.subject.as_str()), subject.as_deref());
                prop_assert_eq!(known.map(|known| known.at.as_millis()), authenticated_at);
                prop_assert!(known.is_none_or(|known| known.subject.tag() == selector.tag()));
                prop_assert_eq!(i64::try_from(stored.version.number()), Ok(version));
                prop_assert!(stored.idle_deadline <= stored.absolute_deadline);
                let again = [
                    stored.lineage_at,
                    stored.created_at,
                    stored.last_seen_at,
                    stored.idle_deadline,
                    stored.absolute_deadline,
                ];
                prop_assert_eq!(again.map(UnixTime::as_millis), times);
                prop_assert_eq!(&stored.payload[..], &payload[..]);
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
