use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr};
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};

/// How often a command is sent at most while no server executes it: 310 ms of pauses, in which a slot can move.
const ATTEMPTS: u32 = 6;
/// The first pause before that; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// A multiplexed connection to one server, or one to each master of a Cluster.
///
/// Neither client sends a command twice by itself: the manager never does, and the Cluster's is built with 0 retries.
/// Here a command goes out again only when the answer to it proves that no server has executed it.
#[derive(Clone)]
pub(crate) enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

/// Where a command goes in a Cluster: the master of a key's slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(u16);

impl Place {
    pub(crate) fn of_slot(slot: u16) -> Self {
        Self(slot % 16384)
    }

    /// The place of the keys whose hash tag is this.
    pub(crate) fn of_tag(tag: &[u8]) -> Self {
        // CRC16-XMODEM, as the Cluster specification has it.
        let crc = tag.iter().fold(0u16, |crc, &byte| {
            (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
                if crc & 0x8000 == 0 {
                    crc << 1
                } else {
                    crc << 1 ^ 0x1021
                }
            })
        });
        Self::of_slot(crc)
    }

    #[cfg(any(feature = "session", feature = "token"))]
    pub(crate) const fn slot(self) -> u16 {
        self.0
    }

    fn master(self) -> SingleNodeRoutingInfo {
        SingleNodeRoutingInfo::SpecificNode(Route::new(self.0, SlotAddr::Master))
    }
}

impl Connection {
    pub(crate) const fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// The answer to one command.
    pub(crate) async fn command(&self, place: Place, command: &Cmd) -> RedisResult<Value> {
        let mut attempt = 1;
        let mut elsewhere = None;
        loop {
            let answer = match self {
                Self::Single(single) => single.clone().send_packed_command(command).await,
                Self::Cluster(cluster) => match elsewhere.take() {
                    None => {
                        let routing = RoutingInfo::SingleNode(place.master());
                        cluster.clone().route_command(command.clone(), routing).await
                    }
                    Some(node) => asking(cluster, node, std::slice::from_ref(command))
                        .await
                        .map(|answers| answers.into_iter().next().unwrap_or(Value::Nil)),
                },
            };
            let error = match answer.and_then(Value::extract_error) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match self.after(&error, attempt) {
                After::GiveUp => return Err(error),
                After::Again => pause(attempt).await,
                After::Ask(node) => elsewhere = Some(node),
            }
            attempt += 1;
        }
    }

    /// The answers to commands that travel together, in which an error may stand. They go out again together, so
    /// either only the first may change anything, and it decides, or all may be repeated.
    pub(crate) async fn commands(&self, place: Place, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        let mut attempt = 1;
        let mut elsewhere = None;
        loop {
            let answers = match self {
                Self::Single(single) => {
                    let pipeline = pipeline(commands);
                    single
                        .clone()
                        .send_packed_commands(&pipeline, 0, commands.len())
                        .await
                }
                Self::Cluster(cluster) => match elsewhere.take() {
                    None => {
                        let pipeline = pipeline(commands);
                        cluster
                            .clone()
                            .route_pipeline(pipeline, 0, commands.len(), place.master())
                            .await
                    }
                    Some(node) => asking(cluster, node, commands).await,
                },
            };
            let (next, answers) = match answers {
                Err(error) => (self.after(&error, attempt), Err(error)),
                Ok(answers) => match answers.first() {
                    Some(Value::ServerError(error)) => {
                        (self.after(&error.clone().into(), attempt), Ok(answers))
                    }
                    _ => return Ok(answers),
                },
            };
            match next {
                After::GiveUp => return answers,
                After::Again => pause(attempt).await,
                After::Ask(node) => elsewhere = Some(node),
            }
            attempt += 1;
        }
    }

    /// What to do about `error`, the answer to attempt number `attempt`.
    fn after(&self, error: &RedisError, attempt: u32) -> After {
        if attempt >= ATTEMPTS {
            return After::GiveUp;
        }
        match (self, error.kind()) {
            // The manager hands out the failure of its last attempt to connect once before it makes another.
            (Self::Single(_), _) if error.is_connection_refusal() && attempt == 1 => After::Again,
            (Self::Cluster(_), ErrorKind::Server(ServerErrorKind::Ask)) => error
                .redirect_node()
                .and_then(|(node, _)| {
                    let (host, port) = node.rsplit_once(':')?;
                    Some(After::Ask(SingleNodeRoutingInfo::ByAddress {
                        host: host.into(),
                        port: port.parse().ok()?,
                    }))
                })
                .unwrap_or(After::GiveUp),
            // A slot that moved, is moving, or whose master has become a replica: the client has learnt it by now.
            (
                Self::Cluster(_),
                ErrorKind::ClusterConnectionNotFound
                | ErrorKind::Server(
                    ServerErrorKind::Moved | ServerErrorKind::TryAgain | ServerErrorKind::ReadOnly,
                ),
            ) => After::Again,
            _ => After::GiveUp,
        }
    }
}

/// Sends commands to the node that a slot is moving to.
async fn asking(
    cluster: &ClusterConnection,
    node: SingleNodeRoutingInfo,
    commands: &[Cmd],
) -> RedisResult<Vec<Value>> {
    // The permission is for the next command alone.
    let permitted: Vec<_> = commands
        .iter()
        .flat_map(|command| [redis::cmd("ASKING"), command.clone()])
        .collect();
    let answers = cluster
        .clone()
        .route_pipeline(pipeline(&permitted), 0, permitted.len(), node)
        .await?;
    Ok(answers.into_iter().skip(1).step_by(2).collect())
}

fn pipeline(commands: &[Cmd]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for command in commands {
        pipeline.add_command(command.clone());
    }
    pipeline
}

enum After {
    GiveUp,
    Again,
    Ask(SingleNodeRoutingInfo),
}

async fn pause(attempt: u32) {
    tokio::time::sleep(PAUSE * 2u32.pow(attempt - 1)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        // Its own test value, and two that `CLUSTER KEYSLOT` printed.
        assert_eq!(Place::of_tag(b"123456789").0, 0x31c3);
        assert_eq!(Place::of_tag(b"foo").0, 12182);
        assert_eq!(Place::of_tag(b"somekey").0, 11058);
    }
}
