use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Process, Quit, wait_until};
use crate::running::Running;
use crate::scratch::Scratch;
use crate::{port, wire};

/// A PostgreSQL server of our own.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    server: Server,
    port: u16,
    /// Where `running` is written: the folder that was asked for.
    dir: PathBuf,
    /// In place of a folder that the server's user could not have reached. Removed after the process has ended.
    scratch: Option<Scratch>,
}

/// How a PostgreSQL server is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Syncs to disk at each commit. Without it a killed server still has everything when it restarts; a machine would
    /// not.
    pub fsync: bool,
    /// More settings, as they stand in `postgresql.conf`: `("statement_timeout", "500ms")`.
    pub settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// With a setting more.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }
}

impl Postgres {
    /// Makes a new cluster of databases in `dir`, starts its server, and waits until it answers.
    ///
    /// # Errors
    /// When PostgreSQL is missing (Debian's package is `postgresql`), ends at once (its log is in the message), or does
    /// not answer.
    pub fn start(dir: &Path) -> io::Result<Self> {
        Self::start_with(dir, &PostgresOptions::default())
    }

    /// As [`start`](Self::start), with options.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(dir: &Path, options: &PostgresOptions) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = fs::canonicalize(dir)?;
        let user = User::of_the_server()?;
        let scratch = if user.is_some() && !everybody_may_search(&dir) {
            Some(Scratch::new()?)
        } else {
            None
        };
        let data_dir = scratch.as_ref().map_or(&*dir, Scratch::path).join("data");
        let server = Server {
            programs: Self::programs()?,
            data_dir,
            user,
            options: options.clone(),
        };
        server.make()?;
        let (process, port) = port::with_a_free_one(|port| server.spawn(port))?;
        let postgres = Self {
            process,
            server,
            port,
            dir,
            scratch,
        };
        postgres.running().write(&postgres.dir)?;
        Ok(postgres)
    }

    /// As clients take it: `postgres://postgres@127.0.0.1:PORT/DATABASE`. The database `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process that its postmaster is now.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Where its data lie, which may be elsewhere than asked for.
    pub fn data_dir(&self) -> &Path {
        self.scratch.as_ref().map_or(&*self.dir, Scratch::path)
    }

    /// Makes a database.
    ///
    /// # Errors
    /// When it is there already, and as [`execute`](Self::execute).
    pub fn create_database(&self, name: &str) -> io::Result<()> {
        self.execute("postgres", &create_database(name))
    }

    /// Runs `sql` in `database` as the superuser. What it returns is not read.
    ///
    /// # Errors
    /// What the server answers as an error, and when it cannot be reached.
    pub fn execute(&self, database: &str, sql: &str) -> io::Result<()> {
        wire::postgres(self.port, database, sql)
    }

    /// Ends the server and its children without a warning, by SIGKILL.
    pub fn kill9(&mut self) {
        self.process.kill9();
    }

    /// Starts it again after [`kill9`](Self::kill9), or in place of one that runs, on the same port and data.
    ///
    /// # Errors
    /// As [`start`](Self::start), and when another has taken the port.
    pub fn restart(&mut self) -> io::Result<()> {
        self.process.stop();
        let mut started = None;
        wait_until("the return to the same port", || {
            started = self.server.spawn(self.port)?;
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
        if let Some(scratch) = self.scratch.take() {
            scratch.leave();
        }
    }

    /// The folder of `initdb` and `postgres`, which Debian keeps off `PATH`.
    ///
    /// # Errors
    /// When there is none; the message names Debian's package.
    pub fn programs() -> io::Result<PathBuf> {
        let has_both = |dir: &PathBuf| ["initdb", "postgres"].iter().all(|name| dir.join(name).is_file());
        let named = Command::new("pg_config").arg("--bindir").output();
        let named = named.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut debian: Vec<_> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        debian.sort();
        named
            .into_iter()
            .map(PathBuf::from)
            .chain(debian.into_iter().rev())
            .chain(std::env::split_paths(&path))
            .find(has_both)
            .ok_or_else(|| {
                let what =
                    "PostgreSQL is missing; on Debian: apt-get install -y --no-install-recommends postgresql";
                io::Error::new(io::ErrorKind::NotFound, what)
            })
    }

    pub(crate) fn running(&self) -> Running {
        Running {
            url: self.url("postgres"),
            data_dir: self.data_dir().to_owned(),
            pids: vec![self.pid()],
        }
    }
}

/// What it takes to start the server, any number of times.
#[derive(Debug)]
struct Server {
    programs: PathBuf,
    data_dir: PathBuf,
    user: Option<User>,
    options: PostgresOptions,
}

impl Server {
    fn make(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.data_dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&self.data_dir)?,
        }
        if let Some(user) = self.user {
            user.own(&self.data_dir)?;
        }
        let mut command = self.command("initdb");
        let output = command
            .arg("-D")
            .arg(&self.data_dir)
            .args([
                "-A",
                "trust",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-sync",
            ])
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("initdb failed:\n{said}")))
    }

    /// A server that answers, or `None` when the port was another's, or the last server's children still end.
    fn spawn(&self, port: u16) -> io::Result<Option<Process>> {
        let on_or_off = if self.options.fsync { "on" } else { "off" };
        let port_text = port.to_string();
        let mut command = self.command("postgres");
        command.arg("-D").arg(&self.data_dir);
        // No socket in a folder: its path might be too long.
        for (name, value) in [
            ("listen_addresses", "127.0.0.1"),
            ("port", port_text.as_str()),
            ("unix_socket_directories", ""),
            ("fsync", on_or_off),
            ("full_page_writes", on_or_off),
            // Many pools at once, each of a test of its own.
            ("max_connections", "400"),
        ] {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for (name, value) in &self.options.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let log = self.data_dir.with_file_name("server.log");
        let mut process = Process::spawn(&mut command, &log, Quit::Ask)?;
        let mut is_ours = true;
        wait_until("the start of PostgreSQL", || {
            if process.has_ended()? {
                let said = fs::read_to_string(&log).unwrap_or_default();
                if ["ddress already in use", "still in use", "already exists"]
                    .iter()
                    .any(|why| said.contains(why))
                {
                    is_ours = false;
                    return Ok(true);
                }
                return Err(io::Error::other(format!("postgres ended at once:\n{said}")));
            }
            // It says there when it is ready, and who it is, so no other server on the port is taken for it.
            let status = fs::read_to_string(self.data_dir.join("postmaster.pid")).unwrap_or_default();
            let mut lines = status.lines();
            let is_this = lines.next() == Some(process.pid().to_string().as_str());
            let is_ready = lines.any(|line| line.trim_end() == "ready");
            Ok(is_this && is_ready && wire::postgres(port, "postgres", "SELECT 1").is_ok())
        })?;
        Ok(is_ours.then_some(process))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").env("LC_ALL", "C");
        if let Some(user) = self.user {
            user.run(&mut command);
        }
        command
    }
}

/// The user as whom the server runs when we are root.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
}

impl User {
    /// `None` when we are not root: then the server runs as we do.
    fn of_the_server() -> io::Result<Option<Self>> {
        if id(&["-u"])? != 0 {
            return Ok(None);
        }
        let no_user =
            |_| io::Error::other("PostgreSQL does not run as root, and there is no user `postgres`");
        Ok(Some(Self {
            id: id(&["-u", "postgres"]).map_err(no_user)?,
            group: id(&["-g", "postgres"]).map_err(no_user)?,
        }))
    }

    #[cfg(unix)]
    fn own(self, dir: &Path) -> io::Result<()> {
        std::os::unix::fs::chown(dir, Some(self.id), Some(self.group))
    }

    #[cfg(unix)]
    fn run(self, command: &mut Command) {
        use std::os::unix::process::CommandExt;
        command.uid(self.id).gid(self.group);
    }

    #[cfg(not(unix))]
    fn own(self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    #[cfg(not(unix))]
    fn run(self, _: &mut Command) {}
}

fn id(arguments: &[&str]) -> io::Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .map_err(|_| io::Error::other("`id` names no user"))
}

#[cfg(unix)]
fn everybody_may_search(dir: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    dir.ancestors().all(|dir| {
        let metadata = fs::metadata(dir);
        metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
    })
}

#[cfg(not(unix))]
fn everybody_may_search(_: &Path) -> bool {
    true
}

pub(crate) fn create_database(name: &str) -> String {
    format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""))
}
