//! Rows in PostgreSQL's binary format, as sessions. Nothing here but bytes, so that it can be fuzzed without a server.

use cloakroom_store::{InvalidRow, Row, Stored};

/// [`Row::FORMAT`] in the type of its column.
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

/// The session of these columns, `None` where they are NULL.
pub(crate) fn decode(columns: &Columns<'_>) -> Result<Stored, InvalidRow> {
    // The format comes first: what it does not know, it does not read.
    let format = small(columns, 0)?;
    if format != i64::from(FORMAT) {
        return Err(InvalidRow::of(NAMES[0]));
    }
    let row = Row {
        format,
        selector: some(columns, 1)?,
        verifier_hash: some(columns, 2)?,
        previous_hash: columns[3],
        rotated_at: optional(columns, 4, big)?,
        rotation_reason: optional(columns, 5, small)?,
        subject: columns[6],
        authenticated_at: optional(columns, 7, big)?,
        lineage_at: big(columns, 8)?,
        created_at: big(columns, 9)?,
        last_seen_at: big(columns, 10)?,
        idle_deadline: big(columns, 11)?,
        absolute_deadline: big(columns, 12)?,
        version: big(columns, 13)?,
        payload: some(columns, 14)?,
    };
    row.decode()
}

type Columns<'a> = [Option<&'a [u8]>; COLUMNS];

fn some<'a>(columns: &Columns<'a>, at: usize) -> Result<&'a [u8], InvalidRow> {
    columns[at].ok_or(InvalidRow::of(NAMES[at]))
}

fn exactly<const N: usize>(columns: &Columns<'_>, at: usize) -> Result<[u8; N], InvalidRow> {
    some(columns, at)?
        .try_into()
        .map_err(|_| InvalidRow::of(NAMES[at]))
}

/// A `smallint`.
fn small(columns: &Columns<'_>, at: usize) -> Result<i64, InvalidRow> {
    exactly(columns, at).map(|bytes| i16::from_be_bytes(bytes).into())
}

/// A `bigint`.
fn big(columns: &Columns<'_>, at: usize) -> Result<i64, InvalidRow> {
    exactly(columns, at).map(i64::from_be_bytes)
}

fn optional(
    columns: &Columns<'_>,
    at: usize,
    read: fn(&Columns<'_>, usize) -> Result<i64, InvalidRow>,
) -> Result<Option<i64>, InvalidRow> {
    columns[at].map(|_| read(columns, at)).transpose()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use cloakroom_store::RotationReason;
    use cloakroom_store::cloakroom_core::UnixTime;

    use super::*;

    #[test]
    fn the_format_is_the_one_of_all_stores() {
        assert_eq!(i64::from(FORMAT), Row::FORMAT);
    }

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
            (7, Some(vec![0; 7])),
            (8, Some(vec![0; 4])),
            (11, Some(vec![0; 9])),
            (12, None),
            (13, Some(0_i64.to_be_bytes().to_vec())),
            (13, Some((-1_i64).to_be_bytes().to_vec())),
            (14, None),
        ] {
            let mut columns = whole();
            columns[column].clone_from(&bytes);
            assert_eq!(read(&columns), Err(InvalidRow::of(NAMES[column])), "{bytes:?}");
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
