use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::node::{PREFIX, STORE};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a feed is.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) prefix: String,
}

impl Place {
    /// The `host:port` of its URL.
    pub(crate) fn authority(&self) -> String {
        let rest = self.url.split_once("://").unwrap().1;
        let rest = rest.split(['/', '?']).next().unwrap();
        let authority = rest.rsplit('@').next().unwrap();
        authority.replace("localhost", "127.0.0.1")
    }
}

/// Eight processes of this program, each a node.
pub(crate) struct Nodes(Vec<Node>);

/// What a node has seen by its end.
pub(crate) struct Seen {
    /// Of each token, when its last accepted request began, and when it was refused first, or 0.
    pub(crate) tokens: Vec<(u64, u64)>,
    /// How often it found its snapshot too old and refused everything, since somebody last listened to it.
    pub(crate) failed_closed: usize,
}

struct Node {
    child: Child,
    input: Option<ChildStdin>,
    said: Receiver<String>,
}

impl Nodes {
    pub(crate) fn start(place: &Place) -> Self {
        Self((0..8).map(|_| Node::start(place)).collect())
    }

    /// Waits until each has said `word`, and tells when each began the last request that it accepted.
    pub(crate) fn wait_until(&mut self, word: &str) -> Vec<u64> {
        self.0.iter_mut().map(|node| node.wait_until(word)).collect()
    }

    /// Ends them, and tells what each has seen.
    pub(crate) fn end(mut self) -> Vec<Seen> {
        for node in &mut self.0 {
            node.input = None;
        }
        self.0.iter_mut().map(Node::end).collect()
    }
}

impl Node {
    fn start(place: &Place) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "node", "--nocapture"])
            .env(STORE, &place.url)
            .env(PREFIX, &place.prefix)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (say, said) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(text) = line.strip_prefix("NODE ") {
                    let _ = say.send(text.to_owned());
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            said,
        }
    }

    fn wait_until(&mut self, word: &str) -> u64 {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.said.recv_timeout(left).unwrap();
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().parse().unwrap();
            }
        }
    }

    fn end(&mut self) -> Seen {
        let mut seen = Seen {
            tokens: Vec::new(),
            failed_closed: 0,
        };
        loop {
            let line = self.said.recv_timeout(PATIENCE).unwrap();
            let mut words = line.split(' ');
            match words.next() {
                Some("token") => {
                    let mut number = || words.next().unwrap().parse().unwrap();
                    seen.tokens.push((number(), number()));
                }
                Some("stale") => seen.failed_closed += 1,
                Some("end") => return seen,
                _ => {}
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It fails when the process has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
