use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Process, Quit, wait_until};
use crate::running::Running;
use crate::{port, wire};

/// A Redis server of our own.
#[derive(Debug)]
pub struct Redis {
    process: Process,
    dir: PathBuf,
    options: RedisOptions,
    port: u16,
}

/// How a Redis server is set up. By default it keeps nothing: what it held is gone after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisOptions {
    /// Writes each command to a file before it answers, so that a killed server has everything again when it restarts.
    /// The file is not synced: what has been written outlives the process, if not the machine.
    pub append_only: bool,
    /// More settings, as they stand in `redis.conf`: `("maxmemory", "4mb")`.
    pub settings: Vec<(String, String)>,
}

impl RedisOptions {
    /// With a setting more.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }
}

impl Redis {
    /// Starts a server whose data and log lie in `dir`, and waits until it answers.
    ///
    /// # Errors
    /// When `redis-server` is missing (Debian's package has its name), ends at once (its log is in the message), or does
    /// not answer.
    pub fn start(dir: &Path, options: &RedisOptions) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = fs::canonicalize(dir)?;
        let (process, port) = port::with_a_free_one(|port| spawn(&dir, port, options))?;
        let redis = Self {
            process,
            dir,
            options: options.clone(),
            port,
        };
        redis.running().write(&redis.dir)?;
        Ok(redis)
    }

    /// As clients take it: `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that it is now.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Where its data lie.
    pub fn data_dir(&self) -> &Path {
        &self.dir
    }

    /// Sends it one command and returns the answer as text. The answer may be a line, a number or a string.
    ///
    /// # Errors
    /// What the server answers as an error, and when it cannot be reached.
    pub fn command(&self, words: &[&str]) -> io::Result<String> {
        wire::redis(self.port, words)
    }

    /// Ends it without a warning, by SIGKILL.
    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    /// Starts it again after [`kill9`](Self::kill9), or in place of one that runs, on the same port and data.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when another has taken the port.
    pub fn restart(&mut self) -> io::Result<()> {
        self.process.kill9();
        let mut started = None;
        wait_until("the return to the same port", || {
            started = spawn(&self.dir, self.port, &self.options)?;
            Ok(started.is_some())
        })?;
        if let Some(process) = started {
            self.process = process;
        }
        self.running().write(&self.dir)
    }

    /// Ends it, as dropping it does.
    pub fn stop(self) {
        drop(self);
    }

    /// Lets it live on; [`Running::end`] ends it.
    pub fn leave(mut self) {
        self.process.leave();
    }

    pub(crate) fn running(&self) -> Running {
        Running {
            url: self.url(),
            data_dir: self.dir.clone(),
            pids: vec![self.pid()],
        }
    }
}

/// A server that answers, or `None` when the port was another's.
fn spawn(dir: &Path, port: u16, options: &RedisOptions) -> io::Result<Option<Process>> {
    let mut command = Command::new("redis-server");
    let dir_text = dir.to_string_lossy().into_owned();
    let port_text = port.to_string();
    let append_only = if options.append_only { "yes" } else { "no" };
    // The title stays the command line, by which `Running` knows its processes.
    for (name, value) in [
        ("port", port_text.as_str()),
        ("bind", "127.0.0.1"),
        ("dir", &dir_text),
        ("save", ""),
        ("appendonly", append_only),
        ("appendfsync", "no"),
        ("set-proc-title", "no"),
        ("daemonize", "no"),
    ] {
        command.arg(format!("--{name}")).arg(value);
    }
    for (name, value) in &options.settings {
        command.arg(format!("--{name}")).arg(value);
    }
    command.current_dir(dir);
    let log = dir.join("server.log");
    let mut process = Process::spawn(&mut command, &log, Quit::Kill).map_err(missing)?;
    let ours = format!("process_id:{}", process.pid());
    let mut has_port = true;
    wait_until("the start of Redis", || {
        if process.has_ended()? {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("ddress already in use") {
                has_port = false;
                return Ok(true);
            }
            return Err(io::Error::other(format!("redis-server ended at once:\n{said}")));
        }
        match wire::redis(port, &["INFO"]) {
            // It answers this before it has read its data.
            Ok(info) => Ok(has_line(&info, &ours) && has_line(&info, "loading:0")),
            // It asks for a password, so it answers; whose it is shows in that it lives on with its port.
            Err(error) => Ok(error.to_string().starts_with("NOAUTH")),
        }
    })?;
    Ok(has_port.then_some(process))
}

pub(crate) fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|one| one == line)
}

fn missing(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        let what =
            "redis-server is missing; on Debian: apt-get install -y --no-install-recommends redis-server";
        return io::Error::new(io::ErrorKind::NotFound, what);
    }
    error
}
