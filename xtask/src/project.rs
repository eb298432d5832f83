use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use xshell::Shell;

/// Where the project lies, and a shell that stands in its root and prints each command before it runs it.
pub(crate) struct Project {
    pub(crate) sh: Shell,
    pub(crate) root: PathBuf,
}

impl Project {
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets the variable when it runs us, so that a checkout may be moved after it was built.
        let at_run_time = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let here = at_run_time.filter(|dir| dir.ends_with("xtask"));
        let here = here.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = here
            .parent()
            .context("xtask lies in the project's root")?
            .to_owned();
        let sh = Shell::new()?;
        sh.change_dir(&root);
        Ok(Self { sh, root })
    }

    /// Everything that a task makes or installs lies under `target/`, which is not in the repository. Cargo's own
    /// output follows `CARGO_TARGET_DIR`; ours does not, so that tools and peers stay installed.
    pub(crate) fn under_target(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join("target").join(path)
    }
}

/// Runs `command` after printing it, and shows `see` each line that it writes to `pipe`; the other one is ours.
pub(crate) fn watch(command: &mut Command, pipe: Pipe, mut see: impl FnMut(&str)) -> Result<ExitStatus> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
    eprintln!("$ {line}");
    match pipe {
        Pipe::Output => command.stdout(Stdio::piped()),
        Pipe::Errors => command.stderr(Stdio::piped()),
    };
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot be started: {line}"))?;
    let output: Box<dyn Read> = match (child.stdout.take(), child.stderr.take()) {
        (Some(output), _) => Box::new(output),
        (_, Some(errors)) => Box::new(errors),
        (None, None) => bail!("one of them is piped"),
    };
    for line in BufReader::new(output).split(b'\n') {
        see(&String::from_utf8_lossy(&line?));
    }
    Ok(child.wait()?)
}

#[derive(Clone, Copy)]
pub(crate) enum Pipe {
    Output,
    Errors,
}

/// What the machine lacks and this tool may not install. `main` answers it with exit code 2.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// Whether `PATH` holds a program called `name`.
pub(crate) fn on_path(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}
