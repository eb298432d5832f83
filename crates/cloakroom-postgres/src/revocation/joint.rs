use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use cloakroom_revocation::{StoreError, StoreErrorKind};
use sqlx::postgres::PgRow;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Mutex as Turn, oneshot};

use crate::connections::{Again, Statement};
use crate::error::no_row;
use crate::opened::Opened;

/// How many statements one transaction has at most.
const MOST: usize = 64;

/// Who locks the feed at the same time as others does so in one transaction with them.
///
/// The feed lets one transaction in at a time that writes, whatever it writes, so one for each revocation would wait for as
/// many commits. One at a time goes to the server; those that come meanwhile go together after it, each a step of its own.
/// And however many there are, one connection is taken, so that the others are left to those who poll.
pub(super) struct Joint {
    lock: Lock,
    turn: Turn<()>,
    waiting: Mutex<Vec<Waiting>>,
}

/// What such a transaction begins with.
#[derive(Clone, Copy)]
pub(super) struct Lock {
    /// The statements, for a schema.
    pub(super) statements: fn(&str) -> String,
    /// How many rows they answer.
    pub(super) rows: usize,
    /// Whether what follows only reads.
    pub(super) again: Again,
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
    pub(super) fn new(lock: Lock) -> Self {
        Self {
            lock,
            turn: Turn::default(),
            waiting: Mutex::default(),
        }
    }

    /// The row that the statement answers, which is sent after this is called.
    pub(super) async fn row(&self, opened: &Opened, statement: &str) -> Result<PgRow, StoreError> {
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
                    Err(TryRecvError::Empty) => self.lock.send(opened, self.some()).await,
                    // Who took it along was dropped before it was answered. It is sent again, which changes nothing
                    // where it was done.
                    Err(TryRecvError::Closed) => break,
                }
            }
        }
    }

    /// Those that came first. What nobody waits for any more is not sent.
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

impl Lock {
    async fn send(self, opened: &Opened, together: Vec<Waiting>) {
        let is_alone = together.len() == 1;
        let statements: Vec<_> = together.iter().map(|one| &*one.statement).collect();
        let answers = self.transaction(opened, &statements).await;
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
                    let alone = self.transaction(opened, &[&one.statement]).await;
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
    async fn transaction(self, opened: &Opened, statements: &[&str]) -> Result<Vec<PgRow>, StoreError> {
        let mut rows = opened
            .connections
            .rows(self.again, || {
                Statement::Script((self.statements)(&opened.schema) + &statements.join(";\n"))
            })
            .await?;
        if rows.len() != self.rows + statements.len() {
            return Err(no_row());
        }
        Ok(rows.split_off(self.rows))
    }
}
