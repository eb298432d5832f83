use cloakroom_core::UnixTime;

use crate::numeric_date::MAX_SECS;

/// A JSON number read as a `NumericDate`, exactly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rounded {
    /// Whole seconds, rounded down.
    seconds: i64,
    has_fraction: bool,
}

impl Rounded {
    /// The number `json`, which the scanner took for one. `None` when it is negative or out of range.
    #[inline]
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let bytes = json.as_bytes();
        // Dates have ten digits until the year 2286: eight are read at once. Sixteen digits stay below `MAX_SECS * 1.1`.
        if let (Some((head, tail)), ..=16) = (bytes.split_last_chunk::<8>(), bytes.len()) {
            let word = u64::from_le_bytes(*tail);
            if are_digits(word) && head.iter().all(u8::is_ascii_digit) {
                let head = (head.iter()).fold(0, |number, &digit| number * 10 + i64::from(digit & 15));
                let seconds = head * 100_000_000 + i64::from(eight_digits(word));
                return (seconds <= MAX_SECS).then_some(Self {
                    seconds,
                    has_fraction: false,
                });
            }
        }
        Self::exact(json)
    }

    /// Shifts the decimal point of `json` by its exponent.
    #[cold]
    fn exact(json: &str) -> Option<Self> {
        let (mantissa, exponent) = json.split_once(['e', 'E']).unwrap_or((json, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || {
            whole
                .bytes()
                .chain(fraction.bytes())
                .map(|octet| octet.wrapping_sub(b'0'))
        };
        // Zero is zero whatever its exponent; a minus sign is no digit.
        if digits().all(|digit| digit == 0) {
            return Some(Self {
                seconds: 0,
                has_fraction: false,
            });
        }
        let exponent: i64 = exponent.parse().ok()?;
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
        let mut seconds = 0_i64;
        let mut has_fraction = false;
        let mut place = 0;
        for digit in digits() {
            if digit > 9 {
                return None;
            }
            if place < point {
                seconds = seconds.checked_mul(10)?.checked_add(i64::from(digit))?;
            } else {
                has_fraction |= digit != 0;
            }
            place += 1;
        }
        if seconds != 0 {
            while place < point {
                seconds = seconds.checked_mul(10)?;
                place += 1;
            }
        }
        (seconds <= MAX_SECS).then_some(Self {
            seconds,
            has_fraction,
        })
    }

    /// The last second at or before it.
    #[inline]
    pub(crate) const fn down(self) -> UnixTime {
        UnixTime::from_millis(self.seconds * 1000)
    }

    /// The first second at or after it.
    #[inline]
    pub(crate) const fn up(self) -> UnixTime {
        UnixTime::from_millis((self.seconds * 1000).saturating_add(if self.has_fraction { 1000 } else { 0 }))
    }
}

/// Whether eight octets, the first one lowest, are all digits.
#[inline]
pub(crate) const fn are_digits(word: u64) -> bool {
    // Their high halves are 3, also when 6 is added to the low ones.
    let high = u64::from_le_bytes([0xf0; 8]);
    let threes = u64::from_le_bytes([0x30; 8]);
    word & high == threes && word.wrapping_add(u64::from_le_bytes([6; 8])) & high == threes
}

/// The number that eight digits spell, the first one lowest: pairs of digits, then of pairs, then of fours are put together.
#[inline]
const fn eight_digits(word: u64) -> u32 {
    let ones = word & u64::from_le_bytes([15; 8]);
    let pairs = (ones.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000 << 32 | 1) >> 32) as u32
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use proptest::prelude::*;

    use super::Rounded;

    /// Whole seconds and whether there is a rest.
    fn read(json: &str) -> Option<(i64, bool)> {
        Rounded::parse(json).map(|rounded| (rounded.seconds, rounded.has_fraction))
    }

    #[test]
    fn digits_are_told_from_their_neighbours() {
        for octet in 0..=127_u8 {
            for place in 0..10 {
                let mut json = *b"1763737200";
                json[place] = octet;
                let json = str::from_utf8(&json).unwrap();
                let expected = json
                    .bytes()
                    .all(|octet| octet.is_ascii_digit())
                    .then(|| json.parse::<i64>().unwrap());
                // What is spelled otherwise and still a number is in tests/verify/times.rs.
                if !b".eE+-".contains(&octet) {
                    assert_eq!(read(json).map(|(seconds, _)| seconds), expected, "{json}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn integers_are_read_as_they_are(seconds in 0..=i64::MAX / 1000, shift in 0..60_u32) {
            let seconds = seconds >> shift;
            prop_assert_eq!(read(&seconds.to_string()), Some((seconds, false)));
        }

        #[test]
        fn greater_integers_are_refused(seconds in i64::MAX as u64 / 1000 + 1..) {
            prop_assert_eq!(read(&seconds.to_string()), None);
        }
    }
}
