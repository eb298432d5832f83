use std::time::Duration;

use cloakroom_core::UnixTime;

use crate::{OpenError, SealError};

/// How far a sealer's clock may be ahead of an opener's.
const SKEW_MS: i64 = 5_000;
/// The longest ttl that a sealer can be told to accept: 400 days, the longest life of a cookie in RFC 6265bis
/// section 5.5.
pub(crate) const MAX_MAX_TTL: u32 = 400 * 86_400;
pub(crate) const DEFAULT_MAX_TTL: u32 = 30 * 86_400;
/// The cut-off of a ring that has none: every `issued_at` is later.
pub(crate) const NO_CUTOFF: i64 = -1;

/// When a value was sealed and how long it lives, in the form in which it is sealed.
///
/// `issued_at` is below 2^48, so no sum or product here comes near the end of `i64`: 1000 times a `u32` is below 2^42.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Times {
    /// Milliseconds after 1970, from 0 to 2^48 - 1.
    issued_at: i64,
    /// Seconds.
    ttl: u32,
}

impl Times {
    pub(crate) const LEN: usize = 10;

    /// What is sealed `now` for `ttl`, of which a part below one second is dropped.
    pub(crate) fn new(now: UnixTime, ttl: Duration, max_ttl: u32) -> Result<Self, SealError> {
        let issued_at = now.as_millis();
        if !(0..1 << 48).contains(&issued_at) {
            return Err(SealError::IssuedAt);
        }
        match u32::try_from(ttl.as_secs()) {
            Ok(0) => Err(SealError::TtlZero),
            Ok(ttl) if ttl <= max_ttl => Ok(Self { issued_at, ttl }),
            _ => Err(SealError::TtlTooLong),
        }
    }

    /// `issued_at 6 | ttl 4`, big-endian.
    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..6].copy_from_slice(&self.issued_at.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&self.ttl.to_be_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        let (mut issued_at, mut ttl) = ([0; 8], [0; 4]);
        issued_at[2..].copy_from_slice(&bytes[..6]);
        ttl.copy_from_slice(&bytes[6..]);
        Self {
            issued_at: i64::from_be_bytes(issued_at),
            ttl: u32::from_be_bytes(ttl),
        }
    }

    pub(crate) const fn issued_at(self) -> UnixTime {
        UnixTime::from_millis(self.issued_at)
    }

    /// The first millisecond in which the value does not open any more.
    pub(crate) fn expires_at(self, max_ttl: u32) -> UnixTime {
        UnixTime::from_millis(self.issued_at + 1000 * i64::from(self.ttl.min(max_ttl)))
    }

    /// Whether a value with these times opens at `now`; `cutoff` in milliseconds.
    pub(crate) fn check(self, now: UnixTime, max_ttl: u32, cutoff: i64) -> Result<(), OpenError> {
        if self.issued_at > now.as_millis().saturating_add(SKEW_MS) {
            return Err(OpenError::NotYetValid);
        }
        if now >= self.expires_at(max_ttl) {
            return Err(OpenError::Expired);
        }
        if self.issued_at <= cutoff {
            return Err(OpenError::Revoked);
        }
        Ok(())
    }
}
