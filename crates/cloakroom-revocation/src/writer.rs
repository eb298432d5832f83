use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_core::UnixTime;

use crate::table::{Fingerprint, Table, Value};
use crate::{Entry, Fleet};

/// The one who fills a table, and knows until when each entry has to be kept.
pub(crate) struct Writer {
    table: Arc<Table>,
    /// By place: until when, in seconds since 1970, rounded up; `MAX` for ever, and where there is nothing.
    kept: Box<[u32]>,
    key: RandomState,
    max_skew: Duration,
    /// The latest time of which it is sure, to drop by.
    now: UnixTime,
}

impl Writer {
    pub(crate) fn new(key: RandomState, fleet: &Fleet) -> Self {
        let table = Table::with_room(0);
        Self {
            kept: vec![u32::MAX; table.slots()].into(),
            table: Arc::new(table),
            key,
            max_skew: fleet.max_skew,
            now: UnixTime::MIN,
        }
    }

    pub(crate) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Tells it the time.
    pub(crate) fn passes(&mut self, now: UnixTime) {
        self.now = self.now.max(now);
    }

    /// Takes an entry: one that it knows is kept for longer or cut off later, never the other way round.
    pub(crate) fn take(&mut self, entry: &Entry) {
        let (fingerprint, value, keep_until) = match entry {
            Entry::Token {
                issuer,
                token_id,
                keep_until,
            } => (
                Fingerprint::token(&self.key, issuer, token_id),
                Value::DENIED,
                *keep_until,
            ),
            Entry::Subject {
                issuer,
                subject,
                at,
                keep_until,
            } => (
                Fingerprint::subject(&self.key, issuer, subject),
                Value::cut_off(*at),
                *keep_until,
            ),
            Entry::All { at } => return self.table.cut_all(*at),
        };
        if !self.table.has_room(1) {
            self.rebuild();
        }
        self.put(fingerprint, value, seconds(keep_until));
    }

    fn put(&mut self, fingerprint: Fingerprint, value: Value, keep: u32) {
        let before = self.table.len();
        let place = self.table.put(fingerprint, value);
        let is_new = self.table.len() > before;
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = if is_new { keep } else { keep.max(*kept) };
        }
    }

    /// Drops what is over, when that is a quarter of everything.
    pub(crate) fn sweep(&mut self) {
        let now = self.now;
        let over = self.kept.iter().filter(|kept| self.is_over(**kept, now)).count();
        if over > 0 && over >= self.table.len() / 4 {
            self.rebuild();
        }
    }

    /// Whether the fleet's skew has passed after it as well, strictly.
    fn is_over(&self, kept: u32, now: UnixTime) -> bool {
        kept != u32::MAX && UnixTime::from_millis(i64::from(kept) * 1000).saturating_add(self.max_skew) < now
    }

    /// Puts what is not over into a table of the right size. Readers have the old one as long as they look into it.
    fn rebuild(&mut self) {
        let old = Arc::clone(&self.table);
        let (kept, now) = (std::mem::take(&mut self.kept), self.now);
        let stays: Vec<usize> = (0..old.slots())
            .filter(|place| !kept.get(*place).is_some_and(|kept| self.is_over(*kept, now)))
            .filter(|place| old.at(*place).is_some())
            .collect();
        let table = Table::with_room(stays.len());
        table.cut_all(old.all());
        self.kept = vec![u32::MAX; table.slots()].into();
        self.table = Arc::new(table);
        for place in stays {
            if let (Some((fingerprint, value)), Some(keep)) = (old.at(place), kept.get(place)) {
                self.put(fingerprint, value, *keep);
            }
        }
    }
}

/// Rounded up, so that nothing is dropped too early.
fn seconds(time: UnixTime) -> u32 {
    let millis = time.as_millis().max(0).unsigned_abs();
    u32::try_from(millis.div_ceil(1000)).unwrap_or(u32::MAX)
}
