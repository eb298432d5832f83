use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::Shell;

/// Where the project lies, and a shell that stands in its root and prints each command before it runs it.
pub(crate) struct Project {
    pub(crate) sh: Shell,
    pub(crate) root: PathBuf,
}

impl Project {
    pub(crate) fn find() -> Result<Self> {
        // Cargo sets the variable when it runs us, so that a checkout may be moved after it was built.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
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
