use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};
use cloakroom_servers::{Postgres, Redis, RedisCluster, RedisOptions, Running, shared};

use crate::packages;
use crate::project::Project;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Up,
    Down,
    Status,
}

pub(crate) fn run(project: &Project, action: Action) -> Result<()> {
    match action {
        Action::Up => up(project),
        Action::Down => down(project),
        Action::Status => {
            status(project);
            Ok(())
        }
    }
}

/// The servers for one run of the tests. Those that this run has started end when this is dropped.
pub(crate) struct ForTests {
    /// Variables of the environment and URLs.
    pub(crate) urls: Vec<(&'static str, String)>,
    started: Vec<Server>,
    dir: PathBuf,
}

/// Takes what the environment names, then what `services up` has left running, and starts the rest.
pub(crate) fn for_tests(project: &Project, may_install: bool) -> Result<ForTests> {
    install(project, may_install)?;
    let all = project.under_target("services");
    remove_stale(&all)?;
    let dir = all.join(format!("{OF_A_RUN}{}", std::process::id()));
    let (mut urls, mut missing) = (Vec::new(), Vec::new());
    for service in SERVICES {
        let named = std::env::var(service.variable).ok();
        match named.or_else(|| Some(Running::find(&all.join(service.name))?.url)) {
            Some(url) => urls.push((service.variable, url)),
            None => missing.push(service),
        }
    }
    let mut started = Vec::new();
    for (service, server) in missing.iter().zip(start(&missing, &dir)) {
        let server = server?;
        urls.push((service.variable, server.url()));
        started.push(server);
    }
    for (variable, url) in &urls {
        eprintln!("{variable}={url}");
    }
    Ok(ForTests { urls, started, dir })
}

impl Drop for ForTests {
    fn drop(&mut self) {
        self.started.clear();
        // What is left is removed by the next run.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

struct Service {
    name: &'static str,
    variable: &'static str,
    start: fn(&Path) -> io::Result<Server>,
}

const SERVICES: &[Service] = &[
    Service {
        name: "redis",
        variable: shared::REDIS,
        start: |dir| Redis::start(dir, &RedisOptions::default()).map(Server::Redis),
    },
    Service {
        name: "redis-cluster",
        variable: shared::REDIS_CLUSTER,
        start: |dir| RedisCluster::start(dir, 3, 1).map(Server::RedisCluster),
    },
    Service {
        name: "postgres",
        variable: shared::POSTGRES,
        start: |dir| Postgres::start(dir).map(Server::Postgres),
    },
];

/// Folders of runs of the tests, below `target/services`, end with the number of the process.
const OF_A_RUN: &str = "run-";

enum Server {
    Redis(Redis),
    RedisCluster(RedisCluster),
    Postgres(Postgres),
}

impl Server {
    fn url(&self) -> String {
        match self {
            Self::Redis(server) => server.url(),
            Self::RedisCluster(server) => server.url(),
            Self::Postgres(server) => server.url("postgres"),
        }
    }

    fn leave(self) {
        match self {
            Self::Redis(server) => server.leave(),
            Self::RedisCluster(server) => server.leave(),
            Self::Postgres(server) => server.leave(),
        }
    }
}

fn up(project: &Project) -> Result<()> {
    install(project, true)?;
    let all = project.under_target("services");
    let is_down = |service: &&Service| Running::find(&all.join(service.name)).is_none();
    let missing: Vec<_> = SERVICES.iter().filter(is_down).collect();
    for service in &missing {
        // What is left of one that has ended, or of a cluster that has lost a node.
        Running::end(&all.join(service.name))?;
    }
    let mut failed = Ok(());
    for server in start(&missing, &all) {
        match server {
            Ok(server) => server.leave(),
            Err(error) => failed = Err(error),
        }
    }
    for service in SERVICES {
        let Some(running) = Running::find(&all.join(service.name)) else {
            continue;
        };
        println!("export {}='{}'", service.variable, running.url);
        if !running.data_dir.starts_with(&all) {
            let (name, dir) = (service.name, running.data_dir.display());
            eprintln!("the data of {name} lie in {dir}, which its user may reach");
        }
    }
    failed
}

fn down(project: &Project) -> Result<()> {
    let all = project.under_target("services");
    for Service { name, .. } in SERVICES {
        let was_running = Running::end(&all.join(name)).with_context(|| format!("{name} does not end"))?;
        println!("{name:13} {}", if was_running { "ended" } else { "was down" });
    }
    remove_stale(&all)
}

fn status(project: &Project) {
    for Service { name, .. } in SERVICES {
        match Running::find(&project.under_target("services").join(name)) {
            Some(running) => {
                let pids: Vec<_> = running.pids.iter().map(u32::to_string).collect();
                println!("{name:13} up: {} (process {})", running.url, pids.join(", "));
            }
            None => println!("{name:13} down"),
        }
    }
}

fn install(project: &Project, may_install: bool) -> Result<()> {
    packages::REDIS.ensure(project, may_install)?;
    packages::POSTGRES.ensure(project, may_install)
}

/// Starts them all at once, each in the folder of its name below `dir`.
fn start(services: &[&'static Service], dir: &Path) -> Vec<Result<Server>> {
    thread::scope(|scope| {
        let starting: Vec<_> = services
            .iter()
            .map(|service| scope.spawn(|| (service.start)(&dir.join(service.name))))
            .collect();
        let joined = starting.into_iter().zip(services).map(|(thread, service)| {
            let started = thread.join().unwrap_or_else(|_| Err(io::Error::other("a panic")));
            started.with_context(|| format!("{} cannot be started", service.name))
        });
        joined.collect()
    })
}

/// Removes what runs have left that were interrupted. Their servers have ended with them.
fn remove_stale(all: &Path) -> Result<()> {
    for entry in fs::read_dir(all).into_iter().flatten() {
        let entry = entry?;
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(OF_A_RUN)) else {
            continue;
        };
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if !String::from_utf8_lossy(&line).contains("xtask") {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
