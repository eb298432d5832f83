use std::num::NonZeroU32;

use cloakroom_core::UnixTime;
use cloakroom_revocation::{
    Cursor, Entry, FeedId, Head, Page, PageMark, Polled, RevocationFeed, StoreError, StoreErrorKind,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row as _};

use crate::error::store_error;
use crate::revocation::store::SqliteRevocationStore;
use crate::revocation::{row, sql};

impl RevocationFeed for SqliteRevocationStore {
    async fn head(&self) -> Result<Head, StoreError> {
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = sqlx::query(sql::HEAD).fetch_one(&mut *reader).await;
        let cursor = reader.settle(result).and_then(|found| head(&found));
        Ok(Head {
            cursor: cursor.map_err(store_error)?,
            time: UnixTime::now(),
        })
    }

    async fn page(&self, after: Option<&PageMark>, max: NonZeroU32) -> Result<Page, StoreError> {
        // In the order of positions, so that an entry which changes meanwhile comes later, and not never.
        let after = match after {
            None => 0,
            Some(PageMark(mark)) => i64::from_be_bytes(
                mark[..]
                    .try_into()
                    .map_err(|_| StoreError::from(StoreErrorKind::Other))?,
            ),
        };
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = sqlx::query(sql::PAGE)
            .bind(after)
            .bind(i64::from(max.get()))
            .fetch_all(&mut *reader)
            .await;
        let rows = reader.settle(result).map_err(store_error)?;
        if rows.is_empty() {
            return Err(store_error(Error::RowNotFound));
        }
        let behind = Behind::of(&rows).map_err(store_error)?;
        let mark = |last: u64| PageMark(last.to_be_bytes().into());
        Ok(Page {
            next: behind.last.filter(|_| behind.more).map(|(last, _)| mark(last)),
            entries: behind.entries,
            time: UnixTime::now(),
        })
    }

    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        let Ok(position) = i64::try_from(cursor.position) else {
            return Ok(Polled::Reload);
        };
        let mut reader = self.0.database.reader().await.map_err(store_error)?;
        let result = sqlx::query(sql::POLL)
            .bind(position)
            .bind(i64::from(max.get()))
            .bind(&cursor.feed.0[..])
            .bind(&cursor.tag[..])
            .fetch_all(&mut *reader)
            .await;
        let rows = reader.settle(result).map_err(store_error)?;
        if rows.is_empty() {
            return Ok(Polled::Reload);
        }
        polled(&rows, cursor).map_err(store_error)
    }

    /// Ends when something was written by this store or a clone of it, since this ended last or now. What others write to the
    /// file is found by polls. Of several who wait one is told.
    async fn changed(&self) {
        self.0.news.notified().await;
    }
}

fn head(row: &SqliteRow) -> Result<Cursor, Error> {
    let position = row::position(row, 1)?;
    Ok(Cursor {
        feed: FeedId(row::bytes(row, 0)?),
        position,
        tag: if position == 0 {
            [0; 8]
        } else {
            row::bytes(row, 2)?
        },
    })
}

fn polled(rows: &[SqliteRow], cursor: &Cursor) -> Result<Polled, Error> {
    let behind = Behind::of(rows)?;
    let next = match behind.last {
        None => *cursor,
        Some((position, last)) => {
            let is_kept: Option<&[u8]> = last.try_get(TAG)?;
            if is_kept.is_none() {
                return Ok(Polled::Reload);
            }
            Cursor {
                feed: cursor.feed,
                position,
                tag: row::bytes(last, TAG)?,
            }
        }
    };
    Ok(Polled::Entries {
        entries: behind.entries,
        cursor: next,
        more: behind.more,
        time: UnixTime::now(),
    })
}

/// The column of a step's tag.
const TAG: usize = 7;

/// What the rows behind a position say.
struct Behind<'a> {
    entries: Vec<Entry>,
    /// The last position among them, and its row.
    last: Option<(u64, &'a SqliteRow)>,
    more: bool,
}

impl<'a> Behind<'a> {
    fn of(rows: &'a [SqliteRow]) -> Result<Self, Error> {
        let mut behind = Self {
            entries: Vec::with_capacity(rows.len()),
            last: None,
            more: false,
        };
        for row in rows {
            // Without entries there is one row, of nothing.
            let there: Option<i64> = row.try_get(1)?;
            if there.is_some() {
                behind.entries.push(row::entry(row, 2)?);
                behind.last = Some((row::position(row, 1)?, row));
            }
        }
        if let Some((last, row)) = behind.last {
            behind.more = row::position(row, 0)? > last;
        }
        Ok(behind)
    }
}
