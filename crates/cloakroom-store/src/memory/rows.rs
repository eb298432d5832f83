use cloakroom_core::UnixTime;
use cloakroom_id::Selector;
use hashbrown::HashTable;

use super::hasher::SelectorState;
use crate::Stored;

/// Rows lie side by side in pieces of this many, so that growing moves none of them and leaves no more than one piece
/// unused.
const PIECE: usize = 64;

/// A session, and the time under which it stands in the queue of deadlines.
pub(super) struct Row {
    pub(super) stored: Stored,
    pub(super) queued: UnixTime,
}

/// The rows of a shard by their selectors.
///
/// The table holds positions, five bytes a row, instead of rows: of a million sessions the tables are 10 MB, which stay
/// in the processor's cache while the rows do not. So a look-up waits for memory once. Rows in the table cost a third
/// more time and, as a table is half empty at times, up to twice the memory.
pub(super) struct Rows {
    table: HashTable<u32>,
    hasher: SelectorState,
    pieces: Vec<Vec<Row>>,
}

impl Rows {
    pub(super) const fn new(hasher: SelectorState) -> Self {
        Self {
            table: HashTable::new(),
            hasher,
            pieces: Vec::new(),
        }
    }

    pub(super) fn get(&self, selector: &Selector) -> Option<&Row> {
        let position = self.position(selector)?;
        Some(at(&self.pieces, position))
    }

    pub(super) fn get_mut(&mut self, selector: &Selector) -> Option<&mut Row> {
        let position = self.position(selector)?;
        Some(&mut self.pieces[piece_of(position)][place_of(position)])
    }

    /// Adds a row whose selector has none yet.
    pub(super) fn insert(&mut self, row: Row) {
        let hash = self.hasher.hash(&row.stored.selector);
        let position = u32::try_from(self.table.len()).expect("the ledger lets no more than u32::MAX in");
        if place_of(position) == 0 {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        self.pieces[piece_of(position)].push(row);
        let (hasher, pieces) = (&self.hasher, &self.pieces);
        let rehash = |&position: &u32| hasher.hash(&at(pieces, position).stored.selector);
        self.table.insert_unique(hash, position, rehash);
    }

    /// Takes a row out, and moves the last one into its place.
    pub(super) fn remove(&mut self, selector: &Selector) -> Option<Row> {
        let (hash, pieces) = (self.hasher.hash(selector), &self.pieces);
        let is_it = |&position: &u32| at(pieces, position).stored.selector == *selector;
        let (hole, _) = self.table.find_entry(hash, is_it).ok()?.remove();
        let last = self.pieces.last_mut()?.pop()?;
        if self.pieces.last().is_some_and(Vec::is_empty) {
            self.pieces.pop();
        }
        // The table is one shorter already, so its length is the position that the last row had.
        if hole as usize == self.table.len() {
            self.table_shrinks();
            return Some(last);
        }
        let hash = self.hasher.hash(&last.stored.selector);
        let old = u32::try_from(self.table.len()).expect("it was a position");
        if let Some(position) = self.table.find_mut(hash, |&position| position == old) {
            *position = hole;
        }
        let row = std::mem::replace(&mut self.pieces[piece_of(hole)][place_of(hole)], last);
        self.table_shrinks();
        Some(row)
    }

    /// Gives memory back when three quarters of the table have become empty.
    fn table_shrinks(&mut self) {
        let length = self.table.len();
        if self.table.capacity() > PIECE && length < self.table.capacity() / 4 {
            let (hasher, pieces) = (&self.hasher, &self.pieces);
            let rehash = |&position: &u32| hasher.hash(&at(pieces, position).stored.selector);
            self.table.shrink_to(length * 2, rehash);
        }
    }

    fn position(&self, selector: &Selector) -> Option<u32> {
        let is_it = |&position: &u32| at(&self.pieces, position).stored.selector == *selector;
        self.table.find(self.hasher.hash(selector), is_it).copied()
    }
}

fn at(pieces: &[Vec<Row>], position: u32) -> &Row {
    &pieces[piece_of(position)][place_of(position)]
}

const fn piece_of(position: u32) -> usize {
    position as usize / PIECE
}

const fn place_of(position: u32) -> usize {
    position as usize % PIECE
}
