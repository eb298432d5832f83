//! Who takes turns under load, and what share of the requests without sessions each keeps.

use std::error::Error;
use std::fmt;

use super::load::load;
use super::server::Server;
use crate::store::{grouped, median};

/// What a server did in all its turns.
pub(super) struct Kept {
    pub(super) name: &'static str,
    /// Requests a second, the median.
    pub(super) rate: f64,
    /// Of the requests without sessions in the same turn, the median.
    pub(super) share: f64,
    /// The least and the greatest share of a turn.
    spread: [f64; 2],
    /// What its best slice is of the best one without sessions: both, perhaps, when the machine did nothing else.
    best: f64,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [least, most] = self.spread;
        let rate = grouped(self.rate as u64);
        let Self { share, best, .. } = self;
        write!(f, "{rate} | {share:.2} | {least:.2} to {most:.2} | {best:.2}")
    }
}

/// Lets `servers` take turns; the first is without sessions.
///
/// A turn is of slices of a second, in this order and then backwards. So a machine that becomes steadily slower meanwhile
/// takes as much from each, and what else happens in a turn meets neighbours.
pub(super) fn take_turns(servers: &[&Server], quick: bool) -> Result<Vec<Kept>, Box<dyn Error>> {
    let mut rates = vec![Vec::new(); servers.len()];
    let mut best = vec![0.0_f64; servers.len()];
    for turn in 0..turns(quick) {
        // Each turn begins with another one.
        let forwards: Vec<_> = (0..servers.len())
            .map(|offset| (turn + offset) % servers.len())
            .collect();
        let slices: Vec<_> = if quick {
            forwards
        } else {
            // The idle deadlines that are due after the pause are moved now: under steady load they would have been.
            for &at in &forwards {
                load(servers[at])?;
            }
            forwards.iter().chain(forwards.iter().rev()).copied().collect()
        };
        let mut sums = vec![0.0; servers.len()];
        for &at in &slices {
            let rate = load(servers[at])?;
            sums[at] += rate;
            best[at] = best[at].max(rate);
        }
        for (rates, sum) in rates.iter_mut().zip(sums) {
            rates.push(sum * servers.len() as f64 / slices.len() as f64);
        }
    }
    let none = rates[0].clone();
    let own = servers.iter().zip(&mut rates).zip(&best);
    let kept = own.map(|((server, rates), &own_best)| {
        let mut shares: Vec<f64> = rates.iter().zip(&none).map(|(rate, none)| rate / none).collect();
        let share = median(&mut shares);
        Kept {
            name: server.name,
            rate: median(rates),
            share,
            // They are in order now.
            spread: [shares[0], shares[shares.len() - 1]],
            best: own_best / best[0],
        }
    });
    Ok(kept.collect())
}

const fn turns(quick: bool) -> usize {
    if quick { 1 } else { 7 }
}

/// As the head of the table says it.
pub(super) fn described(quick: bool) -> String {
    let slices = if quick { "1 s" } else { "2 slices of 1 s" };
    format!("{} turns of {slices} each", turns(quick))
}
