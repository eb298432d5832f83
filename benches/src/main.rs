//! Prints ours, each peer, the floor and the ratios: `cargo run --release -- [FILTER] [--quick] [--write]`.

use std::path::Path;
use std::process::ExitCode;

use cloakroom_benches::measure::{Effort, measure};
use cloakroom_benches::{report, workloads};

const USAGE: &str = "usage: cloakroom-benches [FILTER] [--quick] [--write]
  FILTER   only workloads whose name contains it, such as `find/` or `64 B`
  --quick  checks answers and allocations, measures roughly
  --write  refreshes RESULTS.md; takes neither FILTER nor --quick";

fn main() -> ExitCode {
    let (mut filter, mut quick, mut write) = (None, false, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => quick = true,
            "--write" => write = true,
            "--help" | "-h" => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            text if !text.starts_with('-') && filter.is_none() => filter = Some(argument),
            _ => return refuse("what is this argument?"),
        }
    }
    if write && (quick || filter.is_some()) {
        return refuse("--write takes neither FILTER nor --quick");
    }
    let workloads = workloads(filter.as_deref().unwrap_or_default());
    if workloads.is_empty() {
        return refuse("no workload has this FILTER in its name");
    }

    let effort = if quick { Effort::QUICK } else { Effort::FULL };
    let mut text = report::head(effort);
    print!("{text}");
    let mut missed_targets = 0;
    for workload in &workloads {
        let (rows, missed) = report::rows(&workload.name, &measure(workload, effort));
        print!("{rows}");
        text += &rows;
        missed_targets += missed;
    }
    let verdict = format!(
        "\n{} workloads, every answer and our allocations asserted; {missed_targets} targets missed.\n",
        workloads.len()
    );
    print!("{verdict}");
    text += &verdict;
    if write {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
        let page = format!(
            "# Results\n\nWritten by `cargo xtask bench --write`; what it means is in README.md.\n\n{text}"
        );
        if let Err(error) = std::fs::write(&path, page) {
            eprintln!("cannot write {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("{reason}\n{USAGE}");
    ExitCode::from(2)
}
