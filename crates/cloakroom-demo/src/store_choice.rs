use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// Where sessions are kept, as `--store` names it. A URL may hold a password, so it is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    /// In this process's memory: a restart ends every session.
    Memory,
    Sqlite(PathBuf),
    Postgres(String),
    Redis(String),
    RedisCluster(String),
}

impl StoreChoice {
    /// Reads `memory`, `sqlite:PATH` or a URL. Whether a server answers to it is another question.
    pub(crate) fn parse(text: OsString) -> Result<Self, InvalidStore> {
        // The text is dropped unseen: what is nearly a URL has its password as well.
        let text = text.into_string().map_err(|_| InvalidStore::Unknown)?;
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return match path {
                "" => Err(InvalidStore::EmptyPath),
                path => Ok(Self::Sqlite(path.into())),
            };
        }
        match text.split_once("://").map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => Ok(Self::Postgres(text)),
            Some("redis" | "rediss") => Ok(Self::Redis(text)),
            Some("redis+cluster" | "rediss+cluster") => Ok(Self::RedisCluster(text)),
            _ => Err(InvalidStore::Unknown),
        }
    }

    /// What the pages and the greeting say of it.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Memory => "this server's memory".to_owned(),
            Self::Sqlite(path) => format!("SQLite, {}", path.display()),
            Self::Postgres(_) => "a PostgreSQL server".to_owned(),
            Self::Redis(_) => "a Redis server".to_owned(),
            Self::RedisCluster(_) => "a Redis Cluster".to_owned(),
        }
    }
}

impl fmt::Debug for StoreChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

/// The text names no store.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidStore {
    #[error(
        "--store takes memory, sqlite:PATH, or a URL that begins with postgres://, redis:// or redis+cluster://"
    )]
    Unknown,
    #[error("--store sqlite: takes the path of a file after the colon")]
    EmptyPath,
}

#[cfg(test)]
mod tests {
    use super::{InvalidStore, StoreChoice};

    #[test]
    fn stores_are_known_by_how_they_begin() {
        for (text, expected) in [
            ("memory", Ok(StoreChoice::Memory)),
            ("sqlite:s.db", Ok(StoreChoice::Sqlite("s.db".into()))),
            ("sqlite:/a b/s.db", Ok(StoreChoice::Sqlite("/a b/s.db".into()))),
            ("sqlite:", Err(InvalidStore::EmptyPath)),
            (
                "postgres://u:p@h/d",
                Ok(StoreChoice::Postgres("postgres://u:p@h/d".into())),
            ),
            (
                "postgresql://h",
                Ok(StoreChoice::Postgres("postgresql://h".into())),
            ),
            ("redis://h", Ok(StoreChoice::Redis("redis://h".into()))),
            (
                "redis+cluster://h,i",
                Ok(StoreChoice::RedisCluster("redis+cluster://h,i".into())),
            ),
            ("", Err(InvalidStore::Unknown)),
            ("Memory", Err(InvalidStore::Unknown)),
            ("s.db", Err(InvalidStore::Unknown)),
            ("postgres:u:p@h/d", Err(InvalidStore::Unknown)),
            ("mysql://u:p@h/d", Err(InvalidStore::Unknown)),
            (" redis://h", Err(InvalidStore::Unknown)),
        ] {
            assert_eq!(StoreChoice::parse(text.into()), expected, "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        for url in [
            "postgres://ada:secret@h/d",
            "redis://:secret@h",
            "redis+cluster://ada:secret@h",
        ] {
            let store = StoreChoice::parse(url.into()).unwrap();
            assert!(
                !format!("{store:?} {}", store.label()).contains("secret"),
                "{url}"
            );
        }
    }
}
