use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// How a store keeps its rows, and by how many connections.
#[derive(Clone, Debug)]
pub struct Settings {
    schema: String,
    cutoff_retention: Duration,
    max_connections: NonZeroU32,
    connect_timeout: Duration,
}

/// Those of a store that makes its own, unless it is told otherwise.
const MAX_CONNECTIONS: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");

impl Settings {
    /// The schema `cloakroom`, cut-offs kept for 400 days, at most 10 connections, each had within 2 seconds.
    pub fn new() -> Self {
        Self {
            schema: "cloakroom".to_owned(),
            cutoff_retention: Duration::from_hours(400 * 24),
            max_connections: MAX_CONNECTIONS,
            connect_timeout: Duration::from_secs(2),
        }
    }

    /// The schema of the tables. Two applications in one database take two.
    ///
    /// # Errors
    ///
    /// When `name` is not 1 to 63 characters of `a-z`, `0-9` and `_`, begins with a digit, or begins with `pg_`, which
    /// PostgreSQL keeps for itself.
    pub fn schema(mut self, name: &str) -> Result<Self, InvalidSchema> {
        let first = name
            .bytes()
            .next()
            .is_some_and(|byte| matches!(byte, b'a'..=b'z' | b'_'));
        let all = name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !first || !all || name.len() > 63 || name.starts_with("pg_") {
            return Err(InvalidSchema(()));
        }
        name.clone_into(&mut self.schema);
        Ok(self)
    }

    /// For how long a subject's cut-off is kept. It has to be longer than any session or family of tokens lives; a
    /// purge removes older ones. Revocations have a time of their own.
    pub fn cutoff_retention(mut self, retention: Duration) -> Self {
        self.cutoff_retention = retention;
        self
    }

    /// The most connections of a store that makes its own. A store on a pool has those of the pool. A store of revocations
    /// needs 4 either way.
    pub fn max_connections(mut self, most: NonZeroU32) -> Self {
        self.max_connections = most;
        self
    }

    /// How long an operation waits for a connection of the store's own, be it a free one or a new one.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    pub(crate) fn schema_name(&self) -> &str {
        &self.schema
    }

    #[cfg(any(feature = "session", feature = "token"))]
    pub(crate) const fn retention(&self) -> Duration {
        self.cutoff_retention
    }

    pub(crate) const fn connections(&self) -> NonZeroU32 {
        self.max_connections
    }

    pub(crate) const fn patience(&self) -> Duration {
        self.connect_timeout
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// A text is no name of a schema that this crate takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSchema(());

impl fmt::Display for InvalidSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a schema is 1 to 63 of a-z, 0-9 and _, and begins neither with a digit nor with pg_")
    }
}

impl std::error::Error for InvalidSchema {}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn a_schema_is_a_plain_name() {
        let longest = "a".repeat(63);
        for good in ["a", "_", "public", "session_2", longest.as_str()] {
            assert_eq!(Settings::new().schema(good).unwrap().schema_name(), good);
        }
        let too_long = "a".repeat(64);
        for bad in [
            "",
            "2a",
            "pg_catalog",
            "A",
            "a-b",
            "a\"b",
            "a b",
            "a;",
            "ä",
            "a\0",
            too_long.as_str(),
        ] {
            assert!(Settings::new().schema(bad).is_err(), "{bad:?}");
        }
    }
}
