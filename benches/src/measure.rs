//! Interleaved minima: the subjects of a workload take turns, so that a change of the machine's mood meets all of
//! them, and the shortest batch of each is taken, since noise only ever adds time.

use std::hint::black_box;
use std::time::Duration;

use crate::workload::{Subject, Target, Workload};

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Turns of each subject.
    pub turns: u32,
    /// How long one turn takes, short enough that many turns see no interruption.
    pub turn: Duration,
}

impl Effort {
    /// For numbers that are written down.
    pub const FULL: Self = Self {
        turns: 1500,
        turn: Duration::from_micros(100),
    };
    /// For checking answers and allocations; its ratios are rough.
    pub const QUICK: Self = Self {
        turns: 300,
        turn: Duration::from_micros(50),
    };
}

/// What one subject was seen to do.
pub struct Reading {
    /// The subject.
    pub name: &'static str,
    /// Nanoseconds a call, in its best turn.
    pub nanos: f64,
    /// Allocations a call, where they were counted.
    pub allocations: Option<u64>,
    /// Our time divided by this one's; 1 for our own.
    pub ratio: f64,
    /// What the ratio should come to.
    pub target: Option<Target>,
}

/// Measures `workload`; the first reading is ours.
///
/// # Panics
///
/// When an answer is wrong, or when ours allocates more than it may.
pub fn measure(workload: &Workload, effort: Effort) -> Vec<Reading> {
    let subjects: Vec<(&Subject, Option<Target>)> = std::iter::once((&workload.ours, None))
        .chain(workload.others.iter().map(|(subject, target)| (subject, *target)))
        .collect();
    let allocations: Vec<u64> = subjects
        .iter()
        .map(|(subject, _)| subject.allocations())
        .collect();
    assert!(
        allocations[0] <= workload.allocations,
        "{}: {} allocations, at most {} are allowed",
        workload.name,
        allocations[0],
        workload.allocations
    );
    let rounds: Vec<u64> = subjects
        .iter()
        .map(|(subject, _)| rounds_in(subject, effort.turn))
        .collect();
    let mut best = vec![f64::INFINITY; subjects.len()];
    for turn in 0..effort.turns as usize {
        // Each turn begins with another subject, so none always follows the same neighbour's caches.
        for offset in 0..subjects.len() {
            let at = (turn + offset) % subjects.len();
            let time = deeper(turn % LEVELS, &|| subjects[at].0.time(rounds[at]));
            best[at] = best[at].min(time.as_nanos() as f64 / rounds[at] as f64);
        }
    }
    subjects
        .iter()
        .enumerate()
        .map(|(at, (subject, target))| Reading {
            name: subject.name,
            nanos: best[at],
            allocations: Some(allocations[at]),
            ratio: best[0] / best[at],
            target: *target,
        })
        .collect()
}

/// Enough levels for a page of memory.
const LEVELS: usize = 16;

/// Does `work` some levels deeper in the stack. Where the stack happens to lie, against a table of constants for instance,
/// makes up to a sixth of what Ed25519 takes; so each subject gets to try many places, and its best one counts.
#[inline(never)]
fn deeper(levels: usize, work: &dyn Fn() -> Duration) -> Duration {
    let room = black_box([0_u8; 208]);
    let time = if levels == 0 {
        work()
    } else {
        deeper(levels - 1, work)
    };
    black_box(room);
    time
}

/// How many calls fill one turn.
fn rounds_in(subject: &Subject, turn: Duration) -> u64 {
    let mut rounds = 1;
    loop {
        let fastest = (0..3).map(|_| subject.time(rounds)).min().unwrap_or_default();
        if fastest >= turn {
            return rounds;
        }
        let wanted = turn.as_nanos() * u128::from(rounds) / fastest.as_nanos().max(1);
        rounds = u64::try_from(wanted)
            .unwrap_or(u64::MAX)
            .clamp(rounds + 1, rounds * 10);
    }
}
