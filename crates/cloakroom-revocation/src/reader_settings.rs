use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

/// How a [`Reader`](crate::Reader) follows its feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReaderSettings {
    /// How old a snapshot may be before checks fail closed, 1 second by default.
    pub bound: Duration,
    /// How long after one poll was asked the next one is, 200 ms by default: a few of them may fail within the bound.
    pub poll_every: Duration,
    /// How many entries a page or a poll asks for, 10,000 by default.
    pub page: NonZeroU32,
    /// A bootstrap begins after a random part of this, 1 second by default, so that a fleet that has to load everything
    /// anew does not come all at once.
    pub spread: Duration,
    /// What random times are drawn from: random by default, fixed in a simulation.
    pub seed: u64,
}

impl Default for ReaderSettings {
    fn default() -> Self {
        Self {
            bound: Duration::from_secs(1),
            poll_every: Duration::from_millis(200),
            page: NonZeroU32::new(10_000).unwrap_or(NonZeroU32::MAX),
            spread: Duration::from_secs(1),
            seed: RandomState::new().hash_one("reader"),
        }
    }
}
