use std::num::NonZeroU32;

use cloakroom_token::cloakroom_core::UnixTime;
use cloakroom_token::cloakroom_id::{Selector, Subject, TokenHash};
use cloakroom_token::{
    AccessToken, Client, Created, Family, MAX_DATA, NewFamily, Presented, Rotated, StoreError,
    StoreErrorKind, TokenStore,
};
use sqlx::Row as _;

use crate::connections::{Again, Statement};
use crate::error::store_error;
use crate::purge::{Purge, bucket};
use crate::sql::query;
use crate::token::store::{Inner, PostgresTokenStore};
use crate::token::{revoke_subject, row};

impl TokenStore for PostgresTokenStore {
    async fn create_family(&self, family: &NewFamily, now: UnixTime) -> Result<Created, StoreError> {
        fits(&family.data)?;
        family
            .check()
            .map_err(|error| StoreError::new(StoreErrorKind::Other, error))?;
        let Inner { opened, statements } = self.inner();
        let idle_deadline = family.idle_deadline.min(family.absolute_deadline).as_millis();
        let answer = opened
            .connections
            .number(|| {
                Statement::One(
                    query(&statements.create_family)
                        .bind(&family.id.as_bytes()[..])
                        .bind(&family.secret_hash.as_bytes()[..])
                        .bind(family.client.as_str())
                        .bind(family.subject.as_str())
                        .bind(family.authenticated_at.as_millis())
                        .bind(family.confirmation.as_ref().map(|key| &key.as_bytes()[..]))
                        .bind(&family.key_id.as_bytes()[..])
                        .bind(now.as_millis())
                        .bind(idle_deadline)
                        .bind(family.absolute_deadline.as_millis())
                        .bind(bucket(idle_deadline))
                        .bind(&family.data[..]),
                )
            })
            .await?;
        Ok(created(answer))
    }

    async fn rotate(&self, presented: &Presented, now: UnixTime) -> Result<Rotated, StoreError> {
        let Inner { opened, statements } = self.inner();
        // Without a grace there is none, whatever the clocks of two servers say.
        let still_runs = if presented.grace.as_millis() > 0 {
            now.saturating_sub(presented.grace)
        } else {
            UnixTime::MAX
        };
        let row = opened
            .connections
            .row(Again::Writes, || {
                query(&statements.rotate)
                    .bind(&presented.id.as_bytes()[..])
                    .bind(&presented.secret_hash.as_bytes()[..])
                    .bind(presented.client.as_str())
                    .bind(presented.confirmation.as_ref().map(|key| &key.as_bytes()[..]))
                    .bind(i64::from(presented.generation))
                    .bind(&presented.next_key.as_bytes()[..])
                    .bind(presented.idle_deadline.as_millis())
                    .bind(now.as_millis())
                    .bind(still_runs.as_millis())
            })
            .await?;
        let Some(row) = row else {
            return Ok(Rotated::Gone);
        };
        let family = || row::family(&row, 1);
        let outcome: i32 = row.try_get(0).map_err(store_error)?;
        Ok(match outcome {
            1 => Rotated::WrongSecret,
            2 => Rotated::WrongClient,
            3 => Rotated::WrongConfirmation,
            4 => Rotated::Ahead,
            5 => Rotated::Exhausted(family()?),
            6 => Rotated::Done(family()?),
            7 => Rotated::Retry(family()?),
            8 => Rotated::Late,
            9 => Rotated::Reused(family()?),
            _ => return Err(StoreErrorKind::Corrupt.into()),
        })
    }

    async fn load_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        now: UnixTime,
    ) -> Result<Option<Family>, StoreError> {
        let Inner { opened, statements } = self.inner();
        let row = opened
            .connections
            .row(Again::Reads, || {
                query(&statements.load_family)
                    .bind(&id.as_bytes()[..])
                    .bind(&secret_hash.as_bytes()[..])
                    .bind(now.as_millis())
            })
            .await?;
        row.map(|row| row::family(&row, 0)).transpose()
    }

    async fn end_family(
        &self,
        id: &Selector,
        secret_hash: &TokenHash,
        client: &Client,
    ) -> Result<bool, StoreError> {
        let Inner { opened, statements } = self.inner();
        opened
            .connections
            .does(|| {
                query(&statements.end_family)
                    .bind(&id.as_bytes()[..])
                    .bind(&secret_hash.as_bytes()[..])
                    .bind(client.as_str())
            })
            .await
    }

    async fn end_one(&self, subject: &Subject, id: &Selector) -> Result<bool, StoreError> {
        let Inner { opened, statements } = self.inner();
        opened
            .connections
            .does(|| {
                query(&statements.end_one)
                    .bind(&id.as_bytes()[..])
                    .bind(subject.as_str())
            })
            .await
    }

    async fn list_by_subject(
        &self,
        subject: &Subject,
        after: Option<&Selector>,
        max: NonZeroU32,
        now: UnixTime,
    ) -> Result<Vec<Family>, StoreError> {
        let Inner { opened, statements } = self.inner();
        let rows = opened
            .connections
            .rows(Again::Reads, || {
                Statement::All(
                    query(&statements.list)
                        .bind(subject.as_str())
                        // Every id is greater than no bytes at all.
                        .bind(after.map_or(&[][..], |after| &after.as_bytes()[..]))
                        .bind(i64::from(max.get()))
                        .bind(now.as_millis()),
                )
            })
            .await?;
        rows.iter().map(|row| row::family(row, 0)).collect()
    }

    async fn revoke_subject(
        &self,
        subject: &Subject,
        cutoff: UnixTime,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let opened = &self.inner().opened;
        let script = || Statement::Script(revoke_subject::script(&opened.schema, subject, cutoff, now));
        opened.connections.number(script).await.map(i64::unsigned_abs)
    }

    async fn revoke_all(&self, cutoff: UnixTime) -> Result<(), StoreError> {
        let Inner { opened, statements } = self.inner();
        opened
            .connections
            .does(|| query(&statements.revoke_all).bind(cutoff.as_millis()))
            .await
            .map(drop)
    }

    async fn create_access(&self, token: &AccessToken, now: UnixTime) -> Result<Created, StoreError> {
        fits(&token.data)?;
        let Inner { opened, statements } = self.inner();
        let tag = token.subject.tag();
        let answer = opened
            .connections
            .number(|| {
                Statement::One(
                    query(&statements.create_access)
                        .bind(&token.hash.as_bytes()[..])
                        .bind(now.as_millis())
                        .bind(token.client.as_str())
                        .bind(token.subject.as_str())
                        .bind(&tag.as_bytes()[..])
                        .bind(token.authenticated_at.as_millis())
                        .bind(token.family.as_ref().map(|id| &id.as_bytes()[..]))
                        .bind(token.confirmation.as_ref().map(|key| &key.as_bytes()[..]))
                        .bind(token.issued_at.as_millis())
                        .bind(token.expires_at.as_millis())
                        .bind(&token.data[..]),
                )
            })
            .await?;
        Ok(created(answer))
    }

    async fn load_access(&self, hash: &TokenHash, now: UnixTime) -> Result<Option<AccessToken>, StoreError> {
        let Inner { opened, statements } = self.inner();
        let row = opened
            .connections
            .row(Again::Reads, || {
                query(&statements.load_access)
                    .bind(&hash.as_bytes()[..])
                    .bind(now.as_millis())
            })
            .await?;
        row.map(|row| row::access(&row)).transpose()
    }

    async fn end_access(&self, hash: &TokenHash, client: &Client) -> Result<bool, StoreError> {
        let Inner { opened, statements } = self.inner();
        opened
            .connections
            .does(|| {
                query(&statements.end_access)
                    .bind(&hash.as_bytes()[..])
                    .bind(client.as_str())
            })
            .await
    }

    async fn purge_expired(&self, now: UnixTime, max: NonZeroU32) -> Result<u64, StoreError> {
        let Inner { opened, statements } = self.inner();
        let max = i64::from(max.get());
        let mut purge = Purge::begin(opened, now);
        let by = [&statements.purge_due, &statements.purge_cut_off];
        let mut deleted = purge.ended(by, max).await?;
        let access = |many| query(&statements.purge_access).bind(now.as_millis()).bind(many);
        deleted += purge.batches(max - deleted, access).await?;
        if deleted < max {
            purge.forget(&statements.purge_cutoffs, max).await?;
        }
        Ok(deleted.unsigned_abs())
    }
}

/// Refuses what no row takes.
fn fits(data: &[u8]) -> Result<(), StoreError> {
    if data.len() <= MAX_DATA {
        return Ok(());
    }
    Err(StoreErrorKind::TooLarge.into())
}

fn created(answer: i32) -> Created {
    match answer {
        0 => Created::Done,
        1 => Created::Exists,
        _ => Created::Refused,
    }
}
