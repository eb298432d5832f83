use std::path::Path;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::project::{Missing, Project, on_path};

/// What the peers of cloakroom-interop are made of, below its folder.
const PYTHON: &str = "crates/cloakroom-interop/peers/requirements.txt";
const NODE: &str = "crates/cloakroom-interop/peers/node";

/// Installs the Python and Node libraries that our crates are compared with: under `target/peers`, once, in the versions
/// that the repository names.
pub(crate) fn ensure(project: &Project, may_install: bool) -> Result<()> {
    python(project, may_install)?;
    node(project, may_install)
}

fn python(project: &Project, may_install: bool) -> Result<()> {
    let requirements = project.root.join(PYTHON);
    let peers = project.under_target("peers");
    once(
        project,
        &requirements,
        &peers.join("python.installed"),
        may_install,
        || {
            if !on_path("python3") {
                return Err(
                    Missing("python3 is missing; on Debian: apt-get install python3-venv".into()).into(),
                );
            }
            let (sh, venv) = (&project.sh, peers.join("venv"));
            cmd!(sh, "python3 -m venv --clear {venv}").run().map_err(|_| {
                Missing(
                    "python3 cannot make a virtual environment; on Debian: apt-get install python3-venv"
                        .into(),
                )
            })?;
            let python = venv.join("bin/python");
            cmd!(
                sh,
                "{python} -m pip install --quiet --disable-pip-version-check --no-input -r {requirements}"
            )
            .run()?;
            Ok(())
        },
    )
}

fn node(project: &Project, may_install: bool) -> Result<()> {
    let manifests = project.root.join(NODE);
    let peers = project.under_target("peers");
    once(
        project,
        &manifests.join("package-lock.json"),
        &peers.join("node.installed"),
        may_install,
        || {
            if !on_path("npm") {
                return Err(Missing("npm is missing; on Debian: apt-get install npm".into()).into());
            }
            let sh = &project.sh;
            for file in ["package.json", "package-lock.json"] {
                sh.copy_file(manifests.join(file), &peers)?;
            }
            cmd!(
                sh,
                "npm ci --prefix {peers} --no-audit --no-fund --loglevel=error"
            )
            .run()?;
            Ok(())
        },
    )
}

/// Runs `install` unless `stamp` says that it has run for just this `list`.
fn once(
    project: &Project,
    list: &Path,
    stamp: &Path,
    may_install: bool,
    install: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let sh = &project.sh;
    let wanted = sh.read_file(list)?;
    if sh.read_file(stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let list = list.strip_prefix(&project.root).unwrap_or(list).display();
    if !may_install {
        return Err(Missing(format!(
            "what {list} names is not installed; run: cargo xtask test"
        ))
        .into());
    }
    println!("installing what {list} names under target/peers");
    sh.create_dir(project.under_target("peers"))?;
    install().with_context(|| format!("what {list} names could not be installed"))?;
    sh.write_file(stamp, wanted)?;
    Ok(())
}
