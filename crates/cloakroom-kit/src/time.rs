use cloakroom_core::UnixTime;

/// The fake clock's time at the beginning of each case: 2026-01-01T00:00:00Z.
pub const NOW: UnixTime = UnixTime::from_millis(1_767_225_600_000);

/// A second, in milliseconds.
pub const SECOND: i64 = 1000;

/// A minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;

/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;

/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// So many milliseconds after [`NOW`], or before it when they are negative.
pub const fn at(millis: i64) -> UnixTime {
    after(NOW, millis)
}

/// So many milliseconds after `time`, or before it when they are negative.
///
/// # Panics
///
/// In a build that checks for overflow, when there is no such time.
pub const fn after(time: UnixTime, millis: i64) -> UnixTime {
    UnixTime::from_millis(time.as_millis() + millis)
}
