use anyhow::{Context, Result};
use xshell::cmd;

use crate::project::{Missing, Project, on_path};

const PACKAGES: &[&str] = &["chromium", "chromium-driver", "fonts-dejavu-core"];

/// Makes sure that the machine has Chromium and its driver, installing Debian's packages when it may.
pub(crate) fn ensure(project: &Project, may_install: bool) -> Result<()> {
    let is_there = || on_path("chromedriver") && (on_path("chromium") || on_path("google-chrome"));
    if is_there() {
        return Ok(());
    }
    let packages = PACKAGES;
    let by_hand = format!(
        "apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    let sh = &project.sh;
    let is_root = cmd!(sh, "id -u")
        .quiet()
        .ignore_stderr()
        .read()
        .is_ok_and(|id| id == "0");
    if !(may_install && is_root && on_path("apt-get")) {
        return Err(Missing(format!(
            "Chromium and chromedriver are missing; install them with: {by_hand}"
        ))
        .into());
    }
    println!("installing Chromium, its driver and a font with apt-get");
    let _environment = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get update -qq").run()?;
    cmd!(sh, "apt-get install -y -qq --no-install-recommends {packages...}")
        .ignore_stdout()
        .run()
        .with_context(|| format!("Chromium could not be installed; by hand: {by_hand}"))?;
    anyhow::ensure!(
        is_there(),
        "apt-get succeeded and chromium or chromedriver is still not on PATH"
    );
    Ok(())
}
