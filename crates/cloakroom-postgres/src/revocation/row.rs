//! Rows as entries and steps.

use cloakroom_revocation::cloakroom_core::UnixTime;
use cloakroom_revocation::{Entry, EntryRow, StoreError, StoreErrorKind};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::error::{corrupt, store_error};

/// The columns of an entry, in the order in which [`entry`] takes them.
pub(super) const ENTRY: &str = "e.kind, e.issuer, e.name, e.at, e.keep_until";

/// The entry that begins at column `first`.
pub(super) fn entry(row: &PgRow, first: usize) -> Result<Entry, StoreError> {
    let read = || {
        Ok(EntryRow {
            kind: row.try_get::<i16, _>(first)?.into(),
            issuer: row.try_get(first + 1)?,
            name: row.try_get(first + 2)?,
            at: row.try_get(first + 3)?,
            keep_until: row.try_get(first + 4)?,
        })
    };
    read().map_err(store_error)?.decode().map_err(corrupt)
}

/// A position, which is never below 0.
pub(super) fn position(row: &PgRow, at: usize) -> Result<u64, StoreError> {
    let position: i64 = row.try_get(at).map_err(store_error)?;
    u64::try_from(position).map_err(|_| StoreErrorKind::Corrupt.into())
}

pub(super) fn bytes<const N: usize>(row: &PgRow, at: usize) -> Result<[u8; N], StoreError> {
    let bytes: &[u8] = row.try_get(at).map_err(store_error)?;
    bytes.try_into().map_err(|_| StoreErrorKind::Corrupt.into())
}

pub(super) fn time(row: &PgRow, at: usize) -> Result<UnixTime, StoreError> {
    Ok(UnixTime::from_millis(row.try_get(at).map_err(store_error)?))
}
