use core::fmt;
use core::num::NonZeroU32;

/// How long the user agent is asked to keep the cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lifetime {
    /// Until its session ends.
    Session,
    /// So long.
    Persistent(MaxAge),
    /// Not at all.
    Removal,
}

/// One second to 400 days, with the digits that are written, so that dividing is done once and not for each response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct MaxAge {
    seconds: NonZeroU32,
    digits: [u8; 8],
    start: u8,
}

impl MaxAge {
    /// 400 days in seconds.
    pub(crate) const LIMIT: u32 = 400 * 24 * 60 * 60;

    /// `None` for zero and for more than 400 days.
    pub(crate) fn of(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds)
            .ok()
            .filter(|&seconds| seconds <= Self::LIMIT)?;
        let seconds = NonZeroU32::new(seconds)?;
        let mut digits = [b'0'; 8];
        let mut start = 8;
        let mut rest = seconds.get();
        for digit in digits.iter_mut().rev() {
            if rest == 0 {
                break;
            }
            *digit += (rest % 10) as u8;
            rest /= 10;
            start -= 1;
        }
        Some(Self {
            seconds,
            digits,
            start,
        })
    }

    pub(crate) const fn seconds(self) -> u32 {
        self.seconds.get()
    }

    /// The decimal digits of the seconds.
    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(&self.digits[usize::from(self.start)..]).expect("decimal digits are US-ASCII")
    }
}

impl fmt::Debug for MaxAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.seconds)
    }
}
