use anyhow::{Context, Result};
use xshell::cmd;

use crate::packages;
use crate::project::Project;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) filter: Option<String>,
    pub(crate) quick: bool,
    pub(crate) write: bool,
    /// Leaves out the peers' server, which takes as long to build as all of ours.
    pub(crate) without_peers: bool,
}

/// Runs the program in `benches/`, a workspace of its own, which asserts its answers and prints the tables of ratios. The
/// peers' server is in a workspace of its own, too; it is built when `requests/..` are wanted.
pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    let sh = &project.sh;
    let target = project.under_target("benches");
    let quick = options.quick.then_some("--quick");
    let write = options.write.then_some("--write");
    let filter = options.filter.as_deref();
    let profile = if options.quick { "quick" } else { "release" };
    let mut peers = None;
    // A filter may be a part of the word, or have more behind it.
    let is_asked_for =
        |filter: &str| filter == SESSIONS || REQUESTS.contains(filter) || filter.contains(REQUESTS);
    let are_requests_wanted = filter.is_none_or(is_asked_for);
    if are_requests_wanted {
        for programs in [packages::REDIS, packages::POSTGRES, packages::WRK] {
            programs.ensure(project, true)?;
        }
    }
    if are_requests_wanted && !options.without_peers {
        let target = target.join("peers");
        cmd!(
            sh,
            "cargo build --release --locked --manifest-path benches/peers/Cargo.toml --target-dir {target}"
        )
        .run()?;
        peers = Some(target.join("release/cloakroom-bench-peers"));
    }
    cmd!(
        sh,
        "cargo build --profile {profile} --locked --bins --manifest-path benches/Cargo.toml --target-dir {target}"
    )
    .run()?;
    let program = target.join(profile).join("cloakroom-benches");
    let peers = peers
        .iter()
        .flat_map(|peers| ["--peers".as_ref(), peers.as_os_str()]);
    cmd!(sh, "{program} {quick...} {write...} {filter...} {peers...}")
        .run()
        .context("the benchmarks did not run to their end")
}

const REQUESTS: &str = "requests/";
const SESSIONS: &str = "sessions";
