use std::fmt;

use crate::Settings;

/// What a simulation has shown.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was simulated.
    pub settings: Settings,
    /// From the acknowledgement of a revocation to a node that knows it, of all nodes and revocations: how many took how many
    /// milliseconds, the last place for all that took longer.
    pub propagation: Vec<u64>,
    /// How many requests met a token that was revoked.
    pub revoked: u64,
    /// How many of them passed because the revocation was younger than the bound.
    pub within_bound: u64,
    /// How many passed although it was older: none, or the promise is broken.
    pub past_bound: u64,
    /// How many requests met a token that was not revoked.
    pub live: u64,
    /// How many of them were refused for good: none, but for what a cut-off of everything ended.
    pub wrongly_refused: u64,
    /// How many requests of both kinds were answered "not known at present".
    pub fail_closed: u64,
    /// How many of those at nodes that no fault had met in the last five seconds.
    pub fail_closed_without_fault: u64,
    /// How many times a node loaded everything.
    pub loads: u64,
    /// How many times a node noticed that its clock is off.
    pub clocks_off: u64,
    /// How many questions the store was asked.
    pub questions: u64,
    /// How many entries it sent.
    pub entries_sent: u64,
    /// How many entries a node knew in the end, and in how many bytes.
    pub entries: usize,
    /// The bytes of one node's snapshot in the end.
    pub bytes: usize,
}

impl Report {
    pub(crate) fn empty(settings: Settings, propagation: usize) -> Self {
        Self {
            settings,
            propagation: vec![0; propagation],
            revoked: 0,
            within_bound: 0,
            past_bound: 0,
            live: 0,
            wrongly_refused: 0,
            fail_closed: 0,
            fail_closed_without_fault: 0,
            loads: 0,
            clocks_off: 0,
            questions: 0,
            entries_sent: 0,
            entries: 0,
            bytes: 0,
        }
    }

    /// The longest propagation of the quickest `share` of all, in milliseconds.
    pub fn percentile(&self, share: f64) -> usize {
        let all: u64 = self.propagation.iter().sum();
        let mut left = (all as f64 * share).ceil() as u64;
        for (millis, &count) in self.propagation.iter().enumerate() {
            if count >= left {
                return millis;
            }
            left -= count;
        }
        self.propagation.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = &self.settings;
        let seconds = u64::from(s.seconds);
        writeln!(f, "| what | |\n|---|--:|")?;
        let mut row = |what: &str, value: String| writeln!(f, "| {what} | {value} |");
        row("nodes", s.nodes.to_string())?;
        row("live tokens", s.tokens.to_string())?;
        row("revocations a second", s.revocations.to_string())?;
        row("seconds", s.seconds.to_string())?;
        row("clocks apart, at most", format!("{} ms", s.skew))?;
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
            row(
                &format!("propagation, {name}"),
                format!("{} ms", self.percentile(share)),
            )?;
        }
        row("requests with a revoked token", self.revoked.to_string())?;
        row("of these passed, within the bound", self.within_bound.to_string())?;
        row("of these passed, past the bound", self.past_bound.to_string())?;
        row("requests with a live token", self.live.to_string())?;
        row("of these refused for good", self.wrongly_refused.to_string())?;
        row("requests refused for want of news", self.fail_closed.to_string())?;
        row(
            "of these at nodes without a fault",
            self.fail_closed_without_fault.to_string(),
        )?;
        row("times that a node loaded everything", self.loads.to_string())?;
        row("times that a node's clock was off", self.clocks_off.to_string())?;
        row(
            "questions a second to the store",
            (self.questions / seconds).to_string(),
        )?;
        row(
            "entries a second from the store",
            (self.entries_sent / seconds).to_string(),
        )?;
        row("entries in a node", self.entries.to_string())?;
        row("bytes in a node", self.bytes.to_string())
    }
}
