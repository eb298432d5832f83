//! What is measured: a workload, our subject, and the subjects that it is held against.

use std::fmt;
use std::time::{Duration, Instant};

use crate::allocations;

/// One way to do a piece of work, with the answer that it must give.
pub struct Subject {
    /// As the tables call it.
    pub name: &'static str,
    answer: u64,
    batch: Box<dyn Fn(u64) -> u64>,
}

impl Subject {
    /// `work` condenses its result into a number that a wrong result would change, and must give `answer` each time.
    /// The loop around it is compiled with it, so that calling it through a pointer costs once a batch and not once
    /// a call.
    pub fn new(name: &'static str, answer: u64, work: impl Fn() -> u64 + 'static) -> Self {
        let batch = Box::new(move |rounds| (0..rounds).fold(0_u64, |sum, _| sum.wrapping_add(work())));
        Self { name, answer, batch }
    }

    /// Time for `rounds` calls, each answer checked through their sum after the clock has stopped.
    pub fn time(&self, rounds: u64) -> Duration {
        let start = Instant::now();
        let sum = (self.batch)(rounds);
        let elapsed = start.elapsed();
        assert_eq!(
            sum,
            self.answer.wrapping_mul(rounds),
            "{}: a wrong answer was timed",
            self.name
        );
        elapsed
    }

    /// Checks the answer of a single call and counts its allocations, the first call's excepted: it may set up
    /// something for the life of the thread.
    pub fn allocations(&self) -> u64 {
        assert_eq!((self.batch)(1), self.answer, "{}: wrong answer", self.name);
        allocations::count(|| {
            (self.batch)(1);
        })
    }
}

/// What our time divided by the other subject's time should come to.
#[derive(Clone, Copy)]
pub enum Target {
    /// At most this.
    AtMost(f64),
    /// The other subject takes at least this many times as long.
    TimesFaster(f64),
    /// Equal up to this part, to either side.
    Within(f64),
}

impl Target {
    /// Whether `ratio`, ours to theirs, satisfies it.
    pub fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(limit) => ratio <= limit,
            Self::TimesFaster(times) => ratio * times <= 1.0,
            Self::Within(part) => (ratio - 1.0).abs() <= part,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "<= {limit:.2}"),
            Self::TimesFaster(times) => write!(f, "<= {:.2} ({times}x faster)", 1.0 / times),
            Self::Within(part) => write!(f, "1.00 +- {part:.2}"),
        }
    }
}

/// One row of the results: a piece of work, done by us and by others.
pub struct Workload {
    /// `group/case`; filters match any part of it.
    pub name: String,
    /// Ours.
    pub ours: Subject,
    /// The most allocations that ours may make.
    pub allocations: u64,
    /// What ours is held against, the floor first.
    pub others: Vec<(Subject, Option<Target>)>,
}

impl Workload {
    /// Our `work` on the piece of work that `name` describes.
    pub fn new(name: impl Into<String>, answer: u64, work: impl Fn() -> u64 + 'static) -> Self {
        Self {
            name: name.into(),
            ours: Subject::new("cloakroom", answer, work),
            allocations: 0,
            others: Vec::new(),
        }
    }

    /// Ours may make as many as `most` allocations; without this, none.
    pub fn allocating(self, most: u64) -> Self {
        Self {
            allocations: most,
            ..self
        }
    }

    /// Held against `other`, and judged by `target`.
    pub fn target(mut self, target: Target, other: Subject) -> Self {
        self.others.push((other, Some(target)));
        self
    }

    /// Shown beside `other`, without a judgement.
    pub fn beside(mut self, other: Subject) -> Self {
        self.others.push((other, None));
        self
    }
}
