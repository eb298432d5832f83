use std::fmt::Debug;

/// The lines that are told of a history.
const TOLD: usize = 100;

/// What a sequence of random operations did, for the message when an answer is not what it should be.
#[derive(Clone, Debug)]
pub struct History {
    seed: u64,
    lines: Vec<String>,
}

impl History {
    /// That of the sequence of this seed, which has not begun.
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            lines: Vec::new(),
        }
    }

    /// Remembers what is done next.
    pub fn note(&mut self, line: String) {
        self.lines.push(line);
    }

    /// Asserts that the store and the model answer the same.
    ///
    /// # Panics
    ///
    /// When they do not, with the last hundred lines.
    #[track_caller]
    pub fn compare<T: PartialEq + Debug>(&self, store: &T, model: &T) {
        self.expect(store == model, || {
            format!("the store answers\n  {store:?}\nand the model\n  {model:?}")
        });
    }

    /// Asserts that something holds.
    ///
    /// # Panics
    ///
    /// When it does not, with that message and the last hundred lines.
    #[track_caller]
    pub fn expect(&self, holds: bool, message: impl FnOnce() -> String) {
        let begin = self.lines.len().saturating_sub(TOLD);
        assert!(
            holds,
            "{}\nin the sequence of seed {}:\n{}",
            message(),
            self.seed,
            self.lines[begin..].join("\n")
        );
    }
}
