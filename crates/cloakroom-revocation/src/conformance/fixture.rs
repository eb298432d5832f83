//! Times, fleets and denials to test with. All of it is made up: nothing here is random, and no clock is read.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_core::UnixTime;

pub use crate::random::Random;
use crate::{Credential, Denial, Fleet};

/// The fake clock's time at the beginning of each case: 2026-01-01T00:00:00Z.
pub const NOW: UnixTime = UnixTime::from_millis(1_767_225_600_000);

/// A second, in milliseconds.
pub const SECOND: i64 = 1000;

/// A minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;

/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;

/// The fleet of most cases: a skew of 2 s, a greatest age of 1 h, a leeway of 60 s.
pub const FLEET: Fleet = Fleet {
    max_skew: Duration::from_secs(2),
    longest_age: Duration::from_secs(3600),
    leeway: Duration::from_secs(60),
    max_entries: 1_000_000,
};

/// The same with room for 20 entries.
pub const SMALL: Fleet = Fleet {
    max_entries: 20,
    ..FLEET
};

/// S of both, in milliseconds.
pub const SKEW: i64 = 2 * SECOND;

/// For how long both keep a cut-off, in milliseconds.
pub const KEPT: i64 = HOUR + MINUTE;

/// Who issues, where a case does not care.
pub const ISSUER: &str = "https://id.example";

/// So many milliseconds after [`NOW`].
pub const fn at(millis: i64) -> UnixTime {
    after(NOW, millis)
}

/// So many milliseconds after `time`.
pub const fn after(time: UnixTime, millis: i64) -> UnixTime {
    UnixTime::from_millis(time.as_millis() + millis)
}

/// A size of batches or pages.
pub fn size(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("cases ask for something")
}

/// The denial of `token_id` of `subject`, issued at [`NOW`] with a life of ten minutes.
pub fn denial(subject: &str, token_id: &str) -> Denial {
    denial_until(subject, token_id, at(10 * MINUTE))
}

/// The denial of `token_id` of `subject`, issued at [`NOW`] with this end.
pub fn denial_until(subject: &str, token_id: &str, expires_at: UnixTime) -> Denial {
    denial_of(ISSUER, subject, token_id, expires_at)
}

/// The same by this issuer.
pub fn denial_of(issuer: &str, subject: &str, token_id: &str, expires_at: UnixTime) -> Denial {
    Denial::new(issuer, subject, token_id, NOW, expires_at).expect("cases name what there can be")
}

/// What a check knows of the credential `token_id` of `subject`.
pub fn credential<'a>(issuer: &'a str, subject: &'a str, token_id: &'a str) -> Credential<'a> {
    Credential {
        issuer,
        subject: Some(subject),
        issued_at: Some(NOW),
        token_id: Some(token_id),
    }
}

impl Random {
    /// An index of something that has so many, which are not 0.
    pub fn index(&mut self, of: usize) -> usize {
        usize::try_from(self.below(of as u64)).expect("it is below a usize")
    }

    /// One of these, of which there are some.
    pub fn any<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// A number of milliseconds from `least` to `most`.
    pub fn millis(&mut self, least: i64, most: i64) -> i64 {
        least.saturating_add_unsigned(self.below(most.abs_diff(least) + 1))
    }
}
