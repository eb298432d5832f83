//! Times, fleets and denials to test with. All of it is made up: nothing here is random, and no clock is read.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_core::UnixTime;
pub use cloakroom_kit::{HOUR, MINUTE, Random, SECOND, after};

use crate::{Credential, Denial, Fleet};

/// The fake clock's time at the beginning of most cases: 2100-01-01T00:00:00Z. It is ahead of any store's own clock, so that
/// cut-offs count by it.
pub const NOW: UnixTime = UnixTime::from_millis(4_102_444_800_000);

/// The fake clock's time where something is purged: 2020-01-01T00:00:00Z. It is behind any store's own clock, so that
/// purges count by it.
pub const PAST: UnixTime = UnixTime::from_millis(1_577_836_800_000);

/// So many milliseconds after [`NOW`].
pub const fn at(millis: i64) -> UnixTime {
    after(NOW, millis)
}

/// So many milliseconds after [`PAST`].
pub const fn past(millis: i64) -> UnixTime {
    after(PAST, millis)
}

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

/// One whose cut-offs are kept so shortly that a case can wait for their end: 150 ms, the skew of 50 ms included.
pub const BRIEF: Fleet = Fleet {
    max_skew: Duration::from_millis(50),
    longest_age: Duration::from_millis(20),
    leeway: Duration::from_millis(30),
    ..FLEET
};

/// S of the first two, in milliseconds.
pub const SKEW: i64 = 2 * SECOND;

/// For how long they keep a cut-off, in milliseconds.
pub const KEPT: i64 = HOUR + MINUTE;

/// Who issues, where a case does not care.
pub const ISSUER: &str = "https://id.example";

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
