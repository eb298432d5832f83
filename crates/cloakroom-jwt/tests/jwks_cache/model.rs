//! Law: whatever is asked, answered and delayed in whatever order, the cache says what the history of fetches says.

use core::time::Duration;

use cloakroom_jwt::{FetchOutcome, FetchTicket, JwksCache, Lookup};
use proptest::prelude::*;

use super::{HOUR, MINUTE, SECOND, at, keys};

#[derive(Clone, Debug)]
enum Op {
    Advance(u64),
    Lookup(&'static str),
    Due,
    /// The answer to the n-th of the fetches that were begun and not answered, given up or not.
    Answer {
        which: usize,
        kids: &'static [&'static str],
        max_age: Option<u64>,
    },
    Fail {
        which: usize,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let wait = prop_oneof![
        0..2_u64,
        0..5 * SECOND,
        Just(SECOND),
        Just(30 * SECOND - 1),
        Just(30 * SECOND),
        0..10 * MINUTE,
        0..2 * HOUR
    ];
    let kids: &[&[&str]] = &[&[], &["a"], &["b"], &["a", "b"]];
    let max_age = prop::option::of(0..2 * HOUR / SECOND);
    prop_oneof![
        4 => wait.prop_map(Op::Advance),
        4 => prop::sample::select(vec!["a", "b", "c"]).prop_map(Op::Lookup),
        2 => Just(Op::Due),
        3 => (0..4_usize, prop::sample::select(kids), max_age)
            .prop_map(|(which, kids, max_age)| Op::Answer { which, kids, max_age }),
        2 => (0..4_usize).prop_map(|which| Op::Fail { which }),
    ]
}

/// All that ever happened. What must be said now is read from it, by scanning.
#[derive(Default)]
struct History {
    fetches: Vec<Fetch>,
}

struct Fetch {
    begun: u64,
    by_miss: bool,
    ended: Option<Ended>,
}

#[derive(Clone, Copy)]
enum Ended {
    Good {
        kids: &'static [&'static str],
        lifetime: u64,
    },
    Bad(u64),
}

impl History {
    /// A fetch is out for half a minute at most.
    fn give_up(&mut self, now: u64) {
        if let Some(last) = self.fetches.last_mut()
            && last.ended.is_none()
            && now >= last.begun + 30 * SECOND
        {
            last.ended = Some(Ended::Bad(last.begun + 30 * SECOND));
        }
    }

    fn is_out(&self) -> bool {
        self.fetches.last().is_some_and(|fetch| fetch.ended.is_none())
    }

    /// The last good answer: when it was asked for, its keys and its lifetime.
    fn set(&self) -> Option<(u64, &'static [&'static str], u64)> {
        self.fetches.iter().rev().find_map(|fetch| match fetch.ended {
            Some(Ended::Good { kids, lifetime }) => Some((fetch.begun, kids, lifetime)),
            _ => None,
        })
    }

    fn is_due(&self, now: u64) -> bool {
        let failures: Vec<u64> = (self.fetches.iter().rev())
            .map_while(|fetch| match fetch.ended {
                Some(Ended::Bad(at)) => Some(at),
                _ => None,
            })
            .collect();
        if self.is_out() {
            return false;
        }
        match (failures.first(), self.set()) {
            (Some(last), _) => {
                let seconds = [1, 2, 4, 8, 16, 32].get(failures.len() - 1).unwrap_or(&60);
                now >= last + seconds * SECOND
            }
            (None, Some((begun, _, lifetime))) => now >= begun + lifetime,
            (None, None) => true,
        }
    }

    fn may_miss(&self, now: u64) -> bool {
        let last = self.fetches.iter().rev().find(|fetch| fetch.by_miss);
        !self.is_out() && last.is_none_or(|fetch| now >= fetch.begun + 30 * SECOND)
    }

    fn begin(&mut self, now: u64, by_miss: bool) {
        self.fetches.push(Fetch {
            begun: now,
            by_miss,
            ended: None,
        });
    }
}

fn run(ops: &[Op]) -> Result<(), TestCaseError> {
    let mut cache = JwksCache::new();
    let mut history = History::default();
    // Tickets with the index of their fetch.
    let mut tickets: Vec<(FetchTicket, usize)> = Vec::new();
    let mut now = 0;
    for op in ops {
        match op {
            Op::Advance(millis) => {
                now += millis;
                history.give_up(now);
            }
            Op::Due => {
                let ticket = cache.begin_due(at(now));
                prop_assert_eq!(ticket.is_some(), history.is_due(now));
                if let Some(ticket) = ticket {
                    tickets.push((ticket, history.fetches.len()));
                    history.begin(now, false);
                }
            }
            Op::Lookup(kid) => {
                let live = history
                    .set()
                    .filter(|(begun, _, lifetime)| now < begun + lifetime + HOUR);
                let is_known = live.is_some_and(|(_, kids, _)| kids.contains(kid));
                let is_due = history.is_due(now);
                let asks = is_due || (live.is_some() && !is_known && history.may_miss(now));
                match cache.lookup(Some(kid), at(now)) {
                    Lookup::Fetch(ticket) => {
                        prop_assert!(asks);
                        tickets.push((ticket, history.fetches.len()));
                        history.begin(now, !is_due);
                    }
                    Lookup::Use(keys) => {
                        prop_assert!(!asks && is_known);
                        let kids: Vec<_> = keys.iter().filter_map(|key| key.kid()).collect();
                        prop_assert_eq!(kids, live.unwrap().1);
                    }
                    Lookup::Wait { retry_after } => {
                        prop_assert!(!asks && live.is_none());
                        prop_assert!((1..=60).contains(&retry_after.as_secs()));
                    }
                    Lookup::Unknown => prop_assert!(!asks && live.is_some() && !is_known),
                }
            }
            Op::Answer { which, kids, max_age } => {
                if *which >= tickets.len() {
                    continue;
                }
                let (ticket, index) = tickets.remove(*which);
                let header = max_age.map(|seconds| format!("max-age={seconds}"));
                let outcome = cache.fetched(ticket, keys(kids), header.as_deref(), at(now));
                let fetch = &mut history.fetches[index];
                prop_assert_eq!(outcome == FetchOutcome::Late, fetch.ended.is_some());
                if fetch.ended.is_none() {
                    prop_assert_eq!(outcome == FetchOutcome::Unusable, kids.is_empty());
                    let lifetime = max_age.map_or(10 * MINUTE, |age| (age * SECOND).clamp(MINUTE, HOUR));
                    fetch.ended = Some(match kids {
                        [] => Ended::Bad(now),
                        kids => Ended::Good { kids, lifetime },
                    });
                }
            }
            Op::Fail { which } => {
                if *which >= tickets.len() {
                    continue;
                }
                let (ticket, index) = tickets.remove(*which);
                let fetch = &mut history.fetches[index];
                prop_assert_eq!(cache.failed(ticket, at(now)), fetch.ended.is_none());
                fetch.ended.get_or_insert(Ended::Bad(now));
            }
        }
        // A driver that sleeps until the next due time misses nothing.
        let next = cache.next_due().as_millis();
        if next > now {
            prop_assert!(cache.clone().begin_due(at(next - 1)).is_none());
        }
        prop_assert!(cache.retry_after(at(now)) >= Duration::from_secs(1));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn e23_the_cache_says_what_the_history_says(ops in prop::collection::vec(op(), 0..120)) {
        run(&ops)?;
    }
}
