/// How large a fleet, for how long, and what befalls it.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many nodes follow the feed.
    pub nodes: u32,
    /// How many tokens are live. They lie with their holders, so they cost nothing but their numbers.
    pub tokens: u64,
    /// How many of them are revoked a second.
    pub revocations: u32,
    /// How many requests a second are looked at, each at a node by chance.
    pub requests: u32,
    /// How long, in seconds. Every fault happens once within it.
    pub seconds: u32,
    /// How far the wall clocks of two nodes, or of a node and the store, lie apart at most, in milliseconds.
    pub skew: u32,
    /// What all chances follow from.
    pub seed: u64,
}

impl Settings {
    /// 1,000 nodes, 100,000,000 tokens, 1,000 revocations a second, clocks up to 2 seconds apart.
    pub const FULL: Self = Self {
        nodes: 1000,
        tokens: 100_000_000,
        revocations: 1000,
        requests: 20_000,
        seconds: 30,
        skew: 2000,
        seed: 1,
    };

    /// The same with fewer of all, for a test.
    pub const SMALL: Self = Self {
        nodes: 40,
        tokens: 1_000_000,
        revocations: 200,
        requests: 2000,
        ..Self::FULL
    };
}
