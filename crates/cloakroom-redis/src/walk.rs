use std::future::Future;
use std::sync::{Mutex, PoisonError};

use cloakroom_error::{StoreError, StoreErrorKind};
use redis::{Cmd, Value};

use crate::connection::Place;
use crate::error::store_error;
use crate::keys::{Bucket, Keys};
use crate::master::{array, bytes, masters};
use crate::script::Lua;
use crate::server::{Server, count, unexpected};

/// How many keys a server is asked to look at in one step.
const STEP: u32 = 500;
/// After how many keys of its own a purge that has found something rests.
const BUDGET: usize = 100_000;
/// How many entries of a subject's set are looked at each time it is met.
pub(crate) const SWEPT: u32 = 256;

/// Where the next purge of a store goes on: on which master, and at which cursor.
#[derive(Debug)]
pub(crate) struct Walk(Mutex<Position>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Position {
    master: usize,
    cursor: Vec<u8>,
}

/// What a purge does with the keys that it meets.
pub(crate) trait Purge: Sync {
    /// Purges at most `max` of these keys on this master, and tells how many it has.
    fn purge_found(
        &self,
        master: Place,
        found: &[Vec<u8>],
        max: u64,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

impl Walk {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Position::beginning()))
    }

    fn position(&self) -> Position {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, position: &Position) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = position.clone();
    }

    /// Walks the store's keys on every master, and purges at most `max` of them.
    ///
    /// It goes on where the last walk stopped, was dropped or failed, so that a large store is purged in parts. It ends
    /// when it has been everywhere.
    pub(crate) async fn go_on(
        &self,
        server: &Server,
        keys: &Keys,
        purge: &impl Purge,
        max: u64,
    ) -> Result<u64, StoreError> {
        let masters = masters(server.connection()).await?;
        let mut position = self.position();
        let mut has_begun_anew = position == Position::beginning();
        let (mut purged, mut examined) = (0, 0);
        loop {
            let Some(master) = masters.get(position.master) else {
                position = Position::beginning();
                self.set(&position);
                if has_begun_anew {
                    return Ok(purged);
                }
                has_begun_anew = true;
                continue;
            };
            let (next, found) = scan(server, keys, master.place(), &position.cursor).await?;
            examined += found.len();
            purged += purge.purge_found(master.place(), &found, max - purged).await?;
            if purged >= max {
                // There may be more in this step.
                return Ok(purged);
            }
            position = if next == b"0" {
                Position {
                    master: position.master + 1,
                    ..Position::beginning()
                }
            } else {
                Position {
                    cursor: next,
                    ..position
                }
            };
            self.set(&position);
            if examined >= BUDGET && purged > 0 {
                return Ok(purged);
            }
        }
    }
}

impl Position {
    fn beginning() -> Self {
        Self {
            master: 0,
            cursor: b"0".into(),
        }
    }
}

/// One step of a walk: where the next begins, and the store's keys that this one met.
async fn scan(
    server: &Server,
    keys: &Keys,
    master: Place,
    cursor: &[u8],
) -> Result<(Vec<u8>, Vec<Vec<u8>>), StoreError> {
    let mut command = redis::cmd("SCAN");
    command.arg(cursor).arg("MATCH").arg(keys.pattern());
    command.arg("COUNT").arg(STEP);
    let answer = server.command(master, &command).await?;
    let [cursor, found] = <[Value; 2]>::try_from(array(answer)?).map_err(|_| unexpected())?;
    let found = array(found)?.into_iter().map(bytes).collect::<Result<_, _>>()?;
    Ok((bytes(cursor)?, found))
}

/// Makes calls that travel together, and adds up their answers. What is corrupt is left for somebody to look at.
pub(crate) async fn together(
    server: &Server,
    master: Place,
    script: &Lua,
    calls: Vec<(Bucket, Cmd)>,
) -> Result<u64, StoreError> {
    if calls.is_empty() {
        return Ok(0);
    }
    let (buckets, calls): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
    let answers = server
        .connection()
        .commands(master, &calls)
        .await
        .map_err(store_error)?;
    let mut total = 0;
    for ((bucket, call), answer) in buckets.into_iter().zip(calls).zip(answers) {
        let answer = match answer {
            // The script may be unknown yet, or the slot have moved.
            Value::ServerError(_) => server.run(bucket.place(), script, call).await,
            answer => Ok(answer),
        };
        match answer {
            Ok(answer) => total += count(&answer)?,
            Err(error) if error.kind() == StoreErrorKind::Corrupt => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}
