//! Prints ours, each peer, the floor and the ratios: `cargo xtask bench [FILTER] [--quick] [--write]`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cloakroom_benches::allocations::Counting;
use cloakroom_benches::measure::{Effort, measure};
use cloakroom_benches::{report, requests, store, workloads};

#[global_allocator]
static COUNTING: Counting = Counting;

const USAGE: &str = "usage: cloakroom-benches [FILTER] [--quick] [--write] [--peers PROGRAM]
  FILTER   only workloads whose name contains it, such as `find/`, `64 B`, `store ` or `requests/redis`
  --quick  checks answers and allocations, measures roughly
  --write  refreshes RESULTS.md; takes neither FILTER nor --quick
  --peers  the server of `requests/..` with the peers' sessions, which is built in a workspace of its own";

fn main() -> ExitCode {
    let (mut filter, mut quick, mut write, mut peers) = (None, false, false, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--write" => write = true,
            "--peers" => match arguments.next() {
                Some(program) => peers = Some(PathBuf::from(program)),
                None => return refuse("--peers takes a program"),
            },
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
    if write && peers.is_none() {
        return refuse("--write takes --peers");
    }
    let filter = filter.unwrap_or_default();
    let mut page = Page::default();
    let effort = if quick { Effort::QUICK } else { Effort::FULL };
    for workload in &workloads(&filter) {
        let head = || report::head(effort);
        let (rows, missed) = report::rows(&workload.name, &measure(workload, effort));
        page.row(head, &rows, missed);
    }
    page.end_of_table();
    let notes = store::run(&filter, quick, &mut |row| {
        let (rows, missed) = report::rows(&row.name, &row.readings);
        page.row(|| report::store_head(quick), &rows, missed);
    });
    page.end_of_table();
    for note in notes {
        page.say(&format!("{note}\n"));
    }
    let requested = requests::run(&filter, quick, peers.as_deref(), &mut |rows, missed| {
        page.row(|| requests::head(quick), rows, missed);
    });
    if let Err(error) = requested {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    page.end_of_table();
    if page.workloads == 0 {
        return refuse("no workload has this FILTER in its name");
    }
    page.say(&format!(
        "{} workloads, every answer and our allocations asserted; {} targets missed.\n",
        page.workloads, page.missed
    ));
    if write {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
        let text = format!(
            "# Results\n\nWritten by `cargo xtask bench --write`; what it means is in README.md.\n\n{}",
            page.text
        );
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!("cannot write {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What goes to the terminal as it comes, and to the file at the end.
#[derive(Default)]
struct Page {
    text: String,
    in_table: bool,
    workloads: usize,
    missed: usize,
}

impl Page {
    fn say(&mut self, text: &str) {
        print!("{text}");
        self.text += text;
    }

    /// A row of a table, which begins with its first row.
    fn row(&mut self, head: impl FnOnce() -> String, rows: &str, missed: usize) {
        if !self.in_table {
            self.in_table = true;
            self.say(&head());
        }
        self.workloads += 1;
        self.missed += missed;
        self.say(rows);
    }

    fn end_of_table(&mut self) {
        if self.in_table {
            self.in_table = false;
            self.say("\n");
        }
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("{reason}\n{USAGE}");
    ExitCode::from(2)
}
