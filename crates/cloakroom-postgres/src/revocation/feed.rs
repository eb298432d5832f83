use std::num::NonZeroU32;

use cloakroom_revocation::{
    Cursor, FeedId, Head, Page, PageMark, Polled, RevocationFeed, StoreError, StoreErrorKind,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::connections::{Again, Connections, Statement};
use crate::error::{no_row, store_error};
use crate::revocation::row;
use crate::revocation::store::{Inner, PostgresRevocationStore};
use crate::sql::query;

impl RevocationFeed for PostgresRevocationStore {
    async fn head(&self) -> Result<Head, StoreError> {
        let Inner {
            opened, statements, ..
        } = self.inner();
        let row = opened
            .connections
            .row(Again::Reads, || query(&statements.head))
            .await?
            .ok_or_else(no_row)?;
        let position = row::position(&row, 2)?;
        let cursor = Cursor {
            feed: FeedId(row::bytes(&row, 1)?),
            position,
            tag: if position == 0 {
                [0; 8]
            } else {
                row::bytes(&row, 3)?
            },
        };
        Ok(Head {
            cursor,
            time: row::time(&row, 0)?,
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
        let Inner {
            opened, statements, ..
        } = self.inner();
        let rows = opened
            .connections
            .rows(Again::Reads, || {
                Statement::All(query(&statements.page).bind(after).bind(i64::from(max.get())))
            })
            .await?;
        let first = rows.first().ok_or_else(no_row)?;
        let behind = Behind::of(&rows)?;
        let mark = |last: u64| PageMark(last.to_be_bytes().into());
        Ok(Page {
            next: behind.last.filter(|_| behind.more).map(|(last, _)| mark(last)),
            entries: behind.entries,
            time: row::time(first, 0)?,
        })
    }

    async fn poll(&self, cursor: &Cursor, max: NonZeroU32) -> Result<Polled, StoreError> {
        let Ok(position) = i64::try_from(cursor.position) else {
            return Ok(Polled::Reload);
        };
        let Inner {
            opened, statements, ..
        } = self.inner();
        let rows = opened
            .connections
            .rows(Again::Reads, || {
                Statement::All(
                    query(&statements.poll)
                        .bind(position)
                        .bind(i64::from(max.get()))
                        .bind(&cursor.feed.0[..])
                        .bind(&cursor.tag[..]),
                )
            })
            .await?;
        let Some(first) = rows.first() else {
            return Ok(Polled::Reload);
        };
        let behind = Behind::of(&rows)?;
        let next = match behind.last {
            None => *cursor,
            Some((position, last)) => {
                let is_kept: Option<&[u8]> = last.try_get(TAG).map_err(store_error)?;
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
            time: row::time(first, 0)?,
        })
    }

    async fn changed(&self) {
        let Inner {
            opened, listening, ..
        } = self.inner();
        let options = || match &opened.connections {
            Connections::Pool(pool) => (*pool.connect_options()).clone(),
            Connections::Own(own) => own.options(),
        };
        listening.news(options).await;
    }
}

/// The column of a step's tag.
const TAG: usize = 8;

/// What the rows behind a position say.
struct Behind<'a> {
    entries: Vec<cloakroom_revocation::Entry>,
    /// The last position among them, and its row.
    last: Option<(u64, &'a PgRow)>,
    more: bool,
}

impl<'a> Behind<'a> {
    fn of(rows: &'a [PgRow]) -> Result<Self, StoreError> {
        let mut behind = Self {
            entries: Vec::with_capacity(rows.len()),
            last: None,
            more: false,
        };
        for row in rows {
            // Without entries there is one row, of the time alone.
            let there: Option<i64> = row.try_get(2).map_err(store_error)?;
            if there.is_some() {
                behind.entries.push(row::entry(row, 3)?);
                behind.last = Some((row::position(row, 2)?, row));
            }
        }
        if let Some((last, row)) = behind.last {
            behind.more = row::position(row, 1)? > last;
        }
        Ok(behind)
    }
}
