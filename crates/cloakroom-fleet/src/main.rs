//! `cloakroom-fleet [--small]`.

use anyhow::{Result, bail, ensure};
use cloakroom_fleet::{Settings, simulate};

#[expect(clippy::print_stdout, reason = "the report is what this program is for")]
fn main() -> Result<()> {
    let settings = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => Settings::FULL,
        [one] if one == "--small" => Settings::SMALL,
        _ => bail!("the only option is --small"),
    };
    let report = simulate(settings);
    print!("{report}");
    ensure!(
        report.past_bound == 0,
        "a revoked token was accepted past the bound"
    );
    Ok(())
}
