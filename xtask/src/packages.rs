use anyhow::{Context, Result};
use xshell::cmd;

use crate::project::{Missing, Project, on_path};

/// Programs that come from Debian's packages.
pub(crate) struct Programs {
    what: &'static str,
    packages: &'static [&'static str],
    are_there: fn() -> bool,
}

pub(crate) const BROWSER: Programs = Programs {
    what: "Chromium and chromedriver",
    packages: &["chromium", "chromium-driver", "fonts-dejavu-core"],
    are_there: || on_path("chromedriver") && (on_path("chromium") || on_path("google-chrome")),
};
pub(crate) const REDIS: Programs = Programs {
    what: "the Redis server",
    packages: &["redis-server"],
    are_there: || on_path("redis-server"),
};
/// The load generator of `bench`.
pub(crate) const WRK: Programs = Programs {
    what: "wrk",
    packages: &["wrk"],
    are_there: || on_path("wrk"),
};
pub(crate) const POSTGRES: Programs = Programs {
    what: "the PostgreSQL server",
    packages: &["postgresql"],
    are_there: || cloakroom_servers::Postgres::programs().is_ok(),
};

impl Programs {
    /// Makes sure that the machine has them, installing Debian's packages when it may.
    pub(crate) fn ensure(&self, project: &Project, may_install: bool) -> Result<()> {
        let Self {
            what,
            packages,
            are_there,
        } = *self;
        if are_there() {
            return Ok(());
        }
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
            return Err(Missing(format!("{what}: missing; install with: {by_hand}")).into());
        }
        eprintln!("installing {what} with apt-get");
        let _environment = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
        // A package may start its server on the usual port, which does no harm: ours have ports of their own.
        cmd!(sh, "apt-get update -qq").ignore_stdout().run()?;
        cmd!(sh, "apt-get install -y -qq --no-install-recommends {packages...}")
            .ignore_stdout()
            .run()
            .with_context(|| format!("{what} could not be installed; by hand: {by_hand}"))?;
        anyhow::ensure!(are_there(), "apt-get succeeded and this is still missing: {what}");
        Ok(())
    }
}
