//! Rows in PostgreSQL's binary format, as sessions. Nothing here but bytes, so that it can be fuzzed without a server.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::{Selector, VerifierHash};
use cloakroom_store::{Authentication, Previous, RotationReason, Stored, Subject, Version};

/// The format of the rows that are written here. Another one is read by nobody.
pub(crate) const FORMAT: i16 = 1;

/// How many columns make up a session.
pub(crate) const COLUMNS: usize = 15;

/// Their names, in the order in which [`decode`] takes them.
pub(crate) const NAMES: [&str; COLUMNS] = [
    "format",
    "selector",
    "verifier_hash",
    "previous_hash",
    "rotated_at",
    "rotation_reason",
    "subject",
    "authenticated_at",
    "lineage_at",
    "created_at",
    "last_seen_at",
    "idle_deadline",
    "absolute_deadline",
    "version",
    "payload",
];

/// `rotation_reason` of a periodic rotation.
const PERIODIC: i16 = 1;
/// `rotation_reason` of a rotation by a fresh authentication.
const AUTHENTICATION: i16 = 2;

/// The number that stands for `reason`.
pub(crate) const fn reason_number(reason: RotationReason) -> i16 {
    match reason {
        RotationReason::Periodic => PERIODIC,
        RotationReason::Authentication => AUTHENTICATION,
    }
}

/// The session of these columns, `None` where they are NULL.
pub(crate) fn decode(columns: &[Option<&[u8]>; COLUMNS]) -> Result<Stored, InvalidRow> {
    // The format comes first: what it does not know, it does not read.
    let format = small(columns[0], "format")?;
    if format != FORMAT {
        return Err(InvalidRow("format"));
    }
    let selector = Selector::from_bytes(exactly(columns[1], "selector")?);
    let previous = match (columns[3], columns[4], columns[5]) {
        (None, None, None) => None,
        (hash, rotated_at, reason) => Some(Previous {
            verifier_hash: VerifierHash::from_bytes(exactly(hash, "previous_hash")?),
            rotated_at: time(rotated_at, "rotated_at")?,
            reason: match small(reason, "rotation_reason")? {
                PERIODIC => RotationReason::Periodic,
                AUTHENTICATION => RotationReason::Authentication,
                _ => return Err(InvalidRow("rotation_reason")),
            },
        }),
    };
    let authentication = match (columns[6], columns[7]) {
        (None, None) => None,
        (subject, at) => {
            let id = subject.and_then(|bytes| std::str::from_utf8(bytes).ok());
            let subject = id.and_then(|id| Subject::from_parts(id, selector.tag()).ok());
            Some(Authentication {
                subject: subject.ok_or(InvalidRow("subject"))?,
                at: time(at, "authenticated_at")?,
            })
        }
    };
    let version = u64::try_from(big(columns[13], "version")?).map_err(|_| InvalidRow("version"))?;
    Ok(Stored {
        selector,
        verifier_hash: VerifierHash::from_bytes(exactly(columns[2], "verifier_hash")?),
        previous,
        authentication,
        lineage_at: time(columns[8], "lineage_at")?,
        created_at: time(columns[9], "created_at")?,
        last_seen_at: time(columns[10], "last_seen_at")?,
        idle_deadline: time(columns[11], "idle_deadline")?,
        absolute_deadline: time(columns[12], "absolute_deadline")?,
        version: Version::from_number(version),
        payload: Arc::from(columns[14].ok_or(InvalidRow("payload"))?),
    })
}

fn exactly<const N: usize>(column: Option<&[u8]>, name: &'static str) -> Result<[u8; N], InvalidRow> {
    column
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(InvalidRow(name))
}

fn small(column: Option<&[u8]>, name: &'static str) -> Result<i16, InvalidRow> {
    exactly(column, name).map(i16::from_be_bytes)
}

fn big(column: Option<&[u8]>, name: &'static str) -> Result<i64, InvalidRow> {
    exactly(column, name).map(i64::from_be_bytes)
}

fn time(column: Option<&[u8]>, name: &'static str) -> Result<UnixTime, InvalidRow> {
    big(column, name).map(UnixTime::from_millis)
}

/// A row is no session of a known format: the column at fault. Its content is not echoed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InvalidRow(&'static str);

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the column {} of a session holds nothing that is known",
            self.0
        )
    }
}

impl Error for InvalidRow {}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    /// The columns of a session that has everything.
    fn whole() -> Vec<Option<Vec<u8>>> {
        let time = |millis: i64| Some(millis.to_be_bytes().to_vec());
        vec![
            Some(vec![0, 1]),
            Some((0..16).collect()),
            Some(vec![7; 32]),
            Some(vec![8; 32]),
            time(5),
            Some(vec![0, 2]),
            Some(b"alice".to_vec()),
            time(1),
            time(2),
            time(3),
            time(4),
            time(6),
            time(i64::MAX),
            time(9),
            Some(b"payload".to_vec()),
        ]
    }

    fn read(columns: &[Option<Vec<u8>>]) -> Result<Stored, InvalidRow> {
        let columns: Vec<_> = columns.iter().map(Option::as_deref).collect();
        decode(&columns.try_into().expect("as many as there are"))
    }

    #[test]
    fn a_whole_row_is_a_session() {
        let session = read(&whole()).unwrap();
        assert_eq!(session.selector.as_bytes()[15], 15);
        let previous = session.previous.unwrap();
        assert_eq!(previous.reason, RotationReason::Authentication);
        assert_eq!(previous.rotated_at, UnixTime::from_millis(5));
        let known = session.authentication.unwrap();
        assert_eq!(
            (known.subject.as_str(), known.at),
            ("alice", UnixTime::from_millis(1))
        );
        assert_eq!(known.subject.tag(), session.selector.tag());
        assert_eq!(session.lineage_at, UnixTime::from_millis(2));
        assert_eq!(session.created_at, UnixTime::from_millis(3));
        assert_eq!(session.last_seen_at, UnixTime::from_millis(4));
        assert_eq!(session.idle_deadline, UnixTime::from_millis(6));
        assert_eq!(session.absolute_deadline, UnixTime::MAX);
        assert_eq!(session.version.number(), 9);
        assert_eq!(&*session.payload, b"payload");
    }

    #[test]
    fn a_visitor_has_neither_subject_nor_previous_verifier() {
        let mut columns = whole();
        for column in [3, 4, 5, 6, 7] {
            columns[column] = None;
        }
        let session = read(&columns).unwrap();
        assert_eq!((session.previous, session.authentication), (None, None));
    }

    #[test]
    fn d11_what_is_not_known_is_told_by_its_column_alone() {
        for (column, bytes) in [
            (0, Some(vec![0, 2])),
            (0, Some(vec![0, 0])),
            (0, None),
            (1, Some(vec![1; 15])),
            (2, Some(vec![1; 33])),
            (3, None),
            (4, None),
            (5, Some(vec![0, 3])),
            (6, Some(Vec::new())),
            (6, Some(vec![b'a'; 256])),
            (6, Some(vec![0xff])),
            (6, Some(vec![0])),
            (6, None),
            (7, None),
            (8, Some(vec![0; 4])),
            (12, None),
            (13, Some((-1_i64).to_be_bytes().to_vec())),
            (14, None),
        ] {
            let mut columns = whole();
            columns[column].clone_from(&bytes);
            assert_eq!(read(&columns), Err(InvalidRow(NAMES[column])), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn hostile_columns_never_panic(columns in vec(option::of(vec(any::<u8>(), 0..40)), COLUMNS)) {
            let _ = read(&columns);
        }

        #[test]
        fn one_hostile_column_is_read_or_refused(at in 0..COLUMNS, bytes in option::of(vec(any::<u8>(), 0..40))) {
            let mut columns = whole();
            columns[at] = bytes;
            let _ = read(&columns);
        }
    }
}
