use core::fmt;
use core::time::Duration;

/// A wall-clock time in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
///
/// The range is that of `i64`, some 292 million years to either side. No operation panics or wraps: each says whether
/// it is checked or saturating. Crates below the web layer take the time as an argument and never read a clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixTime(i64);

impl UnixTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The earliest time that can be told.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time that can be told.
    pub const MAX: Self = Self(i64::MAX);

    /// The time `millis` milliseconds after the epoch, before it when negative.
    #[inline]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The time `seconds` seconds after the epoch; `None` when that is out of range.
    #[inline]
    pub const fn from_secs(seconds: i64) -> Option<Self> {
        match seconds.checked_mul(1000) {
            Some(millis) => Some(Self(millis)),
            None => None,
        }
    }

    /// Milliseconds since the epoch, negative before it.
    #[inline]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down, so one millisecond before the epoch is second -1.
    #[inline]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `self` plus `duration`, whose part below a millisecond is dropped; `None` past [`MAX`](Self::MAX).
    #[inline]
    pub const fn checked_add(self, duration: Duration) -> Option<Self> {
        let Some(step) = checked_millis(duration) else {
            return None;
        };
        match self.0.checked_add_unsigned(step) {
            Some(millis) => Some(Self(millis)),
            None => None,
        }
    }

    /// `self` minus `duration`, whose part below a millisecond is dropped; `None` before [`MIN`](Self::MIN).
    #[inline]
    pub const fn checked_sub(self, duration: Duration) -> Option<Self> {
        let Some(step) = checked_millis(duration) else {
            return None;
        };
        match self.0.checked_sub_unsigned(step) {
            Some(millis) => Some(Self(millis)),
            None => None,
        }
    }

    /// `self` plus `duration`, whose part below a millisecond is dropped, or [`MAX`](Self::MAX).
    #[inline]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(saturating_millis(duration)))
    }

    /// `self` minus `duration`, whose part below a millisecond is dropped, or [`MIN`](Self::MIN).
    #[inline]
    pub const fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(saturating_millis(duration)))
    }

    /// Time from `earlier` to `self`; `None` when `earlier` is in fact the later one.
    #[inline]
    pub const fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        if self.0 < earlier.0 {
            return None;
        }
        Some(Duration::from_millis(self.0.abs_diff(earlier.0)))
    }

    /// What the system's clock says now, rounded down to the millisecond.
    #[cfg(feature = "std")]
    pub fn now() -> Self {
        std::time::SystemTime::now().into()
    }
}

/// Milliseconds in `duration`, rounded down; `None` when they are more than lie between the ends of the range.
const fn checked_millis(duration: Duration) -> Option<u64> {
    let millis = duration.as_millis();
    if millis > u64::MAX as u128 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "compared with u64::MAX above")]
    Some(millis as u64)
}

/// Milliseconds in `duration`, rounded down, or as many as lie between the ends of the range.
const fn saturating_millis(duration: Duration) -> u64 {
    match checked_millis(duration) {
        Some(millis) => millis,
        None => u64::MAX,
    }
}

/// Prints the milliseconds, as in `UnixTime(1750000000123)`.
impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixTime({})", self.0)
    }
}

/// Rounds down to the millisecond and saturates at the ends of the range.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for UnixTime {
    fn from(time: std::time::SystemTime) -> Self {
        match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => Self::EPOCH.saturating_add(after),
            Err(before) => {
                let before = before.duration();
                let rest = before.subsec_nanos() % 1_000_000;
                let floor = Self::EPOCH.saturating_sub(before);
                if rest == 0 {
                    floor
                } else {
                    floor.saturating_sub(Duration::from_millis(1))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::time::Duration;
    use std::format;

    use proptest::prelude::*;

    use super::UnixTime;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_ends_of_the_range_neither_panic_nor_wrap() {
        assert_eq!(UnixTime::MAX.checked_add(MS), None);
        assert_eq!(UnixTime::MAX.saturating_add(MS), UnixTime::MAX);
        assert_eq!(UnixTime::MIN.checked_sub(MS), None);
        assert_eq!(UnixTime::MIN.saturating_sub(MS), UnixTime::MIN);
        assert_eq!(UnixTime::EPOCH.checked_add(Duration::MAX), None);
        assert_eq!(UnixTime::MIN.checked_add(Duration::MAX), None);
        assert_eq!(UnixTime::MAX.checked_sub(Duration::MAX), None);
        let range = Duration::from_millis(u64::MAX);
        assert_eq!(UnixTime::MIN.checked_add(range), Some(UnixTime::MAX));
        assert_eq!(UnixTime::MAX.checked_sub(range), Some(UnixTime::MIN));
        assert_eq!(UnixTime::MIN.checked_add(range + MS), None);
        assert_eq!(UnixTime::MAX.checked_sub(range + MS), None);
        assert_eq!(UnixTime::MIN.saturating_add(Duration::MAX), UnixTime::MAX);
        assert_eq!(UnixTime::MAX.saturating_sub(Duration::MAX), UnixTime::MIN);
        assert_eq!(UnixTime::from_secs(i64::MAX), None);
        assert_eq!(UnixTime::from_secs(i64::MIN), None);
        assert_eq!(
            UnixTime::MAX.checked_duration_since(UnixTime::MIN),
            Some(Duration::from_millis(u64::MAX))
        );
        assert_eq!(UnixTime::MIN.checked_duration_since(UnixTime::MAX), None);
    }

    #[test]
    fn seconds_round_down_on_both_sides_of_the_epoch() {
        for (millis, seconds) in [(0, 0), (999, 0), (1000, 1), (-1, -1), (-1000, -1), (-1001, -2)] {
            assert_eq!(UnixTime::from_millis(millis).as_secs(), seconds, "{millis} ms");
        }
        assert_eq!(UnixTime::from_secs(-2), Some(UnixTime::from_millis(-2000)));
        assert_eq!(
            UnixTime::from_secs(1_750_000_000),
            Some(UnixTime::from_millis(1_750_000_000_000))
        );
    }

    #[test]
    fn debug_tells_the_milliseconds() {
        assert_eq!(format!("{:?}", UnixTime::from_millis(-5)), "UnixTime(-5)");
    }

    #[cfg(feature = "std")]
    #[test]
    fn system_time_rounds_down_on_both_sides_of_the_epoch() {
        use std::time::UNIX_EPOCH;
        let micro = Duration::from_micros(1);
        assert_eq!(UnixTime::from(UNIX_EPOCH + micro), UnixTime::EPOCH);
        assert_eq!(UnixTime::from(UNIX_EPOCH - micro), UnixTime::from_millis(-1));
        assert_eq!(UnixTime::from(UNIX_EPOCH - MS), UnixTime::from_millis(-1));
        assert!(UnixTime::now() > UnixTime::from_millis(1_700_000_000_000));
    }

    proptest! {
        #[test]
        fn adding_and_taking_away_agree(start: i64, millis: u64) {
            let (start, step) = (UnixTime::from_millis(start), Duration::from_millis(millis));
            if let Some(end) = start.checked_add(step) {
                prop_assert_eq!(end.checked_sub(step), Some(start));
                prop_assert_eq!(end.checked_duration_since(start), Some(step));
                prop_assert_eq!(start.saturating_add(step), end);
            } else {
                prop_assert_eq!(start.saturating_add(step), UnixTime::MAX);
            }
        }
    }
}
