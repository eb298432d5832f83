//! Rows as families and access tokens.

use cloakroom_token::{AccessRow, AccessToken, Family, FamilyRow, StoreError};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::error::{corrupt, store_error};

/// The columns of a family, in the order in which [`family`] takes them.
pub(super) const FAMILY: [&str; 13] = [
    "format",
    "id",
    "client",
    "subject",
    "authenticated_at",
    "confirmation",
    "generation",
    "key_id",
    "created_at",
    "rotated_at",
    "idle_deadline",
    "absolute_deadline",
    "data",
];

/// The columns of an access token, in the order in which [`access`] takes them.
pub(super) const ACCESS: [&str; 11] = [
    "format",
    "hash",
    "client",
    "subject",
    "subject_tag",
    "authenticated_at",
    "family",
    "confirmation",
    "issued_at",
    "expires_at",
    "data",
];

/// The family that begins at column `first`.
pub(super) fn family(row: &PgRow, first: usize) -> Result<Family, StoreError> {
    let read = || {
        Ok(FamilyRow {
            format: row.try_get::<i16, _>(first)?.into(),
            id: row.try_get(first + 1)?,
            client: row.try_get(first + 2)?,
            subject: row.try_get(first + 3)?,
            authenticated_at: row.try_get(first + 4)?,
            confirmation: row.try_get(first + 5)?,
            generation: row.try_get(first + 6)?,
            key_id: row.try_get(first + 7)?,
            created_at: row.try_get(first + 8)?,
            rotated_at: row.try_get(first + 9)?,
            idle_deadline: row.try_get(first + 10)?,
            absolute_deadline: row.try_get(first + 11)?,
            data: row.try_get(first + 12)?,
        })
    };
    read().map_err(store_error)?.decode().map_err(corrupt)
}

pub(super) fn access(row: &PgRow) -> Result<AccessToken, StoreError> {
    let read = || {
        Ok(AccessRow {
            format: row.try_get::<i16, _>(0)?.into(),
            hash: row.try_get(1)?,
            client: row.try_get(2)?,
            subject: row.try_get(3)?,
            subject_tag: row.try_get(4)?,
            authenticated_at: row.try_get(5)?,
            family: row.try_get(6)?,
            confirmation: row.try_get(7)?,
            issued_at: row.try_get(8)?,
            expires_at: row.try_get(9)?,
            data: row.try_get(10)?,
        })
    };
    read().map_err(store_error)?.decode().map_err(corrupt)
}
