use std::num::NonZeroU32;

use cloakroom_core::{UnixTime, ct_eq};
use cloakroom_token::cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::{
    AccessRow, AccessToken, Client, Created, Family, FamilyRow, MAX_DATA, NewFamily, Presented, Rotated,
    StoreError, StoreErrorKind, TokenStore,
};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Connection as _, Error, Row as _, Sqlite};

use crate::connections::begins_again;
use crate::error::store_error;
use crate::token::store::SqliteTokenStore;
use crate::token::{purge, row, sql};

impl SqliteTokenStore {
    /// Runs a statement that writes, and tells whether it changed anything.
    async fn does(&self, statement: Query<'_, Sqlite, SqliteArguments>) -> Result<bool, StoreError> {
        Ok(self.0.database.execute(statement).await.map_err(store_error)? > 0)
    }
}

impl TokenStore for SqliteTokenStore {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        fits(&family.data)?;
        family
            .check()
            .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        let mut writer = self.0.database.writer().await.map_err(store_error)?;
        let result = create_family(&mut writer, family, now).await;
        writer.settle(result).map_err(store_error)
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        let mut writer = self.0.database.writer().await.map_err(store_error)?;
        let result = rotate(&mut writer, presented, now).await;
        writer.settle(result).map_err(store_error)
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = find(&mut reader, id, now).await;
        let found = reader.settle(result).map_err(store_error)?;
        Ok(found
            .filter(|found| ct_eq(&found.secret, secret_hash.as_bytes()))
            .map(|found| found.family))
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::END_FAMILY)
            .bind(&id.as_bytes()[..])
            .bind(&secret_hash.as_bytes()[..])
            .bind(client.as_str());
        self.does(query).await
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::END_ONE)
            .bind(&id.as_bytes()[..])
            .bind(subject.as_str());
        self.does(query).await
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = sqlx::query(sql::LIST)
            .bind(subject.as_str())
            .bind(now.as_millis())
            // Every id is greater than no bytes at all.
            .bind(after.map_or(&[][..], |after| &after.as_bytes()[..]))
            .bind(i64::from(max.get()))
            .fetch_all(&mut *reader)
            .await;
        let rows = reader.settle(result).map_err(store_error)?;
        rows.iter()
            .map(|row| row::family(row).map_err(store_error))
            .collect()
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let mut is_first = true;
        loop {
            let mut writer = self.0.database.writer().await.map_err(store_error)?;
            let result = revoke_subject(&mut writer, subject, cutoff, now).await;
            let result = writer.settle(result);
            if !begins_again(&result, &mut is_first) {
                return result.map_err(store_error);
            }
        }
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        let query = sqlx::query(sql::CUT_OFF).bind("").bind(cutoff.as_millis());
        self.does(query).await.map(drop)
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        fits(&token.data)?;
        let mut writer = self.0.database.writer().await.map_err(store_error)?;
        let result = create_access(&mut writer, token, now).await;
        writer.settle(result).map_err(store_error)
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = sqlx::query(sql::LOAD_ACCESS)
            .bind(&hash.as_bytes()[..])
            .bind(now.as_millis())
            .fetch_optional(&mut *reader)
            .await;
        let found = reader.settle(result).map_err(store_error)?;
        found
            .map(|row| row::access(&row).map_err(store_error))
            .transpose()
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::END_ACCESS)
            .bind(&hash.as_bytes()[..])
            .bind(client.as_str());
        self.does(query).await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        purge::purge(&self.0, now, max).await.map_err(store_error)
    }
}

async fn create_family(
    writer: &mut SqliteConnection,
    family: &NewFamily,
    now: UnixTime,
) -> Result<Created, Error> {
    let idle_deadline = family.idle_deadline.min(family.absolute_deadline);
    loop {
        let done = sqlx::query(sql::CREATE_FAMILY)
            .bind(&family.id.as_bytes()[..])
            .bind(now.as_millis())
            .bind(&family.secret_hash.as_bytes()[..])
            .bind(family.client.as_str())
            .bind(family.subject.as_str())
            .bind(family.authenticated_at.as_millis())
            .bind(family.confirmation.as_ref().map(|key| &key.as_bytes()[..]))
            .bind(&family.key_id.as_bytes()[..])
            .bind(idle_deadline.as_millis())
            .bind(family.absolute_deadline.as_millis())
            .bind(&family.data[..])
            .bind(FamilyRow::FORMAT)
            .execute(&mut *writer)
            .await?;
        if done.rows_affected() > 0 {
            return Ok(Created::Done);
        }
        let why = sqlx::query(sql::CREATE_FAMILY_REFUSED)
            .bind(&family.id.as_bytes()[..])
            .bind(family.subject.as_str())
            .bind(family.authenticated_at.as_millis())
            .fetch_one(&mut *writer)
            .await?;
        if why.try_get(0)? {
            return Ok(Created::Exists);
        }
        if why.try_get(1)? {
            return Ok(Created::Refused);
        }
        // Another process deleted the row in between: now there is room.
    }
}

/// A live family, and the hash of its secret.
struct Found {
    family: Family,
    secret: Vec<u8>,
}

async fn find(
    connection: &mut SqliteConnection,
    id: &Selector,
    now: UnixTime,
) -> Result<Option<Found>, Error> {
    let row = sqlx::query(sql::FAMILY)
        .bind(&id.as_bytes()[..])
        .bind(now.as_millis())
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        Ok(Found {
            family: row::family(&row)?,
            secret: row.try_get(13)?,
        })
    })
    .transpose()
}

/// One statement for a token that rotates, a second one that tells why it did not, and a third one for a family that has
/// to end, which ends it as it was judged or not at all.
async fn rotate(
    writer: &mut SqliteConnection,
    presented: &Presented,
    now: UnixTime,
) -> Result<Rotated, Error> {
    let (id, secret) = (
        &presented.id.as_bytes()[..],
        &presented.secret_hash.as_bytes()[..],
    );
    loop {
        let done = sqlx::query(sql::ROTATE)
            .bind(id)
            .bind(now.as_millis())
            .bind(secret)
            .bind(presented.client.as_str())
            .bind(presented.confirmation.as_ref().map(|key| &key.as_bytes()[..]))
            .bind(i64::from(presented.generation))
            .bind(&presented.next_key.as_bytes()[..])
            .bind(presented.idle_deadline.as_millis())
            // To the end, not to the first row: the statement commits after its rows, and that can fail.
            .fetch_all(&mut *writer)
            .await?;
        if let [row] = &done[..] {
            return Ok(Rotated::Done(row::family(row)?));
        }
        let Some(found) = find(&mut *writer, &presented.id, now).await? else {
            return Ok(Rotated::Gone);
        };
        let Some(judged) = judge(found, presented, now) else {
            // Another process has created the family anew in between.
            continue;
        };
        let (Rotated::Exhausted(family) | Rotated::Reused(family)) = &judged else {
            return Ok(judged);
        };
        let ended = sqlx::query(sql::END_REUSED)
            .bind(id)
            .bind(secret)
            .bind(i64::try_from(family.generation).unwrap_or(i64::MAX))
            .bind(family.rotated_at.as_millis())
            .execute(&mut *writer)
            .await?;
        if ended.rows_affected() > 0 {
            return Ok(judged);
        }
        // Another process has rotated or ended it in between.
    }
}

/// Why a token does not rotate; `None` if it does.
fn judge(found: Found, presented: &Presented, now: UnixTime) -> Option<Rotated> {
    let Found { family, secret } = found;
    if !ct_eq(&secret, presented.secret_hash.as_bytes()) {
        return Some(Rotated::WrongSecret);
    }
    if family.client != presented.client {
        return Some(Rotated::WrongClient);
    }
    if family.confirmation.is_some() && family.confirmation != presented.confirmation {
        return Some(Rotated::WrongConfirmation);
    }
    let Some(age) = family.generation.checked_sub(presented.generation.into()) else {
        return Some(Rotated::Ahead);
    };
    // Without a grace there is none, whatever the clocks of two servers say.
    let is_in_grace =
        presented.grace.as_millis() > 0 && now < family.rotated_at.saturating_add(presented.grace);
    match age {
        0 if family.generation < u64::from(u32::MAX) => None,
        0 => Some(Rotated::Exhausted(family)),
        1 if is_in_grace => Some(Rotated::Retry(family)),
        2 if is_in_grace => Some(Rotated::Late),
        _ => Some(Rotated::Reused(family)),
    }
}

/// One transaction. sqlx rolls it back when this future is dropped, before the connection's next statement.
async fn revoke_subject(
    writer: &mut SqliteConnection,
    subject: &Subject,
    cutoff: UnixTime,
    now: UnixTime,
) -> Result<u64, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let live: i64 = sqlx::query(sql::COUNT_LIVE)
        .bind(subject.as_str())
        .bind(now.as_millis())
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    // In a full database the cut-off takes the room that the families leave.
    sqlx::query(sql::END_ALL)
        .bind(subject.as_str())
        .execute(&mut *transaction)
        .await?;
    sqlx::query(sql::CUT_OFF)
        .bind(subject.as_str())
        .bind(cutoff.as_millis())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(live.unsigned_abs())
}

async fn create_access(
    writer: &mut SqliteConnection,
    token: &AccessToken,
    now: UnixTime,
) -> Result<Created, Error> {
    let hash = &token.hash.as_bytes()[..];
    let tag = token.subject.tag();
    let done = sqlx::query(sql::CREATE_ACCESS)
        .bind(hash)
        .bind(now.as_millis())
        .bind(token.client.as_str())
        .bind(token.subject.as_str())
        .bind(&tag.as_bytes()[..])
        .bind(token.authenticated_at.as_millis())
        .bind(token.family.as_ref().map(|id| &id.as_bytes()[..]))
        .bind(token.confirmation.as_ref().map(|key| &key.as_bytes()[..]))
        .bind(token.issued_at.as_millis())
        .bind(token.expires_at.as_millis())
        .bind(&token.data[..])
        .bind(AccessRow::FORMAT)
        .execute(&mut *writer)
        .await?;
    if done.rows_affected() > 0 {
        return Ok(Created::Done);
    }
    let there = sqlx::query(sql::HAS_ACCESS)
        .bind(hash)
        .fetch_optional(writer)
        .await?;
    Ok(if there.is_some() {
        Created::Exists
    } else {
        Created::Refused
    })
}

/// Refuses what no row takes.
fn fits(data: &[u8]) -> Result<(), StoreError> {
    if data.len() > MAX_DATA {
        return Err(StoreErrorKind::TooLarge.into());
    }
    Ok(())
}
