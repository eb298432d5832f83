use core::time::Duration;

/// A reading of a monotonic clock in milliseconds, counted from an origin that the program chooses.
///
/// Ticks measure how long ago something happened in *this* process; they mean nothing in another one and are never
/// stored. Use [`UnixTime`](crate::UnixTime) for times that leave the process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Tick(u64);

impl Tick {
    /// The origin.
    pub const ZERO: Self = Self(0);

    /// The reading `millis` milliseconds after the origin.
    #[inline]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the origin.
    #[inline]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Time from `earlier` to `self`; zero when `earlier` is in fact the later one.
    #[inline]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// `self` plus `duration`, whose part below a millisecond is dropped; `None` past the end of the range.
    #[inline]
    pub const fn checked_add(self, duration: Duration) -> Option<Self> {
        let millis = duration.as_millis();
        if millis > u64::MAX as u128 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "compared with u64::MAX above")]
        match self.0.checked_add(millis as u64) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The reading that `instant` is, with `origin` as the origin; [`ZERO`](Self::ZERO) when `instant` is before it.
    #[cfg(feature = "std")]
    pub fn of(instant: std::time::Instant, origin: std::time::Instant) -> Self {
        let elapsed = instant.saturating_duration_since(origin);
        Self::ZERO.checked_add(elapsed).unwrap_or(Self(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::Tick;

    #[test]
    fn differences_never_wrap() {
        let (early, late) = (Tick::from_millis(10), Tick::from_millis(25));
        assert_eq!(late.saturating_duration_since(early), Duration::from_millis(15));
        assert_eq!(early.saturating_duration_since(late), Duration::ZERO);
    }

    #[test]
    fn addition_ends_at_the_end_of_the_range() {
        let last = Tick::from_millis(u64::MAX);
        assert_eq!(
            Tick::ZERO.checked_add(Duration::from_micros(1999)),
            Some(Tick::from_millis(1))
        );
        assert_eq!(last.checked_add(Duration::from_micros(999)), Some(last));
        assert_eq!(last.checked_add(Duration::from_millis(1)), None);
        assert_eq!(Tick::ZERO.checked_add(Duration::MAX), None);
    }

    #[cfg(feature = "std")]
    #[test]
    fn an_instant_is_counted_from_the_origin() {
        let origin = std::time::Instant::now();
        assert_eq!(Tick::of(origin, origin), Tick::ZERO);
        assert_eq!(
            Tick::of(origin + Duration::from_millis(42), origin).as_millis(),
            42
        );
        assert_eq!(Tick::of(origin, origin + Duration::from_millis(42)), Tick::ZERO);
    }
}
