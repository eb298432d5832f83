//! Operations of stores: `store ../..`. What takes turns here is a batch of some thousand operations over scattered keys,
//! and the median of the turns counts: a store's speed is that of its cache misses, which a best turn of a tenth of a
//! millisecond would leave out.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::measure::Reading;
use crate::workload::Target;

mod memory;
mod sqlite;

/// One row: its name, and ours before the others.
pub struct Row {
    /// `store operation/case`.
    pub name: String,
    /// As [`measure`](crate::measure::measure) gives them.
    pub readings: Vec<Reading>,
}

/// Measures what has `filter` in its name and hands each row to `print`. What else is worth telling it returns.
///
/// # Panics
///
/// When an answer is wrong.
pub fn run(filter: &str, quick: bool, print: &mut dyn FnMut(Row)) -> Vec<String> {
    let mut notes = memory::run(filter, quick, print);
    notes.extend(sqlite::run(filter, quick, print));
    notes
}

/// Somebody who takes turns: does as many operations as it was told, checks the answers after the clock has stopped, and
/// returns the time.
pub(crate) struct Player<'a> {
    pub(crate) name: &'static str,
    pub(crate) target: Option<Target>,
    pub(crate) allocations: Option<u64>,
    pub(crate) turn: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Player<'a> {
    pub(crate) fn new(name: &'static str, turn: impl FnMut() -> Duration + 'a) -> Self {
        Self {
            name,
            target: None,
            allocations: None,
            turn: Box::new(turn),
        }
    }

    pub(crate) fn target(self, target: Option<Target>) -> Self {
        Self { target, ..self }
    }

    /// As often an operation, as was counted.
    pub(crate) fn allocating(self, counted: u64) -> Self {
        Self {
            allocations: Some(counted),
            ..self
        }
    }
}

/// Lets them take `turns` turns of `operations` each; ours is the first.
pub(crate) fn play(name: String, turns: usize, operations: u64, players: Vec<Player<'_>>) -> Row {
    let mut players = players;
    let mut times = vec![Vec::with_capacity(turns); players.len()];
    for turn in 0..=turns {
        for offset in 0..players.len() {
            let at = (turn + offset) % players.len();
            let time = (players[at].turn)();
            // The first turn fetches what the others find in the caches.
            if turn > 0 {
                times[at].push(time.as_nanos() as f64 / operations as f64);
            }
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    let readings = players.iter().zip(&medians).map(|(player, &nanos)| Reading {
        name: player.name,
        nanos,
        allocations: player.allocations,
        ratio: medians[0] / nanos,
        target: player.target,
    });
    Row {
        name,
        readings: readings.collect(),
    }
}

/// The middle one.
pub(crate) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// 1,000,000 as people write it.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a future says that never waits.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a store in memory that nobody else uses waits for nothing"),
    }
}
