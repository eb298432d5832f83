//! Times, fleets and denials to test with. All of it is made up: nothing here is random, and no clock is read.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_core::UnixTime;

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
    longest_age: Duration::from_hours(1),
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

/// A small generator of numbers that look random (SplitMix64): the same seed, the same numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub const fn new(seed: u64) -> Self {
        // Seeds in a row would otherwise give one sequence, shifted.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1))
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number of milliseconds from `least` to `most`.
    pub const fn millis(&mut self, least: i64, most: i64) -> i64 {
        least + (self.below(most.abs_diff(least) + 1) as i64)
    }
}
