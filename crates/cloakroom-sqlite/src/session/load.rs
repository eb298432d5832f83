use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{JointLoads, Round, Stored};
use sqlx::Error;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::{Fault, store_error};
use crate::session::store::Inner;
use crate::session::{row, sql};

/// Answers a round of loads by one statement.
pub(super) async fn answer(inner: Arc<Inner>, round: Round) {
    // Whoever calls meanwhile joins.
    let reader = inner.database.reader().await;
    let loads = round.take();
    if loads.is_empty() {
        return;
    }
    let mut reader = match reader.map_err(store_error) {
        Ok(reader) => reader,
        Err(error) => return loads.answer(|_, _| Err(error.clone())),
    };
    let found = rows(&mut reader, loads.selectors()).await;
    if matches!(&found, Err(error) if Fault::of(error) == Fault::Corrupt) {
        // A page that is damaged fails the statement that meets it, and is no matter to who needs it not.
        let mut alone = Vec::new();
        for selector in loads.selectors() {
            alone.push(rows(&mut reader, [selector].into_iter()).await);
        }
        // Each was answered.
        let _ = reader.settle(Ok(()));
        let mut alone = alone.into_iter();
        return loads.answer(|selector, now| {
            let rows = alone.next().unwrap_or(Err(Error::RowNotFound));
            let session = rows.and_then(|rows| session(&rows, selector, now));
            session.map_err(store_error)
        });
    }
    match reader.settle(found).map_err(store_error) {
        Ok(rows) => loads.answer(|selector, now| session(&rows, selector, now).map_err(store_error)),
        Err(error) => loads.answer(|_, _| Err(error.clone())),
    }
}

/// The live session of one selector.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    selector: &Selector,
    now: UnixTime,
) -> Result<Option<Stored>, Error> {
    let rows = rows(connection, [selector].into_iter()).await?;
    session(&rows, selector, now)
}

/// The rows of these selectors, 1 to [`JointLoads::MOST`], that no cut-off has ended.
async fn rows<'a>(
    connection: &mut SqliteConnection,
    selectors: impl ExactSizeIterator<Item = &'a Selector> + Clone,
) -> Result<Vec<SqliteRow>, Error> {
    const { assert!(1 << (sql::LOAD.len() - 1) == JointLoads::MOST) }
    let holes = selectors.len().next_power_of_two();
    let mut query = sqlx::query(sql::LOAD[holes.trailing_zeros() as usize]);
    // A selector that is named again finds nothing more.
    for selector in selectors.cycle().take(holes) {
        query = query.bind(&selector.as_bytes()[..]);
    }
    query.fetch_all(connection).await
}

/// The session of `selector` among the rows, if it is live.
fn session(rows: &[SqliteRow], selector: &Selector, now: UnixTime) -> Result<Option<Stored>, Error> {
    for found in rows {
        if row::is_of(selector, found)? {
            return row::read_live(*selector, found, now);
        }
    }
    Ok(None)
}
