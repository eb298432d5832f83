use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::store_choice::{InvalidStore, StoreChoice};
use crate::tokens::LONGEST_LIFE;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
A page on 127.0.0.1 that logs people in with an encrypted cookie, a token, or a session.

Usage: cloakroom-demo [--port PORT] [--db PATH] [--key-file PATH] [--store STORE]
                      [--access-ttl SECONDS]

  --port PORT       Port to listen on, 0 for any free one [default: 8990]
  --db PATH         SQLite database of the users, made when absent
                    [default: users.db in this platform's data folder]
  --key-file PATH   Key ring, made with a fresh key and mode 0600 when absent
                    [default: beside the database, its extension replaced by `keys.json`]
  --store STORE     Where sessions, families of refresh tokens and revocations are kept:
                    memory, sqlite:PATH, postgres://.., redis://.. or redis+cluster://..;
                    its tables are made or brought up to date
                    [default: SQLite beside the database, with the extension `sessions.db`]
  --access-ttl SECONDS
                    How long an access token lives, 5 to 3600 [default: 300]
  --help            Print this and exit
  --version         Print the version and exit

Two secrets lie beside the key ring: the one that places sessions in their store, with the
extension `index`, and the key that signs access tokens, with the extension `signing`. Each is
made when absent, with mode 0600, and never changed. Servers that share a store share them.

Exit status: 0 after SIGINT or SIGTERM, 2 when the arguments, the key file, the database,
the store or the port cannot be used. In that case nothing that was there has been changed.
";

/// The port that a person finds the demo on when none is named.
const DEFAULT_PORT: u16 = 8990;
/// The life of an access token when none is named.
const DEFAULT_ACCESS_TTL: Duration = Duration::from_mins(5);

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Serve(Args),
    Help,
    Version,
}

/// Where to listen and where things lie.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) port: u16,
    /// `None`: in the platform's data folder.
    pub(crate) db: Option<PathBuf>,
    /// `None`: beside the database.
    pub(crate) key_file: Option<PathBuf>,
    /// `None`: in an SQLite database of its own, beside that of the users.
    pub(crate) store: Option<StoreChoice>,
    /// How long an access token lives.
    pub(crate) access_ttl: Duration,
}

/// Reads the arguments that follow the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Command, ArgsError> {
    let mut parser = lexopt::Parser::from_args(args);
    let (mut port, mut db, mut key_file, mut store, mut access_ttl) = (None, None, None, None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Long("port") => {
                let text = parser.value()?;
                let number = text.to_str().and_then(|text| text.parse().ok());
                set_once(&mut port, "--port", number.ok_or(ArgsError::Port(text))?)?;
            }
            Long("db") => set_once(&mut db, "--db", path("--db", parser.value()?)?)?,
            Long("key-file") => {
                set_once(&mut key_file, "--key-file", path("--key-file", parser.value()?)?)?;
            }
            Long("store") => {
                let choice = StoreChoice::parse(parser.value()?)?;
                set_once(&mut store, "--store", choice)?;
            }
            Long("access-ttl") => {
                let text = parser.value()?;
                let life = access_ttl_of(&text).ok_or(ArgsError::AccessTtl(text))?;
                set_once(&mut access_ttl, "--access-ttl", life)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Serve(Args {
        port: port.unwrap_or(DEFAULT_PORT),
        db,
        key_file,
        store,
        access_ttl: access_ttl.unwrap_or(DEFAULT_ACCESS_TTL),
    }))
}

/// Why the arguments cannot be used. One line; it ends in what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArgsError {
    #[error("{0}; see --help")]
    Syntax(#[from] lexopt::Error),
    #[error("--port takes a number from 0 to 65535, not {0:?}; see --help")]
    Port(OsString),
    #[error("--access-ttl takes a number of seconds from 5 to 3600, not {0:?}; see --help")]
    AccessTtl(OsString),
    #[error("{0} takes the path of a file, not an empty string; see --help")]
    EmptyPath(&'static str),
    #[error("{0} is given twice; see --help")]
    Twice(&'static str),
    #[error("{0}; see --help")]
    Store(#[from] InvalidStore),
}

fn path(flag: &'static str, text: OsString) -> Result<PathBuf, ArgsError> {
    if text.is_empty() {
        return Err(ArgsError::EmptyPath(flag));
    }
    Ok(text.into())
}

fn access_ttl_of(text: &OsStr) -> Option<Duration> {
    let seconds: u64 = text.to_str()?.parse().ok()?;
    let life = Duration::from_secs(seconds);
    (Duration::from_secs(5)..=LONGEST_LIFE)
        .contains(&life)
        .then_some(life)
}

fn set_once<T>(slot: &mut Option<T>, flag: &'static str, value: T) -> Result<(), ArgsError> {
    if slot.replace(value).is_some() {
        return Err(ArgsError::Twice(flag));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Args, Command, StoreChoice, parse};

    #[test]
    fn every_flag_is_read_in_both_spellings() {
        for line in [
            "--port 0 --db a.db --key-file k.json --store sqlite:s.db --access-ttl 5",
            "--port=0 --db=a.db --key-file=k.json --store=sqlite:s.db --access-ttl=5",
        ] {
            assert_eq!(
                parse(line.split(' ')).unwrap(),
                Command::Serve(Args {
                    port: 0,
                    db: Some("a.db".into()),
                    key_file: Some("k.json".into()),
                    store: Some(StoreChoice::Sqlite("s.db".into())),
                    access_ttl: Duration::from_secs(5),
                }),
                "{line}"
            );
        }
        assert_eq!(
            parse([""; 0]).unwrap(),
            Command::Serve(Args {
                port: 8990,
                db: None,
                key_file: None,
                store: None,
                access_ttl: Duration::from_mins(5),
            })
        );
        assert_eq!(parse(["--port", "1", "--help"]).unwrap(), Command::Help);
        assert_eq!(parse(["-V"]).unwrap(), Command::Version);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (line, message) in [
            ("--frobnicate", "invalid option '--frobnicate'; see --help"),
            ("-x", "invalid option '-x'; see --help"),
            ("users.db", "unexpected argument \"users.db\"; see --help"),
            ("--port", "missing argument for option '--port'; see --help"),
            (
                "--port abc",
                "--port takes a number from 0 to 65535, not \"abc\"; see --help",
            ),
            (
                "--port 65536",
                "--port takes a number from 0 to 65535, not \"65536\"; see --help",
            ),
            (
                "--port -1",
                "--port takes a number from 0 to 65535, not \"-1\"; see --help",
            ),
            ("--port 1 --port 1", "--port is given twice; see --help"),
            (
                "--db=",
                "--db takes the path of a file, not an empty string; see --help",
            ),
            (
                "--store memory --store memory",
                "--store is given twice; see --help",
            ),
            (
                "--access-ttl 4",
                "--access-ttl takes a number of seconds from 5 to 3600, not \"4\"; see --help",
            ),
            (
                "--access-ttl 3601",
                "--access-ttl takes a number of seconds from 5 to 3600, not \"3601\"; see --help",
            ),
            (
                "--access-ttl 5s",
                "--access-ttl takes a number of seconds from 5 to 3600, not \"5s\"; see --help",
            ),
            (
                "--access-ttl 9 --access-ttl 9",
                "--access-ttl is given twice; see --help",
            ),
            (
                "--store sqlite:",
                "--store sqlite: takes the path of a file after the colon; see --help",
            ),
        ] {
            assert_eq!(parse(line.split(' ')).unwrap_err().to_string(), message, "{line}");
        }
    }
}
