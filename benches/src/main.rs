//! Prints ours, each peer, the floor and the ratios: `cargo xtask bench [FILTER] [--quick] [--write]`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cloakroom_benches::allocations::Counting;
use cloakroom_benches::measure::{Effort, measure};
use cloakroom_benches::{report, requests, revocation, store, workloads};

#[global_allocator]
static COUNTING: Counting = Counting;

const USAGE: &str = "usage: cloakroom-benches [FILTER] [--quick] [--write] [--peers PROGRAM]
  FILTER   only workloads whose name contains it, such as `find/`, `64 B`, `store ` or `requests/redis`
  --quick  checks answers and allocations, measures roughly
  --write  refreshes RESULTS.md and SESSIONS.md, or the one of them that FILTER names: `codecs` or `sessions`
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
    let (codecs, sessions) = (
        filter.as_deref() != Some("sessions"),
        filter.as_deref() != Some("codecs"),
    );
    let is_part = !(codecs && sessions);
    if write && (quick || filter.is_some() && !is_part) {
        return refuse("--write takes no FILTER but `codecs` and `sessions`, and not --quick");
    }
    if write && sessions && peers.is_none() {
        return refuse("--write takes --peers");
    }
    let filter = filter.filter(|_| !is_part).unwrap_or_default();
    let effort = if quick { Effort::QUICK } else { Effort::FULL };
    let measured = [
        codecs.then(|| ("RESULTS.md", Ok(measure_codecs(&filter, effort)))),
        sessions.then(|| ("SESSIONS.md", measure_sessions(&filter, quick, peers.as_deref()))),
    ];
    let mut workloads = 0;
    for (file, page) in measured.into_iter().flatten() {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        workloads += page.workloads;
        if write && let Err(error) = page.write(file) {
            eprintln!("cannot write {file}: {error}");
            return ExitCode::FAILURE;
        }
    }
    if workloads == 0 {
        return refuse("no workload has this FILTER in its name");
    }
    ExitCode::SUCCESS
}

type Measured = Result<Page, Box<dyn Error>>;

/// What is measured in this process alone: cookies, sealed values, tokens.
fn measure_codecs(filter: &str, effort: Effort) -> Page {
    let mut page = Page::default();
    for workload in &workloads(filter) {
        let head = || report::head(effort);
        let (rows, missed) = report::rows(&workload.name, &measure(workload, effort));
        page.row(head, &rows, missed);
    }
    page.end("every answer and our allocations asserted");
    page
}

/// Stores of sessions, and whole requests to servers that have them.
fn measure_sessions(filter: &str, quick: bool, peers: Option<&Path>) -> Measured {
    let mut page = Page::default();
    let mut print = |row: store::Row| {
        let (rows, missed) = report::rows(&row.name, &row.readings);
        page.row(|| report::store_head(quick), &rows, missed);
    };
    let mut notes = store::run(filter, quick, &mut print);
    notes.extend(revocation::run(filter, quick, &mut print));
    page.end_of_table();
    for note in notes {
        page.say(&format!("{note}\n"));
    }
    requests::run(filter, quick, peers, &mut |rows, missed| {
        page.row(|| requests::head(quick), rows, missed);
    })?;
    page.end("every answer asserted");
    Ok(page)
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

    fn end(&mut self, asserted: &str) {
        self.end_of_table();
        if self.workloads > 0 {
            self.say(&format!(
                "{} workloads, {asserted}; {} targets missed.\n",
                self.workloads, self.missed
            ));
        }
    }

    fn write(&self, file: &str) -> std::io::Result<()> {
        let text = format!(
            "# Results\n\nWritten by `cargo xtask bench --write`; what it means is in README.md.\n\n{}",
            self.text
        );
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), text)
    }
}

fn refuse(reason: &str) -> ExitCode {
    eprintln!("{reason}\n{USAGE}");
    ExitCode::from(2)
}
