use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_cloakroom-demo");

/// A running server on a free port. It ends with the test, however that ends.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts one whose files lie in `folder`.
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::start_on(folder, 0)
    }

    /// The same on a port that must be free.
    pub(crate) fn start_on(folder: &Folder, port: u16) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--db")
            .arg(folder.db())
            .arg("--port")
            .arg(port.to_string());
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("Cloakroom demo: http://")
            .and_then(|rest| rest.strip_suffix('/'))
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the first line is {line:?}");
        };
        Self { child, address }
    }

    /// Asks it to stop, as a terminal or a supervisor does.
    pub(crate) fn stop(mut self, signal: &str) -> ExitStatus {
        let sent = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for one test.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.path().join("users.db")
    }

    /// Where the key file lies unless `--key-file` names another.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.path().join("users.keys.json")
    }

    /// Where the sessions lie unless `--store` names another place.
    pub(crate) fn sessions(&self) -> PathBuf {
        self.path().join("users.sessions.db")
    }

    /// The secret that places them.
    pub(crate) fn index_file(&self) -> PathBuf {
        self.path().join("users.keys.index")
    }

    /// What the key that signs access tokens is made of.
    pub(crate) fn signing_file(&self) -> PathBuf {
        self.path().join("users.keys.signing")
    }

    /// The names in the folder, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}
