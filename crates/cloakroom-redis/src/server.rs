use cloakroom_error::{StoreError, StoreErrorKind};
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::connection::{Connection, Place};
use crate::error::store_error;
use crate::script::Lua;

/// How long replicas get to confirm a write: shorter than an answer may take.
const WAIT_MILLIS: u32 = 1000;

/// A server or a Cluster as a store uses it.
#[derive(Clone)]
pub(crate) struct Server {
    reads: Connection,
    /// A connection of their own for writes that wait for replicas, because a server answers nothing else on the
    /// connection of one that waits.
    writes: Option<Connection>,
    min_replicas: u32,
}

impl Server {
    pub(crate) fn new(reads: Connection, writes: Option<Connection>, min_replicas: u32) -> Self {
        Self {
            reads,
            writes,
            min_replicas,
        }
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.reads
    }

    pub(crate) const fn min_replicas(&self) -> u32 {
        self.min_replicas
    }

    /// Makes a script's call, without waiting for replicas.
    pub(crate) async fn run(&self, place: Place, script: &Lua, call: Cmd) -> Result<Value, StoreError> {
        let answer = match self.reads.command(place, &call).await {
            Err(error) if is_unknown_script(&error) => {
                self.reads.command(place, &script.by_text(&call)).await
            }
            answer => answer,
        };
        answer.map_err(store_error)
    }

    /// Makes a script's call whose effect must not be lost, as far as replicas can see to that.
    pub(crate) async fn run_durably(
        &self,
        place: Place,
        script: &Lua,
        call: Cmd,
    ) -> Result<Value, StoreError> {
        let Some(writes) = &self.writes else {
            return self.run(place, script, call).await;
        };
        let (answer, replicas) = together(writes, place, script, call, self.wait()).await?;
        self.confirmed(&replicas)?;
        Ok(answer)
    }

    fn wait(&self) -> Cmd {
        let mut wait = redis::cmd("WAIT");
        wait.arg(self.min_replicas).arg(WAIT_MILLIS);
        wait
    }

    pub(crate) fn confirmed(&self, replicas: &Value) -> Result<(), StoreError> {
        match replicas {
            Value::Int(replicas) if *replicas >= i64::from(self.min_replicas) => Ok(()),
            _ => Err(StoreError::new(
                StoreErrorKind::Unavailable,
                "the write was made, but too few replicas confirmed it in time",
            )),
        }
    }
}

/// What goes over several places.
#[cfg(any(feature = "session", feature = "token"))]
impl Server {
    /// Makes a command's call.
    pub(crate) async fn command(&self, place: Place, command: &Cmd) -> Result<Value, StoreError> {
        self.reads.command(place, command).await.map_err(store_error)
    }

    /// The command that waits for replicas, if the store does.
    pub(crate) fn wait_after_all(&self) -> Option<Cmd> {
        (self.min_replicas > 0).then(|| self.wait())
    }
}

/// Makes a script's call, and a command right behind it in the same round trip.
async fn together(
    connection: &Connection,
    place: Place,
    script: &Lua,
    call: Cmd,
    after: Cmd,
) -> Result<(Value, Value), StoreError> {
    let ask = async |call: Cmd| -> RedisResult<(Value, Value)> {
        let answers = connection.commands(place, &[call, after.clone()]).await?;
        let mut answers = answers.into_iter().map(Value::extract_error);
        let answer = answers.next().unwrap_or(Ok(Value::Nil))?;
        Ok((answer, answers.next().unwrap_or(Ok(Value::Nil))?))
    };
    let by_text = script.by_text(&call);
    let answers = match ask(call).await {
        Err(error) if is_unknown_script(&error) => ask(by_text).await,
        answers => answers,
    };
    answers.map_err(store_error)
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

pub(crate) fn unexpected() -> StoreError {
    StoreError::new(
        StoreErrorKind::Other,
        "the server gave an answer of another type than its script gives",
    )
}

pub(crate) fn count(answer: &Value) -> Result<u64, StoreError> {
    match answer {
        Value::Int(count) => u64::try_from(*count).map_err(|_| unexpected()),
        _ => Err(unexpected()),
    }
}
