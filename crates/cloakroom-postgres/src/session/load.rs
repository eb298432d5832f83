use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cloakroom_store::cloakroom_core::UnixTime;
use cloakroom_store::cloakroom_id::Selector;
use cloakroom_store::{Loads, Round, StoreError, StoreErrorKind, Stored};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::connections::{Again, Statement};
use crate::error::store_error;
use crate::session::store::{Inner, stored};
use crate::sql::query;

/// Answers a round of loads by one statement.
pub(super) async fn answer(inner: Arc<Inner>, round: Round) {
    let round = Mutex::new(Some(round));
    let taken = OnceLock::new();
    // Taken when there is a connection: whoever calls meanwhile joins.
    let loads = || {
        taken.get_or_init(|| {
            let round = round.lock().unwrap_or_else(PoisonError::into_inner).take();
            round.map(Round::take)
        })
    };
    let found = rows(&inner, || selectors(loads().as_ref())).await;
    loads();
    let Some(loads) = taken.into_inner().flatten() else {
        return;
    };
    match found {
        Ok(rows) => loads.answer(|selector, now| session(&rows, selector, now)),
        // A page that is damaged fails the statement that meets it, and is no matter to who needs it not.
        Err(error) if error.kind() == StoreErrorKind::Corrupt => {
            let mut alone = Vec::new();
            for selector in loads.selectors() {
                alone.push(rows(&inner, || vec![&selector.as_bytes()[..]]).await);
            }
            let mut alone = alone.into_iter();
            loads
                .answer(|selector, now| session(&alone.next().unwrap_or(Err(error.clone()))?, selector, now));
        }
        Err(error) => loads.answer(|_, _| Err(error.clone())),
    }
}

fn selectors(loads: Option<&Loads>) -> Vec<&[u8]> {
    let loads = loads.into_iter().flat_map(Loads::selectors);
    loads.map(|selector| &selector.as_bytes()[..]).collect()
}

/// The rows of these selectors that no cut-off has ended.
async fn rows<'a>(inner: &Inner, selectors: impl Fn() -> Vec<&'a [u8]>) -> Result<Vec<PgRow>, StoreError> {
    let statement = || Statement::All(query(&inner.statements.load).bind(selectors()));
    inner.opened.connections.rows(Again::Reads, statement).await
}

/// The session of `selector` among the rows, if it is live.
fn session(rows: &[PgRow], selector: &Selector, now: UnixTime) -> Result<Option<Stored>, StoreError> {
    for row in rows {
        let of = row.try_get_raw(1).map_err(store_error)?;
        if of.as_bytes().is_ok_and(|of| of == selector.as_bytes()) {
            let stored = stored(row, 0)?;
            let is_live = now < stored.idle_deadline && now < stored.absolute_deadline;
            return Ok(is_live.then_some(stored));
        }
    }
    Ok(None)
}
