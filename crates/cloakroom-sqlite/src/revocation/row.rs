use cloakroom_revocation::{Entry, EntryRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row as _};

/// The entry that begins at column `first`.
pub(super) fn entry(row: &SqliteRow, first: usize) -> Result<Entry, Error> {
    let parts = EntryRow {
        kind: row.try_get(first)?,
        issuer: row.try_get(first + 1)?,
        name: row.try_get(first + 2)?,
        at: row.try_get(first + 3)?,
        keep_until: row.try_get(first + 4)?,
    };
    parts.decode().map_err(|error| Error::Decode(error.into()))
}

/// A position, which is never below 0.
pub(super) fn position(row: &SqliteRow, at: usize) -> Result<u64, Error> {
    let position: i64 = row.try_get(at)?;
    u64::try_from(position).map_err(|error| Error::Decode(error.into()))
}

pub(super) fn bytes<const N: usize>(row: &SqliteRow, at: usize) -> Result<[u8; N], Error> {
    let bytes: &[u8] = row.try_get(at)?;
    bytes
        .try_into()
        .map_err(|_| Error::Decode("a length that is none of it".into()))
}
