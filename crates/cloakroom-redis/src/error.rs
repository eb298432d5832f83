use std::error::Error;

use cloakroom_error::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError, ServerErrorKind};
use thiserror::Error;

/// A store could not be opened: one line, without the URL or its password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("the Redis URL is malformed: {0}")]
    Url(&'static str),
    /// The prefix cannot begin keys.
    #[error("a key prefix is 1 to 64 letters, digits, or one of . _ - : /")]
    Prefix,
    /// Nobody answers.
    #[error("the Redis server cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The server does not know the user or the password, or asks for one.
    #[error("the Redis server refuses the user name or the password")]
    Credentials,
    /// The server has no such database.
    #[error("the Redis server has no database of that number")]
    Database,
    /// One server was expected and it is a Cluster's, or the reverse.
    #[error("{0}")]
    Mode(&'static str),
    /// The server drops keys when its memory is full.
    #[error(
        "the Redis server may evict what ends sessions and tokens (maxmemory-policy {0}): set noeviction"
    )]
    Evicts(String),
    /// The server is older than 6.2.
    #[error("the Redis server is version {0}; 6.2 is the first with the commands needed here")]
    TooOld(String),
    /// The server answered something else.
    #[error("the Redis server refuses to serve: {0}")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
}

impl OpenError {
    pub(crate) fn of(error: RedisError) -> Self {
        let text = error.to_string();
        if error.kind() == ErrorKind::AuthenticationFailed
            || matches!(error.code(), Some("NOAUTH" | "WRONGPASS"))
            || says(
                &text,
                &["NOAUTH", "WRONGPASS", "invalid password", "without any password"],
            )
        {
            Self::Credentials
        } else if says(&text, &["DB index"]) {
            Self::Database
        } else if says(&text, &["cluster support disabled"]) {
            Self::Mode("this Redis server is none of a Cluster: say redis:// instead of redis+cluster://")
        } else if error.kind() == ErrorKind::InvalidClientConfig {
            if says(&text, &["TLS", "tls"]) {
                Self::Url("rediss:// needs the feature tokio-rustls-comp of the crate redis")
            } else {
                Self::Url("expected redis://[user:password@]host:port[/database]")
            }
        } else if matches!(
            store_error_kind(&error),
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout
        ) {
            Self::Unreachable(error.into())
        } else {
            Self::Refused(error.into())
        }
    }
}

/// What an answer of the client means to the caller of a store.
pub(crate) fn store_error(error: RedisError) -> StoreError {
    StoreError::new(store_error_kind(&error), error)
}

fn store_error_kind(error: &RedisError) -> StoreErrorKind {
    match error.kind() {
        ErrorKind::Io if error.is_timeout() => StoreErrorKind::Timeout,
        ErrorKind::Io
        | ErrorKind::ClusterConnectionNotFound
        | ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::ReadOnly
            | ServerErrorKind::TryAgain
            // While masters change, longer than commands are sent again.
            | ServerErrorKind::Moved
            | ServerErrorKind::Ask,
        ) => StoreErrorKind::Unavailable,
        // Before 7.0 an error within a script reaches the client as text inside another error. A key is not local to a
        // script while its slot is being moved.
        ErrorKind::Server(ServerErrorKind::ResponseError) | ErrorKind::Extension => {
            let (code, text) = (error.code().unwrap_or_default(), error.to_string());
            let is = |codes: &[&str]| codes.contains(&code) || says(&text, codes);
            if is(&["CLOAKROOM-CORRUPT", "WRONGTYPE"]) {
                StoreErrorKind::Corrupt
            } else if is(&["OOM"]) {
                StoreErrorKind::Full
            } else if is(&["READONLY", "MISCONF", "NOREPLICAS", "non local key"]) {
                StoreErrorKind::Unavailable
            } else if code == "BUSY" {
                StoreErrorKind::Timeout
            } else {
                StoreErrorKind::Other
            }
        }
        _ => StoreErrorKind::Other,
    }
}

fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}
