use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use cloakroom_revocation::{StoreError, StoreErrorKind};
use sqlx::postgres::PgRow;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::connections::{Again, Connections, Statement};
use crate::error::no_row;
use crate::opened::Opened;

/// How many statements one transaction has at most.
const MOST: usize = 64;
/// How often a statement waits for a task that ends before it answers.
const PATIENCE: usize = 3;

/// Who locks the feed at the same time as others does so in one transaction with them.
///
/// The feed lets one transaction in at a time that writes, whatever it writes, so one for each revocation would wait for as
/// many commits. One at a time goes to the server; those that come meanwhile go together after it, each a step of its own.
/// And however many there are, one connection is taken, so that the others are left to those who poll.
pub(super) struct Joint(Arc<Line>);

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

struct Line {
    connections: Connections,
    /// The schema, quoted.
    schema: Arc<str>,
    lock: Lock,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Whether there is a task that takes them.
    is_served: bool,
}

struct Waiting {
    statement: Arc<str>,
    answer: oneshot::Sender<Result<PgRow, StoreError>>,
}

/// The right and the duty to send what waits. It ends with the line empty. Dropped before, it lets go of those who wait, so
/// that one of them takes its place.
struct Serving(Option<Arc<Line>>);

/// Tells nothing: a statement names who is revoked.
impl fmt::Debug for Joint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joint").finish_non_exhaustive()
    }
}

impl Joint {
    pub(super) fn new(opened: &Opened, lock: Lock) -> Self {
        Self(Arc::new(Line {
            connections: opened.connections.clone(),
            schema: Arc::clone(&opened.schema),
            lock,
            queue: Mutex::default(),
        }))
    }

    /// The row that the statement answers, which is sent after this is called.
    ///
    /// What goes to the server goes there from a task of its own, so nobody's answer depends on whether another one's
    /// future is polled or dropped.
    pub(super) async fn row(&self, statement: String) -> Result<PgRow, StoreError> {
        let statement: Arc<str> = statement.into();
        for _ in 0..PATIENCE {
            let (sender, answer) = oneshot::channel();
            let waiting = Waiting {
                statement: Arc::clone(&statement),
                answer: sender,
            };
            if let Some(serving) = self.0.join(waiting) {
                drop(tokio::spawn(serving.serve()));
            }
            if let Ok(answer) = answer.await {
                return answer;
            }
            // The task came to no end. It is sent again, which changes nothing where it was done.
        }
        Err(StoreError::new(
            StoreErrorKind::Unavailable,
            "whoever sent the statement was stopped before the answer: it panicked, or its runtime was shut down",
        ))
    }
}

impl Line {
    /// Stands in line, and answers what is to be served by the caller where nobody else does.
    fn join(self: &Arc<Self>, waiting: Waiting) -> Option<Serving> {
        let mut queue = self.queue();
        queue.waiting.push(waiting);
        let is_served = mem::replace(&mut queue.is_served, true);
        (!is_served).then(|| Serving(Some(Arc::clone(self))))
    }

    /// Those that came first; what nobody waits for any more is not sent. Empty: whoever comes next is to be served anew.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        queue.waiting.retain(|one| !one.answer.is_closed());
        let rest = queue.waiting.len().min(MOST);
        let rest = queue.waiting.split_off(rest);
        let next = mem::replace(&mut queue.waiting, rest);
        queue.is_served = !next.is_empty();
        next
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it is held.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, together: Vec<Waiting>) {
        let is_alone = together.len() == 1;
        let statements: Vec<_> = together.iter().map(|one| &*one.statement).collect();
        let answers = self.transaction(&statements).await;
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
                    let alone = self.transaction(&[&one.statement]).await;
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
    async fn transaction(&self, statements: &[&str]) -> Result<Vec<PgRow>, StoreError> {
        let Lock {
            statements: lock,
            rows: locking,
            again,
        } = self.lock;
        let mut rows = self
            .connections
            .rows(again, || {
                Statement::Script(lock(&self.schema) + &statements.join(";\n"))
            })
            .await?;
        if rows.len() != locking + statements.len() {
            return Err(no_row());
        }
        Ok(rows.split_off(locking))
    }
}

impl Serving {
    async fn serve(mut self) {
        while let Some(line) = &self.0 {
            // Those that are ready have their turn first, who were just answered among them: so they come along.
            yield_now().await;
            let together = line.next();
            if together.is_empty() {
                self.0 = None;
            } else {
                line.send(together).await;
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(line) = self.0.take() {
            let mut queue = line.queue();
            queue.is_served = false;
            let left = mem::take(&mut queue.waiting);
            drop(queue);
            drop(left);
        }
    }
}
