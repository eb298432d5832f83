use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use hashbrown::HashTable;

use super::hasher::SelectorState;
use crate::Stored;

/// A session, and the time under which it stands in the queue of deadlines.
pub(super) struct Row {
    pub(super) stored: Stored,
    pub(super) queued: UnixTime,
}

/// The rows of a shard by their selectors.
///
/// The table holds a pointer a row, and the selector is read where the row lies. A table with selectors in it, as a
/// `HashMap` is, would be three times as large and half empty at times, and of a million sessions it is the tables
/// that the processor's cache should hold.
pub(super) struct Rows {
    table: HashTable<Box<Row>>,
    hasher: SelectorState,
}

impl Rows {
    pub(super) const fn new(hasher: SelectorState) -> Self {
        Self {
            table: HashTable::new(),
            hasher,
        }
    }

    pub(super) fn get(&self, selector: &Selector) -> Option<&Row> {
        let row = self.table.find(self.hasher.hash(selector), is(selector))?;
        Some(row)
    }

    pub(super) fn get_mut(&mut self, selector: &Selector) -> Option<&mut Row> {
        let row = self.table.find_mut(self.hasher.hash(selector), is(selector))?;
        Some(row)
    }

    /// Adds a row whose selector has none yet.
    pub(super) fn insert(&mut self, row: Row) {
        let hasher = &self.hasher;
        let hash = |row: &Row| hasher.hash(&row.stored.selector);
        self.table
            .insert_unique(hash(&row), Box::new(row), |row| hash(row));
    }

    pub(super) fn remove(&mut self, selector: &Selector) -> Option<Row> {
        let entry = self.table.find_entry(self.hasher.hash(selector), is(selector));
        let (row, _) = entry.ok()?.remove();
        // Memory is given back when three quarters of the table are empty.
        let (length, capacity) = (self.table.len(), self.table.capacity());
        if capacity > 64 && length < capacity / 4 {
            let hasher = &self.hasher;
            self.table
                .shrink_to(length * 2, |row| hasher.hash(&row.stored.selector));
        }
        Some(*row)
    }
}

#[cfg(test)]
impl Rows {
    pub(super) fn capacity(&self) -> usize {
        self.table.capacity()
    }
}

fn is(selector: &Selector) -> impl FnMut(&Box<Row>) -> bool {
    move |row| row.stored.selector == *selector
}
