use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::project::Project;

/// A cargo subcommand that is installed under `target/tools`, always in this version.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};
pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
};
pub(crate) const CARGO_HACK: Tool = Tool {
    name: "cargo-hack",
    version: "0.6.46",
};

impl Tool {
    /// The path of the program, which is installed first when it is not there in the pinned version.
    pub(crate) fn install(&self, project: &Project) -> Result<PathBuf> {
        let Self { name, version } = self;
        let tools = project.under_target("tools");
        let program = tools
            .join("bin")
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        let stamp = tools.join(format!("{name}.version"));
        let installed = project.sh.read_file(&stamp).unwrap_or_default();
        if installed == *version && program.is_file() {
            return Ok(program);
        }
        println!("installing {name} {version} under target/tools");
        let sh = &project.sh;
        // Its build lies beside it and not among ours, and is thrown away: the programs are small, their builds are not.
        let build = tools.join("build");
        cmd!(sh, "cargo install --quiet --locked --force --root {tools} --target-dir {build} --version ={version} {name}")
            .run()
            .with_context(|| format!("{name} {version} could not be installed"))?;
        sh.remove_path(&build)?;
        sh.write_file(&stamp, version)?;
        Ok(program)
    }
}
