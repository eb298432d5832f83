use std::hash::{BuildHasher, Hasher, RandomState};
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
        let prefix = Self::prefix(key, issuer);
        (
            Self::subject_behind(prefix.clone(), subject),
            Self::token_behind(prefix, token_id),
        )
    }

    pub(crate) fn subject(key: &RandomState, issuer: &str, subject: &str) -> Self {
        Self::subject_behind(Self::prefix(key, issuer), subject)
    }

    pub(crate) fn token(key: &RandomState, issuer: &str, token_id: &str) -> Self {
        Self::token_behind(Self::prefix(key, issuer), token_id)
    }

    /// The length comes first, so that no two pairs of texts are hashed alike.
    #[inline]
    fn prefix<H: Hasher>(key: &(impl BuildHasher<Hasher = H> + ?Sized), issuer: &str) -> H {
        let mut hasher = key.build_hasher();
        hasher.write_usize(issuer.len());
        hasher.write(issuer.as_bytes());
        hasher
    }

    #[inline]
    fn subject_behind(mut prefix: impl Hasher, subject: &str) -> Self {
        prefix.write(subject.as_bytes());
        Self(prefix.finish() | 1)
    }

    #[inline]
    fn token_behind(mut prefix: impl Hasher, token_id: &str) -> Self {
        prefix.write(token_id.as_bytes());
        // 0 marks an empty slot.
        Self((prefix.finish() & !1).max(2))
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
pub(crate) struct Table {
    slots: Box<[Slot]>,
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
        size_of_val(&*self.slots)
    }

    /// Whether one more would make it slow: beyond three quarters.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.slots.len() / 4 * 3
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

    /// Looks for both at once: the second is on its way from memory while the first is looked at.
    #[inline]
    pub(crate) fn find_both(&self, subject: Fingerprint, token: Fingerprint) -> (Option<UnixTime>, bool) {
        let (at, of) = (self.home(subject), self.home(token));
        let (first, second) = (
            self.slot(at).key.load(Ordering::Acquire),
            self.slot(of).key.load(Ordering::Acquire),
        );
        let cutoff = self.find_from(subject, at, first);
        let denied = self.find_from(token, of, second);
        (cutoff.map(|place| self.value(place).at()), denied.is_some())
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
        let place = self.home(fingerprint);
        self.find_from(fingerprint, place, self.slot(place).key.load(Ordering::Acquire))
    }

    /// Its place, when `key` stands at `place`, the first where it may be. A table is never full, so the search ends.
    #[inline]
    fn find_from(&self, fingerprint: Fingerprint, mut place: usize, mut key: u64) -> Option<usize> {
        while key != fingerprint.0 {
            if key == 0 {
                return None;
            }
            place += 1;
            key = self.slot(place).key.load(Ordering::Acquire);
        }
        Some(place & (self.slots.len() - 1))
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

    /// For the one writer, who saw to it that it [is not full](Self::is_full): puts it in, or raises what is there, and
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
