//! The table, on the terminal and in `RESULTS.md`: the same text.

use std::fmt::Write as _;

use crate::measure::Reading;
use crate::{machine, measure::Effort};

/// Begins the table.
pub fn head(effort: Effort) -> String {
    format!(
        "Machine: {}.\nBest of {} interleaved turns of {:?} each. A ratio is our time divided by theirs.\n\n{COLUMNS}",
        machine::describe(),
        effort.turns,
        effort.turn,
    )
}

/// Begins the table of store operations.
pub fn store_head(quick: bool) -> String {
    format!(
        "Operations of stores, over keys in no order: the median of {} turns.\n\n{COLUMNS}",
        if quick { "3" } else { "9 or 15" }
    )
}

const COLUMNS: &str = "| workload | ours | allocs | against | theirs | allocs | ratio | target | |\n\
                       |---|--:|--:|---|--:|--:|--:|---|---|\n";

/// The lines of one workload, and how many of its targets it misses.
pub fn rows(name: &str, readings: &[Reading]) -> (String, usize) {
    let (mut text, mut missed) = (String::new(), 0);
    let Some((ours, others)) = readings.split_first() else {
        return (text, missed);
    };
    for (at, other) in others.iter().enumerate() {
        let own = [name.to_owned(), time(ours.nanos), counted(ours.allocations)];
        let [name, nanos, allocations] = if at == 0 { own } else { Default::default() };
        let verdict = match other.target {
            None => "",
            Some(target) if target.is_met(other.ratio) => "pass",
            Some(_) => {
                missed += 1;
                "**miss**"
            }
        };
        let target = other.target.map(|target| target.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {name} | {nanos} | {allocations} | {} | {} | {} | {:.2} | {target} | {verdict} |",
            other.name,
            time(other.nanos),
            counted(other.allocations),
            other.ratio,
        );
    }
    (text, missed)
}

/// Nothing where nobody counted.
fn counted(allocations: Option<u64>) -> String {
    allocations.map(|count| count.to_string()).unwrap_or_default()
}

fn time(nanos: f64) -> String {
    if nanos < 9_999.5 {
        format!("{nanos:.1} ns")
    } else {
        format!("{:.1} us", nanos / 1000.0)
    }
}
