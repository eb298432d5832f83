use std::mem;

use cloakroom_core::UnixTime;
use cloakroom_id::Selector;

use super::hasher::SelectorState;
use super::line::{Line, SLOTS};
use super::row::Row;

/// The rows of a shard by their selectors: a table with open addressing whose buckets are [lines](Line).
///
/// A look-up fetches one line of it and the row, and of a million sessions it does little else. A row that finds its line
/// full goes to the next one that is not, and is counted in those that it passes, so that a look-up knows where to end and
/// nothing that is taken out leaves a mark. No table is large: each shard has its own.
pub(super) struct Rows {
    /// None, or a power of two of them.
    lines: Box<[Line]>,
    /// The time under which each row stands in the queue of deadlines, as the lines have them: apart, for no look-up asks.
    queued: Box<[[UnixTime; SLOTS]]>,
    length: usize,
    hasher: SelectorState,
}

impl Rows {
    pub(super) fn new(hasher: SelectorState) -> Self {
        Self {
            lines: Box::default(),
            queued: Box::default(),
            length: 0,
            hasher,
        }
    }

    pub(super) fn get(&self, selector: &Selector) -> Option<&Row> {
        let (line, slot) = self.find(selector)?;
        self.lines[line].row(slot)
    }

    pub(super) fn get_mut(&mut self, selector: &Selector) -> Option<&mut Row> {
        let (line, slot) = self.find(selector)?;
        self.lines[line].row_mut(slot)
    }

    /// The row, and the time under which it stands in the queue.
    pub(super) fn get_queued_mut(&mut self, selector: &Selector) -> Option<(&Row, &mut UnixTime)> {
        let (line, slot) = self.find(selector)?;
        let row = self.lines[line].row(slot)?;
        Some((row, &mut self.queued[line][slot]))
    }

    /// Adds a row whose selector has none yet, and which stands in the queue under the time `queued`.
    pub(super) fn insert(&mut self, row: Row, queued: UnixTime) {
        if self.length == most(self.lines.len()) {
            self.resize((self.lines.len() * 2).max(1));
        }
        self.length += 1;
        self.place(row, queued);
    }

    /// Takes a row out, with the time under which it stands in the queue.
    pub(super) fn remove(&mut self, selector: &Selector) -> Option<(Row, UnixTime)> {
        let (at, slot) = self.find(selector)?;
        let mut passed = self.home(self.hasher.hash(selector));
        while passed != at {
            self.lines[passed].uncount();
            passed = (passed + 1) & (self.lines.len() - 1);
        }
        let row = self.lines[at].take(slot)?;
        let queued = self.queued[at][slot];
        self.length -= 1;
        // Memory is given back when three quarters of the table are empty.
        if self.lines.len() > 8 && self.length < most(self.lines.len()) / 4 {
            self.resize(self.lines.len() / 2);
        }
        Some((row, queued))
    }

    /// The line and the slot in it.
    fn find(&self, selector: &Selector) -> Option<(usize, usize)> {
        let hash = self.hasher.hash(selector);
        let mut at = self.home(hash);
        for _ in 0..self.lines.len() {
            let line = &self.lines[at];
            if let Some(slot) = line.find(hash, selector) {
                return Some((at, slot));
            }
            if !line.is_passed() {
                break;
            }
            at = (at + 1) & (self.lines.len() - 1);
        }
        None
    }

    fn place(&mut self, row: Row, queued: UnixTime) {
        let hash = self.hasher.hash(&row.selector);
        let mut at = self.home(hash);
        let mut row = row;
        loop {
            match self.lines[at].put(hash, row) {
                Ok(slot) => return self.queued[at][slot] = queued,
                Err(back) => row = back,
            }
            at = (at + 1) & (self.lines.len() - 1);
        }
    }

    fn resize(&mut self, lines: usize) {
        let queued = vec![[UnixTime::MIN; SLOTS]; lines].into_boxed_slice();
        let lines = (0..lines).map(|_| Line::default()).collect();
        let queued = mem::replace(&mut self.queued, queued);
        for (line, queued) in mem::replace(&mut self.lines, lines).into_iter().zip(queued) {
            for (slot, row) in line.into_rows() {
                self.place(row, queued[slot]);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it takes the low bits")]
    fn home(&self, hash: u64) -> usize {
        hash as usize & self.lines.len().wrapping_sub(1)
    }
}

/// The most rows in so many lines: six sevenths.
const fn most(lines: usize) -> usize {
    lines * 6
}

#[cfg(test)]
impl Rows {
    pub(super) fn capacity(&self) -> usize {
        most(self.lines.len())
    }
}
