use cloakroom_id::Selector;

use super::row::Row;

/// How many rows a line takes.
pub(super) const SLOTS: usize = 7;
/// One in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// What the processor fetches at once, 64 bytes: up to seven rows and eight bits of each one's hash, so that hardly any
/// other row is read for its selector.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Line {
    rows: [Option<Row>; SLOTS],
    /// Eight bits of each row's hash, and last how many rows went on to a later line because this one was full; 255 is as
    /// many or more. They are one word to the processor.
    prints: [u8; SLOTS + 1],
}

impl Line {
    /// The slot of the row of this selector, whose hash is `hash`.
    pub(super) fn find(&self, hash: u64, selector: &Selector) -> Option<usize> {
        let differs = u64::from_le_bytes(self.prints) ^ (ONES * u64::from(print(hash)));
        // The high bit of each byte that does not differ, but for the last one, which is no row's.
        let low = 0x7f * ONES;
        let mut same = !(((differs & low) + low) | differs | low) << 8 >> 8;
        while same != 0 {
            let slot = (same.trailing_zeros() / 8) as usize;
            if self.row(slot).is_some_and(|row| row.selector == *selector) {
                return Some(slot);
            }
            same &= same - 1;
        }
        None
    }

    pub(super) fn row(&self, slot: usize) -> Option<&Row> {
        self.rows.get(slot)?.as_ref()
    }

    pub(super) fn row_mut(&mut self, slot: usize) -> Option<&mut Row> {
        self.rows.get_mut(slot)?.as_mut()
    }

    pub(super) const fn is_passed(&self) -> bool {
        self.prints[SLOTS] > 0
    }

    /// Takes a row in and tells its slot; gives it back when it is full, and counts it.
    pub(super) fn put(&mut self, hash: u64, row: Row) -> Result<usize, Row> {
        let Some(slot) = self.rows.iter().position(Option::is_none) else {
            self.prints[SLOTS] = self.prints[SLOTS].saturating_add(1);
            return Err(row);
        };
        self.rows[slot] = Some(row);
        self.prints[slot] = print(hash);
        Ok(slot)
    }

    pub(super) fn take(&mut self, slot: usize) -> Option<Row> {
        self.rows.get_mut(slot)?.take()
    }

    /// A row that went on was taken out.
    pub(super) const fn uncount(&mut self) {
        if self.prints[SLOTS] < u8::MAX {
            self.prints[SLOTS] -= 1;
        }
    }

    pub(super) fn into_rows(self) -> impl Iterator<Item = (usize, Row)> {
        let rows = self.rows.into_iter().enumerate();
        rows.filter_map(|(slot, row)| Some((slot, row?)))
    }
}

const fn print(hash: u64) -> u8 {
    (hash >> 56) as u8
}
