use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use cloakroom_revocation::{StoreError, StoreErrorKind};
use sqlx::postgres::PgRow;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex as Turn, oneshot};

use crate::connections::{Again, Statement};
use crate::error::no_row;
use crate::opened::Opened;
use crate::revocation::write;

/// How many statements one transaction has at most.
const MOST: usize = 64;

/// Who writes at the same time as others writes in one transaction with them.
///
/// The feed lets one transaction in at a time, whatever it writes, so one for each revocation would wait for as many
/// commits. One at a time goes to the server; those that come meanwhile go together after it, each a step of its own. And
/// however many write, one connection is taken, so that the others are left to those who poll.
#[derive(Default)]
pub(super) struct Joint {
    turn: Turn<()>,
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    statement: String,
    answer: oneshot::Sender<Result<PgRow, StoreError>>,
}

/// Tells nothing: a statement names who is revoked.
impl fmt::Debug for Joint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joint").finish_non_exhaustive()
    }
}

impl Joint {
    /// The row that the statement answers.
    pub(super) async fn write(&self, opened: &Opened, statement: &str) -> Result<PgRow, StoreError> {
        loop {
            let (sender, mut answer) = oneshot::channel();
            self.waiting().push(Waiting {
                statement: statement.to_owned(),
                answer: sender,
            });
            let _turn = self.turn.lock().await;
            loop {
                match answer.try_recv() {
                    // Perhaps who had the turn before took it along.
                    Ok(answer) => return answer,
                    Err(TryRecvError::Empty) => send(opened, self.some()).await,
                    // Who took it along was dropped before it was answered. It is written again, which changes nothing
                    // where it was done.
                    Err(TryRecvError::Closed) => break,
                }
            }
        }
    }

    /// Those that came first. What nobody waits for any more is not written.
    fn some(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        waiting.retain(|one| !one.answer.is_closed());
        let rest = waiting.len().min(MOST);
        let rest = waiting.split_off(rest);
        mem::replace(&mut *waiting, rest)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        // Nothing panics while it is held.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(opened: &Opened, together: Vec<Waiting>) {
    let is_alone = together.len() == 1;
    let statements: Vec<_> = together.iter().map(|one| &*one.statement).collect();
    let answers = transaction(opened, &statements).await;
    match answers {
        Ok(rows) => {
            for (one, row) in together.into_iter().zip(rows) {
                // Whoever does not wait any more needs no answer.
                let _ = one.answer.send(Ok(row));
            }
        }
        // A mistake in one is no matter to the others.
        Err(error) if !is_alone && error.kind() == StoreErrorKind::Other => {
            for one in together {
                let alone = transaction(opened, &[&one.statement]).await;
                let row = alone.and_then(|mut rows| rows.pop().ok_or_else(no_row));
                let _ = one.answer.send(row);
            }
        }
        Err(error) => {
            for one in together {
                let _ = one.answer.send(Err(error.clone()));
            }
        }
    }
}

/// The rows of these statements, one each.
async fn transaction(opened: &Opened, statements: &[&str]) -> Result<Vec<PgRow>, StoreError> {
    let mut rows = opened
        .connections
        .rows(Again::Writes, || {
            Statement::Script(write::locked(&opened.schema) + &statements.join(";\n"))
        })
        .await?;
    // The first one is that of the lock.
    if rows.len() != statements.len() + 1 {
        return Err(no_row());
    }
    rows.remove(0);
    Ok(rows)
}
