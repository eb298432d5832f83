use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::process::{signal, wait_until};

/// What a server leaves in its folder, so that another process finds it again: `cargo xtask services`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Where it answers.
    pub url: String,
    /// Where its data lie. A process counts as ours when its command line names this folder.
    pub data_dir: PathBuf,
    /// Its processes; those of a cluster are several.
    pub pids: Vec<u32>,
}

const FILE: &str = "running";

impl Running {
    /// What runs in the folder `dir`: nothing unless every process is alive and ours.
    pub fn find(dir: &Path) -> Option<Self> {
        let running = Self::read(dir)?;
        running
            .pids
            .iter()
            .all(|pid| running.owns(*pid))
            .then_some(running)
    }

    /// Ends what is left in the folder `dir`, and removes its data. Says whether there was anything.
    ///
    /// # Errors
    /// When a process does not end, or the folder cannot be removed.
    pub fn end(dir: &Path) -> io::Result<bool> {
        let Some(running) = Self::read(dir) else {
            return remove(dir);
        };
        let owned = |signal_name: &str| {
            let pids: Vec<_> = running
                .pids
                .iter()
                .copied()
                .filter(|pid| running.owns(*pid))
                .collect();
            signal(signal_name, &pids);
            pids.is_empty()
        };
        // SIGINT ends each of the servers in order; PostgreSQL gives its shared memory back.
        let was_running = !owned("INT");
        if wait_until("the end of a server", || {
            Ok(!running.pids.iter().any(|pid| running.owns(*pid)))
        })
        .is_err()
        {
            owned("KILL");
        }
        remove(&running.data_dir)?;
        remove(dir)?;
        Ok(was_running)
    }

    pub(crate) fn write(&self, dir: &Path) -> io::Result<()> {
        let mut text = format!("{}\n{}\n", self.url, self.data_dir.display());
        for pid in &self.pids {
            // Writing to a string succeeds.
            let _ = writeln!(text, "{pid}");
        }
        fs::write(dir.join(FILE), text)
    }

    fn read(dir: &Path) -> Option<Self> {
        let text = fs::read_to_string(dir.join(FILE)).ok()?;
        let mut lines = text.lines();
        Some(Self {
            url: lines.next()?.to_owned(),
            data_dir: lines.next()?.into(),
            pids: lines.map(str::parse).collect::<Result<_, _>>().ok()?,
        })
    }

    /// Whether a process of this number is still the one that was started here. Without `/proc` nobody can tell, and
    /// then it is not.
    fn owns(&self, pid: u32) -> bool {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&*self.data_dir.to_string_lossy())
    }
}

fn remove(dir: &Path) -> io::Result<bool> {
    match fs::remove_dir_all(dir) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
