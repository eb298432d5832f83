//! Whole requests over loopback: `requests/..`. A server without sessions, one with ours and one with a peer's take turns
//! under the same load, so the machine's mood meets all three, and what counts is the share that each keeps of the requests
//! that the server without sessions answered in the same turn.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use cloakroom_servers::{Postgres, Redis, RedisOptions, Scratch};

use crate::store::grouped;

mod load;
mod purge;
mod server;
mod turns;

use server::Server;
use turns::{Kept, take_turns};

/// What a store is to reach: this share of the requests of the same server without sessions.
const STORES: [(&str, f64); 4] = [
    ("memory", 0.92),
    ("redis", 0.62),
    ("sqlite", 0.40),
    ("postgres", 0.22),
];

/// Begins the table.
pub fn head(quick: bool) -> String {
    format!(
        "Whole requests over loopback, {} connections of `wrk`, medians of {}; the least and the greatest share of the turns \
         beside the median, and last what the best slice of all is of the best one without sessions.\n\n\
         | workload | sessions | requests/s | share | of the turns | of the best | target | |\n\
         |---|---|--:|--:|--:|--:|---|---|\n",
        load::CONNECTIONS,
        turns::described(quick),
    )
}

/// Measures what has `filter` in its name and hands each workload's lines to `print`, with the number of targets missed.
///
/// # Errors
///
/// When a server or the load generator is missing or fails, or an answer is wrong.
pub fn run(
    filter: &str,
    quick: bool,
    peers: Option<&Path>,
    print: &mut dyn FnMut(&str, usize),
) -> Result<(), Box<dyn Error>> {
    // Somebody who asks for `memory` means the store, and has built no peer.
    if peers.is_none() && !filter.is_empty() && !filter.starts_with("requests/") {
        return Ok(());
    }
    let sizes: &[u64] = if quick { &[1000] } else { &[1, 1000, 1_000_000] };
    for (store, target) in STORES {
        for &size in sizes {
            let plural = if size == 1 { "" } else { "s" };
            let name = format!("requests/{store}, {} session{plural}", grouped(size));
            if name.contains(filter) {
                let (text, missed) = Contest {
                    name,
                    store,
                    size,
                    target,
                }
                .run(quick, peers)?;
                print(&text, missed);
            }
        }
    }
    let name = "requests/postgres purge";
    if name.contains(filter) {
        let (text, missed) = purge::run(name, quick)?;
        print(&text, missed);
    }
    Ok(())
}

/// What a look-up alone costs, without a check, a deadline or a subject.
const BARE: &str = "a bare `HashMap` behind a lock, nothing checked";

struct Contest {
    name: String,
    store: &'static str,
    size: u64,
    target: f64,
}

/// Where a store's data are: a folder, or a server that ends when this is dropped.
enum Place {
    Memory,
    File(Scratch),
    Redis { server: Redis, _folder: Scratch },
    Postgres { server: Postgres, _folder: Scratch },
}

impl Place {
    /// An empty one of its own for each, so that nobody's cache is full of another's rows.
    fn new(store: &str) -> Result<Self, Box<dyn Error>> {
        Ok(match store {
            "redis" => {
                let folder = Scratch::new()?;
                Self::Redis {
                    server: Redis::start(folder.path(), &RedisOptions::default())?,
                    _folder: folder,
                }
            }
            "postgres" => {
                let folder = Scratch::new()?;
                Self::Postgres {
                    server: Postgres::start(folder.path())?,
                    _folder: folder,
                }
            }
            "sqlite" => Self::File(Scratch::new()?),
            _ => Self::Memory,
        })
    }

    fn url(&self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::File(scratch) => format!("sqlite:{}", scratch.path().join("sessions.db").display()),
            Self::Redis { server, .. } => server.url(),
            Self::Postgres { server, .. } => server.url("postgres"),
        }
    }
}

impl Contest {
    fn run(&self, quick: bool, peers: Option<&Path>) -> Result<(String, usize), Box<dyn Error>> {
        let own = std::env::current_exe()?.with_file_name("cloakroom-bench-app");
        let files = Scratch::new()?;
        // What ours and the peer's write lies in the same place and meets the same load: one of them is idle at a time.
        let mut places = Vec::new();
        let mut start = |program: &Path, name: &'static str, cookie: &'static str, more: &[&str]| {
            let place = Place::new(self.store)?;
            let server = Server::start(program, name, cookie, &place.url(), self.size, files.path(), more)?;
            places.push(place);
            Ok::<_, Box<dyn Error>>(server)
        };
        let mut servers = vec![start(&own, "cloakroom", "__Host-id", &[])?];
        if let Some(peers) = peers {
            servers.push(start(peers, "tower-sessions", "id", &[])?);
            if self.size == 1000 {
                let never = "tower-sessions, idle deadline never moved";
                servers.push(start(peers, never, "id", &["--saves", "never"])?);
            }
        }
        if self.store == "memory" {
            servers.push(Server::start(
                &own,
                BARE,
                "__Host-id",
                "bare",
                self.size,
                files.path(),
                &[],
            )?);
        }
        let none = Server::start(&own, "none", "__Host-id", "none", 1, files.path(), &[])?;
        // The same bytes in each request.
        let none = none.with_tokens_of(&servers[0]);
        for server in servers.iter().chain([&none]) {
            server.check()?;
        }
        let started = std::time::Instant::now();
        let contestants: Vec<_> = [&none].into_iter().chain(&servers).collect();
        let kept = take_turns(&contestants, quick)?;
        for server in contestants {
            server.check()?;
        }
        let elsewhere = match peers {
            Some(peers) if self.store == "redis" && self.size == 1000 => {
                Some(self.elsewhere(quick, peers, files.path())?)
            }
            _ => None,
        };
        if started.elapsed().as_secs() > 75 {
            servers[0].check_deadline()?;
        }
        let (mut text, missed) = self.lines(&kept);
        text.extend(elsewhere);
        Ok((text, missed))
    }

    /// Sessions of another framework, a share of its own server without sessions.
    fn elsewhere(&self, quick: bool, peers: &Path, files: &Path) -> Result<String, Box<dyn Error>> {
        let program = peers.with_file_name("cloakroom-bench-actix");
        let place = Place::new(self.store)?;
        let url = place.url();
        let server = Server::start(&program, "actix-session", "id", &url, self.size, files, &[])?;
        let none = Server::start(&program, "none", "id", "none", 1, files, &[])?.with_tokens_of(&server);
        server.check()?;
        let kept = take_turns(&[&none, &server], quick)?;
        server.check()?;
        let [none, kept] = &kept[..] else {
            return Err("two servers take turns".into());
        };
        Ok(format!(
            "| | actix-session, of the {} of its own server | {kept} | | |\n",
            grouped(none.rate as u64),
        ))
    }

    /// The first is without sessions, then comes ours.
    fn lines(&self, kept: &[Kept]) -> (String, usize) {
        let (mut text, mut missed) = (String::new(), 0);
        let mut verdict = |is_met: bool| {
            if is_met {
                "pass"
            } else {
                missed += 1;
                "**miss**"
            }
        };
        for (at, server) in kept.iter().enumerate() {
            let (target, verdict) = match server.name {
                "cloakroom" => (
                    format!(">= {:.2}", self.target),
                    verdict(server.share >= self.target),
                ),
                "tower-sessions" => ("below ours".to_owned(), verdict(server.share < kept[1].share)),
                _ => Default::default(),
            };
            let _ = if at == 0 {
                writeln!(
                    text,
                    "| {} | {} | {} | | | | | |",
                    self.name,
                    server.name,
                    grouped(server.rate as u64)
                )
            } else {
                writeln!(text, "| | {} | {server} | {target} | {verdict} |", server.name)
            };
        }
        (text, missed)
    }
}
