//! Times, fleets and denials to test with. All of it is made up: nothing here is random, and no clock is read.

use std::num::NonZeroU32;
use std::time::Duration;

use cloakroom_core::UnixTime;
pub use cloakroom_kit::{HOUR, MINUTE, NOW, Random, SECOND, after, at};

use crate::{Credential, Denial, Fleet};

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
