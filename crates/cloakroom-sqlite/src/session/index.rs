use cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{Listed, Page, StoreError, Subject, SubjectIndex};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Error, Row as _};

use crate::SqliteSessionStore;
use crate::connections::begins_again;
use crate::error::store_error;
use crate::session::{row, sql};

impl SubjectIndex for SqliteSessionStore {
    async fn list_by_subject(
        &self,
        subject: &Subject,
        page: Page,
        now: UnixTime,
    ) -> Result<Listed, StoreError> {
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = list(&mut reader, subject, page, now).await;
        reader.settle(result).map_err(store_error)
    }

    async fn delete_one(&self, subject: &Subject, selector: &Selector) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::DELETE_ONE)
            .bind(subject.as_str())
            .bind(&selector.as_bytes()[..]);
        Ok(self.0.database.execute(query).await.map_err(store_error)? > 0)
    }

    async fn delete_by_subject(
        &self,
        subject: &Subject,
        except: Option<&Selector>,
        now: UnixTime,
    ) -> Result<u64, StoreError> {
        let mut is_first = true;
        loop {
            let mut writer = self.0.database.writer().await.map_err(store_error)?;
            let result = delete_by_subject(&mut writer, subject, except, now).await;
            let result = writer.settle(result);
            if !begins_again(&result, &mut is_first) {
                return result.map_err(store_error);
            }
        }
    }

    async fn revoke_all(&self, now: UnixTime) -> Result<(), StoreError> {
        let query = sqlx::query(sql::REVOKE_ALL).bind(now.as_millis());
        match self.0.database.execute(query).await.map_err(store_error)? {
            0 => Err(store_error(Error::RowNotFound)),
            _ => Ok(()),
        }
    }
}

async fn list(
    reader: &mut SqliteConnection,
    subject: &Subject,
    page: Page,
    now: UnixTime,
) -> Result<Listed, Error> {
    let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
    let after = page.after.map(|selector| selector.as_bytes().to_vec());
    let rows = sqlx::query(sql::LIST)
        .bind(subject.as_str())
        .bind(now.as_millis())
        // Every selector is greater than no bytes at all.
        .bind(after.unwrap_or_default())
        .bind(i64::from(page.size()) + 1)
        .fetch_all(reader)
        .await?;
    let more = rows.len() > size;
    let sessions = rows
        .iter()
        .take(size)
        .map(row::read_listed)
        .collect::<Result<Vec<_>, _>>()?;
    let next = sessions.last().filter(|_| more).map(|last| last.selector);
    Ok(Listed { sessions, next })
}

/// One transaction. sqlx rolls it back when this future is dropped, before the connection's next statement.
async fn delete_by_subject(
    writer: &mut SqliteConnection,
    subject: &Subject,
    except: Option<&Selector>,
    now: UnixTime,
) -> Result<u64, Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let live: i64 = sqlx::query(sql::COUNT_LIVE)
        .bind(subject.as_str())
        .bind(now.as_millis())
        .fetch_one(&mut *transaction)
        .await?
        .try_get(0)?;
    let mut spared = None;
    if let Some(selector) = except {
        let done = sqlx::query(sql::SPARE)
            .bind(subject.as_str())
            .bind(now.as_millis())
            .bind(&selector.as_bytes()[..])
            .execute(&mut *transaction)
            .await?;
        spared = (done.rows_affected() > 0).then_some(selector);
    }
    // In a full database the cut-off takes the room that the sessions leave.
    sqlx::query(sql::DELETE_BY_SUBJECT)
        .bind(subject.as_str())
        .bind(spared.map(|selector| &selector.as_bytes()[..]))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(sql::CUT_OFF)
        .bind(subject.as_str())
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(u64::try_from(live).unwrap_or(0) - u64::from(spared.is_some()))
}
