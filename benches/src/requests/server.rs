//! A server under load, a process of its own.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::stored::VISITS;

/// Ends when this is dropped.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) cookie: &'static str,
    pub(super) port: u16,
    pub(super) tokens: PathBuf,
    child: Child,
}

impl Server {
    /// Starts it and waits until its store is full.
    pub(super) fn start(
        program: &Path,
        name: &'static str,
        cookie: &'static str,
        sessions: &str,
        stored: u64,
        files: &Path,
        more: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let tokens = files.join(format!("tokens of {name}"));
        let mut child = Command::new(program)
            .args([sessions, "--stored", &stored.to_string(), "--tokens"])
            .arg(&tokens)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let mut server = Self {
            name,
            cookie,
            port: 0,
            tokens,
            child,
        };
        let Ok(port) = line.trim().parse() else {
            return Err(format!("the server with the sessions of {name} has not started").into());
        };
        server.port = port;
        Ok(server)
    }

    /// The same that is sent what `other` is sent.
    pub(super) fn with_tokens_of(mut self, other: &Self) -> Self {
        self.tokens.clone_from(&other.tokens);
        self
    }

    /// Asks once for each of some sessions, and for none that is there, and compares the answers.
    pub(super) fn check(&self) -> Result<(), Box<dyn Error>> {
        let tokens = std::fs::read_to_string(&self.tokens)?;
        for token in tokens.lines().take(3) {
            let (status, body) = self.get("/", token)?;
            if (status, body.as_str()) != (200, VISITS.to_string().as_str()) {
                return Err(format!("{}: {status} {body:?} is no right answer", self.name).into());
            }
        }
        let (status, _) = self.get("/", "no such session")?;
        if self.name != "none" && status != 401 {
            return Err(format!("{}: {status} without a session", self.name).into());
        }
        Ok(())
    }

    /// Whether the load has kept a session alive.
    pub(super) fn check_deadline(&self) -> Result<(), Box<dyn Error>> {
        let tokens = std::fs::read_to_string(&self.tokens)?;
        let token = tokens.lines().next().ok_or("no token")?;
        match self.get("/used", token)? {
            (200, seconds) if seconds.parse::<u64>().is_ok_and(|seconds| seconds >= 60) => Ok(()),
            answer => Err(format!("{}: the idle deadline has not moved: {answer:?}", self.name).into()),
        }
    }

    fn get(&self, path: &str, token: &str) -> Result<(u16, String), Box<dyn Error>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let cookie = self.cookie;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}={token}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no end of a head")?;
        let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
        Ok((status, body.to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails when the process has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
