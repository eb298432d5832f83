use anyhow::{Context, Result};
use xshell::cmd;

use crate::project::Project;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) filter: Option<String>,
    pub(crate) quick: bool,
    pub(crate) write: bool,
}

/// Runs the program in `benches/`, a workspace of its own, which asserts its answers and prints the table of ratios.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let target = project.under_target("benches");
    let quick = options.quick.then_some("--quick");
    let write = options.write.then_some("--write");
    let filter = options.filter.as_deref();
    cmd!(
        project.sh,
        "cargo run --release --locked --manifest-path benches/Cargo.toml --target-dir {target} -- {quick...} {write...} {filter...}"
    )
    .run()
    .context("the benchmarks did not run to their end")
}
