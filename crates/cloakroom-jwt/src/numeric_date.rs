use core::fmt;

use cloakroom_core::UnixTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The greatest number of seconds whose milliseconds a [`UnixTime`] can tell.
pub(crate) const MAX_SECS: i64 = i64::MAX / 1000;

/// Seconds since 1970-01-01T00:00:00Z (RFC 7519 section 2), for the claims types of an application.
///
/// It is written as an integer. An integer or a fraction is read, and rounded down to the second; negative numbers and
/// those past what a [`UnixTime`] can tell are refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NumericDate(i64);

impl NumericDate {
    /// Whole seconds since 1970.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// The beginning of that second.
    pub const fn to_unix_time(self) -> UnixTime {
        UnixTime::from_millis(self.0.saturating_mul(1000))
    }
}

/// Rounds down to the second. A time before 1970 becomes 1970: a `NumericDate` is never negative here.
impl From<UnixTime> for NumericDate {
    fn from(time: UnixTime) -> Self {
        Self(time.as_secs().max(0))
    }
}

impl From<NumericDate> for UnixTime {
    fn from(date: NumericDate) -> Self {
        date.to_unix_time()
    }
}

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_any`: there `serde_json` hands out numbers as maps when some crate turns on `arbitrary_precision`.
        deserializer.deserialize_i64(NumberVisitor)
    }
}

struct NumberVisitor;

impl de::Visitor<'_> for NumberVisitor {
    type Value = NumericDate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a NumericDate")
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<NumericDate, E> {
        if (0..=MAX_SECS).contains(&seconds) {
            Ok(NumericDate(seconds))
        } else {
            Err(E::custom("NumericDate out of range"))
        }
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<NumericDate, E> {
        self.visit_i64(i64::try_from(seconds).unwrap_or(-1))
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<NumericDate, E> {
        // Up to 2^53 every integer is a value of its own; no date is later than that.
        if (0.0..9_007_199_254_740_992.0).contains(&seconds) {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "compared above; the fraction is dropped"
            )]
            self.visit_i64(seconds as i64)
        } else {
            Err(E::custom("NumericDate out of range"))
        }
    }
}
