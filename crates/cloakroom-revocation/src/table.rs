use std::hash::{BuildHasher, DefaultHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use cloakroom_core::UnixTime;

/// Where an entry is kept: 63 bits of a keyed hash of what it is about, and whether that is a subject.
///
/// The key is this process's own, so nobody can choose names that collide. Should two, the slot refuses for both: a
/// collision refuses what should pass, and never lets pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// Those of a subject and of a token of one issuer.
    #[inline]
    pub(crate) fn pair(key: &RandomState, issuer: &str, subject: &str, token_id: &str) -> (Self, Self) {
        let begun = Begun::new(key, issuer);
        (begun.clone().subject(subject), begun.token(token_id))
    }

    pub(crate) fn subject(key: &RandomState, issuer: &str, subject: &str) -> Self {
        Begun::new(key, issuer).subject(subject)
    }

    pub(crate) fn token(key: &RandomState, issuer: &str, token_id: &str) -> Self {
        Begun::new(key, issuer).token(token_id)
    }
}

/// A hash that has read the issuer.
#[derive(Clone)]
struct Begun {
    hasher: DefaultHasher,
    /// Added to the hash, so that an issuer and a name which run together differently have another fingerprint. That is
    /// cheaper than to hash the length.
    split: u64,
}

impl Begun {
    #[inline]
    fn new(key: &RandomState, issuer: &str) -> Self {
        let mut hasher = key.build_hasher();
        hasher.write(issuer.as_bytes());
        Self {
            hasher,
            split: (issuer.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        }
    }

    #[inline]
    fn finish(mut self, name: &str) -> u64 {
        self.hasher.write(name.as_bytes());
        self.hasher.finish().wrapping_add(self.split)
    }

    #[inline]
    fn subject(self, subject: &str) -> Fingerprint {
        Fingerprint(self.finish(subject) | 1)
    }

    #[inline]
    fn token(self, token_id: &str) -> Fingerprint {
        // 0 marks an empty slot.
        Fingerprint((self.finish(token_id) & !1).max(2))
    }
}

/// What a slot holds: for a subject its cut-off, for a token nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(u64);

impl Value {
    pub(crate) const DENIED: Self = Self(0);
    const SIGN: u64 = 1 << 63;

    /// In the order of times.
    pub(crate) fn cut_off(at: UnixTime) -> Self {
        Self(at.as_millis().cast_unsigned() ^ Self::SIGN)
    }

    fn at(self) -> UnixTime {
        UnixTime::from_millis((self.0 ^ Self::SIGN).cast_signed())
    }
}

/// 16 bytes, so that a look into a slot touches one line of the cache.
#[derive(Default)]
#[repr(align(16))]
struct Slot {
    key: AtomicU64,
    value: AtomicU64,
}

/// A table with open addressing, of fingerprints alone. One writer fills it while any number of readers look; nothing is
/// ever taken out of it, and a value only grows, so what a reader has found stays true.
///
/// Most credentials are in no table. A filter of a twentieth of its size tells that from memory that stays in the caches,
/// where the table of a million entries costs two walks to main memory.
pub(crate) struct Table {
    slots: Box<[Slot]>,
    /// A Bloom filter in words of 64 bits, 8 bits a slot: of what is in the table all bits of its mask are set in its word.
    filter: Box<[AtomicU64]>,
    len: AtomicUsize,
    /// The cut-off of everything; `MIN` cuts nothing off.
    all: AtomicI64,
}

impl Table {
    pub(crate) const SMALLEST: usize = 64;

    /// With room for so many entries at half the load that makes it grow.
    pub(crate) fn with_room(entries: usize) -> Self {
        let slots = entries
            .saturating_mul(2)
            .checked_next_power_of_two()
            .unwrap_or(1 << 62)
            .max(Self::SMALLEST);
        Self {
            slots: (0..slots).map(|_| Slot::default()).collect(),
            filter: (0..slots / 8).map(|_| AtomicU64::new(0)).collect(),
            len: AtomicUsize::new(0),
            all: AtomicI64::new(i64::MIN),
        }
    }

    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&*self.slots) + size_of_val(&*self.filter)
    }

    /// Whether so many more do not make it slow: up to three quarters.
    pub(crate) fn has_room(&self, more: usize) -> bool {
        self.len().saturating_add(more) <= self.slots.len() / 4 * 3
    }

    /// The first place where this may be.
    #[inline]
    fn home(&self, fingerprint: Fingerprint) -> usize {
        // The high bits: the lowest one tells the kind. A table has 64 slots or more, so nothing is shifted out.
        let bits = self.slots.len().trailing_zeros();
        #[expect(clippy::cast_possible_truncation, reason = "it is below the number of slots")]
        {
            (fingerprint.0 >> (u64::BITS - bits)) as usize
        }
    }

    #[inline]
    fn slot(&self, place: usize) -> &Slot {
        // The mask is what lets the compiler and the reader see that it is inside.
        &self.slots[place & (self.slots.len() - 1)]
    }

    /// The word of the filter that tells of this, and what it has to be masked with.
    #[inline]
    fn filter_of(&self, fingerprint: Fingerprint) -> (&AtomicU64, u64) {
        let word = self.home(fingerprint) / 8;
        let bit = |shift: u32| 1_u64 << (fingerprint.0 >> shift & 63);
        // Low bits, of which the place has none, and not the one that tells the kind.
        (
            &self.filter[word & (self.filter.len() - 1)],
            bit(1) | bit(7) | bit(13) | bit(19),
        )
    }

    /// Looks for both at once, so that the second is on its way from memory while the first is looked at.
    #[inline]
    pub(crate) fn find_both(&self, subject: Fingerprint, token: Fingerprint) -> (Option<UnixTime>, bool) {
        let ((first, first_mask), (second, second_mask)) = (self.filter_of(subject), self.filter_of(token));
        let (first, second) = (first.load(Ordering::Relaxed), second.load(Ordering::Relaxed));
        let may_be_cut = first & first_mask == first_mask;
        let may_be_denied = second & second_mask == second_mask;
        if !may_be_cut && !may_be_denied {
            return (None, false);
        }
        (
            if may_be_cut { self.cutoff(subject) } else { None },
            may_be_denied && self.find(token).is_some(),
        )
    }

    pub(crate) fn cutoff(&self, subject: Fingerprint) -> Option<UnixTime> {
        let place = self.find(subject)?;
        Some(self.value(place).at())
    }

    /// The later of a subject's cut-off and that of everything.
    #[inline]
    pub(crate) fn later_of_all(&self, own: Option<UnixTime>) -> Option<UnixTime> {
        let all = self.all.load(Ordering::Relaxed);
        if all == i64::MIN {
            return own;
        }
        own.max(Some(UnixTime::from_millis(all)))
    }

    fn find(&self, fingerprint: Fingerprint) -> Option<usize> {
        let mut place = self.home(fingerprint);
        // A table is never full, so the search ends.
        loop {
            match self.slot(place).key.load(Ordering::Acquire) {
                0 => return None,
                key if key == fingerprint.0 => return Some(place & (self.slots.len() - 1)),
                _ => place += 1,
            }
        }
    }

    fn value(&self, place: usize) -> Value {
        Value(self.slot(place).value.load(Ordering::Relaxed))
    }

    /// What stands at each place that is not empty.
    pub(crate) fn at(&self, place: usize) -> Option<(Fingerprint, Value)> {
        let key = self.slot(place).key.load(Ordering::Relaxed);
        (key != 0).then(|| (Fingerprint(key), self.value(place)))
    }

    pub(crate) fn all(&self) -> UnixTime {
        UnixTime::from_millis(self.all.load(Ordering::Relaxed))
    }

    /// For the one writer: moves the cut-off of everything forward.
    pub(crate) fn cut_all(&self, at: UnixTime) {
        self.all.fetch_max(at.as_millis(), Ordering::Relaxed);
    }

    /// For the one writer, who saw to it that it [has room](Self::has_room): puts it in, or raises what is there, and
    /// tells the place.
    pub(crate) fn put(&self, fingerprint: Fingerprint, value: Value) -> usize {
        if let Some(place) = self.find(fingerprint) {
            self.slot(place).value.fetch_max(value.0, Ordering::Relaxed);
            return place;
        }
        let mut place = self.home(fingerprint);
        while self.at(place).is_some() {
            place += 1;
        }
        let (word, mask) = self.filter_of(fingerprint);
        word.fetch_or(mask, Ordering::Relaxed);
        let slot = self.slot(place);
        slot.value.store(value.0, Ordering::Relaxed);
        // Whoever finds the key finds the value.
        slot.key.store(fingerprint.0, Ordering::Release);
        self.len.fetch_add(1, Ordering::Relaxed);
        place & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::RandomState;

    use cloakroom_core::UnixTime;

    use super::{Fingerprint, Table, Value};

    #[test]
    fn what_collides_refuses_for_both() {
        let table = Table::with_room(8);
        let at = |millis| UnixTime::from_millis(millis);
        let place = table.put(Fingerprint(7), Value::cut_off(at(5)));
        assert_eq!(table.put(Fingerprint(7), Value::cut_off(at(-9))), place);
        assert_eq!(table.cutoff(Fingerprint(7)), Some(at(5)));
        assert_eq!(table.put(Fingerprint(7), Value::cut_off(at(6))), place);
        assert_eq!(
            table.find_both(Fingerprint(7), Fingerprint(6)),
            (Some(at(6)), false)
        );
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_search_goes_round_the_end() {
        let table = Table::with_room(8);
        let last = |low: u64| Fingerprint(!0 << 8 | low);
        for low in 2..42 {
            table.put(last(low), Value::DENIED);
        }
        for low in 2..42 {
            assert!(table.find(last(low)).is_some(), "{low}");
        }
        assert!(table.find(last(42)).is_none());
        assert_eq!(table.len(), 40);
    }

    #[test]
    fn values_are_in_the_order_of_times() {
        let times = [i64::MIN, -1, 0, 1, i64::MAX].map(UnixTime::from_millis);
        for (one, other) in times.iter().zip(&times[1..]) {
            assert!(Value::cut_off(*one) < Value::cut_off(*other));
        }
        assert_eq!(times.map(|time| Value::cut_off(time).at()), times);
    }

    #[test]
    fn f14_a_subject_is_no_token_and_texts_do_not_run_together() {
        let key = RandomState::new();
        let (subject, token) = Fingerprint::pair(&key, "iss", "name", "name");
        assert!(subject != token);
        assert!(subject == Fingerprint::subject(&key, "iss", "name"));
        assert!(token == Fingerprint::token(&key, "iss", "name"));
        assert!(subject != Fingerprint::subject(&key, "issn", "ame"));
        assert!(token != Fingerprint::token(&key, "is", "sname"));
        assert!(token != Fingerprint::token(&RandomState::new(), "iss", "name"));
    }
}
