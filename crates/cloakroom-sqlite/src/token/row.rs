use cloakroom_token::{AccessRow, AccessToken, Family, FamilyRow, InvalidRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row as _};

/// The family in the columns of a statement, in the order of [`sql::columns`](super::sql).
pub(super) fn family(row: &SqliteRow) -> Result<Family, Error> {
    let parts = FamilyRow {
        format: row.try_get(0)?,
        id: row.try_get(1)?,
        client: row.try_get(2)?,
        subject: row.try_get(3)?,
        authenticated_at: row.try_get(4)?,
        confirmation: row.try_get(5)?,
        generation: row.try_get(6)?,
        key_id: row.try_get(7)?,
        created_at: row.try_get(8)?,
        rotated_at: row.try_get(9)?,
        idle_deadline: row.try_get(10)?,
        absolute_deadline: row.try_get(11)?,
        data: row.try_get(12)?,
    };
    parts.decode().map_err(corrupt)
}

/// The access token in the columns of [`sql::LOAD_ACCESS`](super::sql::LOAD_ACCESS).
pub(super) fn access(row: &SqliteRow) -> Result<AccessToken, Error> {
    let parts = AccessRow {
        format: row.try_get(0)?,
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
    };
    parts.decode().map_err(corrupt)
}

fn corrupt(invalid: InvalidRow) -> Error {
    Error::Decode(invalid.into())
}
