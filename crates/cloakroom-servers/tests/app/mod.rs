//! An application in a process of its own, and as much HTTP as it takes to talk to it.

mod client;
mod routes;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cloakroom_servers::shared;

pub(crate) use self::client::Browser;

/// The store that an application uses.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    url: String,
    /// What keeps it apart from other tests on the same Redis.
    prefix: String,
}

impl Place {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: shared::unique_name(),
        }
    }

    pub(crate) fn sqlite(dir: &Path) -> Self {
        Self::new(format!("sqlite:{}", dir.join("sessions.db").display()))
    }
}

/// A process that serves the application on one store.
pub(crate) struct App {
    process: Child,
    pub(crate) port: u16,
    log: tempfile::NamedTempFile,
}

const URL: &str = "CLOAKROOM_APP_URL";
const PREFIX: &str = "CLOAKROOM_APP_PREFIX";
const LISTENING: &str = "listening on ";

impl App {
    /// Starts this program again, whose test `server` is then the server, and waits until it listens.
    pub(crate) fn start(place: &Place) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server", "--nocapture"])
            .env(URL, &place.url)
            .env(PREFIX, &place.prefix)
            // It ends when the pipe closes, however this process ends.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            let length = output.read_line(&mut line).unwrap();
            let said = std::fs::read_to_string(log.path()).unwrap();
            assert_ne!(length, 0, "the server ended before it listened: {said}");
            // The test runner may have begun the line.
            if let Some((_, port)) = line.split_once(LISTENING) {
                break port.trim().parse().unwrap();
            }
        };
        Self { process, port, log }
    }

    /// What it has written to its standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    pub(crate) fn kill9(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    #[track_caller]
    pub(crate) fn assert_it_never_panicked(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "{log}");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The body of the test `server`: in a process that [`App::start`] has made it serves and does not return.
pub(crate) async fn serve_if_asked() {
    let Ok(url) = std::env::var(URL) else { return };
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    let prefix = std::env::var(PREFIX).unwrap();
    let router = routes::router(&url, &prefix).await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{LISTENING}{}", listener.local_addr().unwrap().port());
    axum::serve(listener, router).await.unwrap();
}
