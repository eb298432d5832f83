use std::mem;

use cloakroom_id::Selector;
use hashbrown::HashTable;

use super::hasher::SelectorState;
use super::row::Row;

/// How many rows lie together. What grows or shrinks is copied, so this bounds how much of it.
const CHUNK: usize = 64;

/// The rows of a shard by their selectors.
///
/// The table holds the places of rows, and a selector is read where its row lies. A table with selectors in it, as a
/// `HashMap` is, would be several times as large and half empty at times, and of a million sessions it is the tables
/// that the processor's cache should hold.
pub(super) struct Rows {
    table: HashTable<u32>,
    chunks: Chunks,
    hasher: SelectorState,
}

impl Rows {
    pub(super) const fn new(hasher: SelectorState) -> Self {
        Self {
            table: HashTable::new(),
            chunks: Chunks(Vec::new()),
            hasher,
        }
    }

    pub(super) fn get(&self, selector: &Selector) -> Option<&Row> {
        let chunks = &self.chunks;
        let place = self
            .table
            .find(self.hasher.hash(selector), chunks.holds(selector))?;
        Some(chunks.get(*place))
    }

    pub(super) fn get_mut(&mut self, selector: &Selector) -> Option<&mut Row> {
        let chunks = &mut self.chunks;
        let place = self
            .table
            .find(self.hasher.hash(selector), chunks.holds(selector))?;
        Some(chunks.get_mut(*place))
    }

    /// Adds a row whose selector has none yet.
    pub(super) fn insert(&mut self, row: Row) {
        let hash = self.hasher.hash(&row.selector);
        let place = self.chunks.push(row);
        self.table
            .insert_unique(hash, place, self.chunks.hashes(&self.hasher));
    }

    pub(super) fn remove(&mut self, selector: &Selector) -> Option<Row> {
        let hash = self.hasher.hash(selector);
        let entry = self.table.find_entry(hash, self.chunks.holds(selector));
        let (gap, _) = entry.ok()?.remove();
        let (last, row) = self.chunks.pop()?;
        let removed = if gap == last {
            row
        } else {
            let moved = self.hasher.hash(&row.selector);
            if let Some(place) = self.table.find_mut(moved, |&place| place == last) {
                *place = gap;
            }
            mem::replace(self.chunks.get_mut(gap), row)
        };
        // Memory is given back when three quarters of the table are empty.
        let (length, capacity) = (self.table.len(), self.table.capacity());
        if capacity > 64 && length < capacity / 4 {
            self.table.shrink_to(length * 2, self.chunks.hashes(&self.hasher));
        }
        Some(removed)
    }
}

#[cfg(test)]
impl Rows {
    pub(super) fn capacity(&self) -> usize {
        self.table.capacity()
    }
}

/// Rows one after another: the last one goes where one is taken out. All chunks but the last are full, and none is empty.
struct Chunks(Vec<Vec<Row>>);

impl Chunks {
    fn get(&self, place: u32) -> &Row {
        let (chunk, at) = split(place);
        &self.0[chunk][at]
    }

    fn get_mut(&mut self, place: u32) -> &mut Row {
        let (chunk, at) = split(place);
        &mut self.0[chunk][at]
    }

    fn push(&mut self, row: Row) -> u32 {
        if self.0.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.0.push(Vec::new());
        }
        let chunk = self.0.len() - 1;
        self.0[chunk].push(row);
        place(chunk, self.0[chunk].len() - 1)
    }

    /// The last row, and the place that it had.
    fn pop(&mut self) -> Option<(u32, Row)> {
        let chunk = self.0.len().checked_sub(1)?;
        let row = self.0[chunk].pop()?;
        let at = self.0[chunk].len();
        if at == 0 {
            self.0.pop();
        }
        Some((place(chunk, at), row))
    }

    fn holds(&self, selector: &Selector) -> impl Fn(&u32) -> bool {
        move |&place| self.get(place).selector == *selector
    }

    fn hashes(&self, hasher: &SelectorState) -> impl Fn(&u32) -> u64 {
        move |&place| hasher.hash(&self.get(place).selector)
    }
}

fn split(place: u32) -> (usize, usize) {
    let place = place as usize;
    (place / CHUNK, place % CHUNK)
}

fn place(chunk: usize, at: usize) -> u32 {
    u32::try_from(chunk * CHUNK + at).expect("2^32 rows of one shard are more than memory has room for")
}
