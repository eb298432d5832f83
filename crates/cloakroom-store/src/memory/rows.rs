use std::mem;

use cloakroom_id::Selector;

use super::hasher::SelectorState;
use super::line::Line;
use super::row::Row;

/// The rows of a shard by their selectors: a table with open addressing whose buckets are [lines](Line).
///
/// A look-up fetches one line of it and the row, and of a million sessions it does little else. A row that finds its line
/// full goes to the next one that is not, and is counted in those that it passes, so that a look-up knows where to end and
/// nothing that is taken out leaves a mark. No table is large: each shard has its own.
pub(super) struct Rows {
    /// None, or a power of two of them.
    lines: Box<[Line]>,
    length: usize,
    hasher: SelectorState,
}

impl Rows {
    pub(super) fn new(hasher: SelectorState) -> Self {
        Self {
            lines: Box::default(),
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

    /// Adds a row whose selector has none yet.
    pub(super) fn insert(&mut self, row: Row) {
        if self.length == most(self.lines.len()) {
            self.resize((self.lines.len() * 2).max(1));
        }
        self.length += 1;
        self.place(Box::new(row));
    }

    pub(super) fn remove(&mut self, selector: &Selector) -> Option<Row> {
        let (at, slot) = self.find(selector)?;
        let mut passed = self.home(self.hasher.hash(selector));
        while passed != at {
            self.lines[passed].uncount();
            passed = (passed + 1) & (self.lines.len() - 1);
        }
        let row = self.lines[at].take(slot)?;
        self.length -= 1;
        // Memory is given back when three quarters of the table are empty.
        if self.lines.len() > 8 && self.length < most(self.lines.len()) / 4 {
            self.resize(self.lines.len() / 2);
        }
        Some(*row)
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

    fn place(&mut self, row: Box<Row>) {
        let hash = self.hasher.hash(&row.selector);
        let mut at = self.home(hash);
        let mut row = row;
        while let Err(back) = self.lines[at].put(hash, row) {
            row = back;
            at = (at + 1) & (self.lines.len() - 1);
        }
    }

    fn resize(&mut self, lines: usize) {
        let lines = (0..lines).map(|_| Line::default()).collect();
        for line in mem::replace(&mut self.lines, lines) {
            for row in line.into_rows() {
                self.place(row);
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
