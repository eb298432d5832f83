use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to answer. It takes milliseconds on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A server that ends when this is dropped, or when this process ends in any other way.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    quit: Quit,
    watchdog: Option<Watchdog>,
}

/// How a server is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quit {
    /// By SIGKILL, at once.
    Kill,
    /// By SIGQUIT and patience, for one that has to end its own children and to give its shared memory back.
    Ask,
}

impl Process {
    /// Starts `command` in a process group of its own, so that an interrupt from the keyboard meets us first, with its
    /// output in `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path, quit: Quit) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let log = File::create(log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().map_err(|error| {
            let program = command.get_program().to_string_lossy();
            io::Error::new(error.kind(), format!("{program} cannot be started: {error}"))
        })?;
        let mut process = Self {
            child,
            quit,
            watchdog: None,
        };
        process.watchdog = Some(Watchdog::ending(process.pid(), quit)?);
        Ok(process)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> io::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// SIGKILL to the process and, as a crash of the machine would, to its children.
    pub(crate) fn kill9(&mut self) {
        // First of all: the number may be another's as soon as the process has been waited for.
        self.watchdog = None;
        // Nor has one that has ended any children.
        let children = match self.child.try_wait() {
            Ok(None) => children(self.pid()),
            _ => Vec::new(),
        };
        // It fails when the process has ended already, which is what is wanted.
        let _ = self.child.kill();
        signal("KILL", &children);
        let _ = self.child.wait();
    }

    /// Ends the process as it likes to be ended.
    pub(crate) fn stop(&mut self) {
        if self.quit == Quit::Ask && matches!(self.child.try_wait(), Ok(None)) {
            signal("QUIT", &[self.pid()]);
            let end = Instant::now() + Duration::from_secs(10);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
        }
        self.kill9();
    }

    /// Lets the process live on when this is dropped.
    pub(crate) fn leave(&mut self) {
        self.watchdog = None;
        self.quit = Quit::Ask;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.watchdog.is_some() {
            self.stop();
        }
    }
}

/// Waits until `is_ready` says so, and says what `what` is if it never does.
pub(crate) fn wait_until(what: &str, mut is_ready: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let end = Instant::now() + PATIENCE;
    while !is_ready()? {
        if Instant::now() > end {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("{what} took longer than {PATIENCE:?}"),
            ));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Sends a signal by the shell, which has `kill` built in: std knows SIGKILL alone, and only for children.
pub(crate) fn signal(name: &str, pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let pids = pids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pids}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

fn children(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// A shell that reads a pipe until we close it, by ending if by nothing else, and then cleans up. It outlives an
/// interrupt, because it is in a process group of its own. Dropping it sends it away with nothing done.
///
/// The system's own signal for the death of a parent would not do: it comes when the *thread* that started the child
/// ends, and tests run in threads that end before the process does.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    fn ending(pid: u32, quit: Quit) -> io::Result<Self> {
        let kill = match quit {
            Quit::Kill => "read _; kill -KILL \"$0\"",
            Quit::Ask => "read _; kill -QUIT \"$0\"; sleep 5; kill -KILL \"$0\"",
        };
        Self::start(kill, pid.to_string().as_ref())
    }

    /// Removes a folder, a moment after whatever uses it has been ended in the same way.
    pub(crate) fn removing(path: &Path) -> io::Result<Self> {
        Self::start("read _; sleep 1; rm -rf -- \"$0\"", path)
    }

    fn start(script: &str, argument: &Path) -> io::Result<Self> {
        let mut command = Command::new("sh");
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .args(["-c", script])
            .arg(argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Killed before the pipe closes: `wait` closes it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
