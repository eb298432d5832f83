use core::fmt;

/// How much of a Cookie header list is read: the sum of its header values in bytes, and its cookie-pairs.
///
/// The default is 32 KiB and 3,000 pairs, more than most servers take as headers; RFC 6265bis section 6.1 asks user agents
/// to hold at least 50 cookies a domain. What is over a limit is refused as a whole by [`Cookies`](crate::Cookies), since a
/// list cut short would lose a cookie in silence, and which one would be the sender's choice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct Limits {
    bytes: usize,
    pairs: usize,
}

impl Limits {
    /// 32 KiB and 3,000 pairs.
    pub const DEFAULT: Self = Self {
        bytes: 32 * 1024,
        pairs: 3000,
    };

    /// The same limits with at most `bytes` bytes, the sum over all header values without their separators.
    pub const fn with_bytes(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// The same limits with at most `pairs` segments, invalid ones counted and empty ones not.
    pub const fn with_pairs(self, pairs: usize) -> Self {
        Self { pairs, ..self }
    }

    /// The most bytes in all header values together.
    pub const fn bytes(self) -> usize {
        self.bytes
    }

    /// The most cookie-pairs in all header values together.
    pub const fn pairs(self) -> usize {
        self.pairs
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A Cookie header list that is over one of the [`Limits`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LimitExceeded {
    /// More bytes than allowed. Decided first, from the lengths alone.
    #[non_exhaustive]
    Bytes {
        /// Bytes in all header values together.
        found: usize,
        /// The limit in force.
        limit: usize,
    },
    /// More cookie-pairs than allowed.
    #[non_exhaustive]
    Pairs {
        /// Segments that are not empty, in all header values together.
        found: usize,
        /// The limit in force.
        limit: usize,
    },
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { found, limit } => {
                write!(
                    f,
                    "Cookie header list has {found} bytes, over the limit of {limit}"
                )
            }
            Self::Pairs { found, limit } => {
                write!(
                    f,
                    "Cookie header list has {found} cookie-pairs, over the limit of {limit}"
                )
            }
        }
    }
}

impl core::error::Error for LimitExceeded {}

impl Limits {
    /// Whether one header value of `bytes` bytes is within the limits whatever it holds: a segment takes a byte, and a
    /// `;` stands between any two.
    #[inline]
    pub(crate) fn allow_any(self, bytes: usize) -> bool {
        bytes <= self.bytes.min(self.pairs.saturating_mul(2))
    }

    /// Checks header values of `bytes` bytes in all and at most `pairs` pairs; `values` lists them, maybe several times.
    #[inline]
    pub(crate) fn check<'a, I>(
        self,
        bytes: usize,
        pairs: usize,
        values: impl Fn() -> I,
    ) -> Result<(), LimitExceeded>
    where
        I: Iterator<Item = &'a [u8]>,
    {
        if bytes > self.bytes {
            return Err(LimitExceeded::Bytes {
                found: bytes,
                limit: self.bytes,
            });
        }
        if pairs > self.pairs {
            self.check_pairs(values)
        } else {
            Ok(())
        }
    }

    #[cold]
    fn check_pairs<'a, I>(self, values: impl Fn() -> I) -> Result<(), LimitExceeded>
    where
        I: Iterator<Item = &'a [u8]>,
    {
        let separated = |value| memchr::memchr_iter(b';', value).count() + 1;
        if values().map(separated).sum::<usize>() <= self.pairs {
            return Ok(());
        }
        let found = values().map(count_segments).sum();
        if found > self.pairs {
            return Err(LimitExceeded::Pairs {
                found,
                limit: self.pairs,
            });
        }
        Ok(())
    }
}

/// Segments that hold more than SP and HTAB.
fn count_segments(value: &[u8]) -> usize {
    value
        .split(|&byte| byte == b';')
        .filter(|segment| segment.iter().any(|byte| !matches!(byte, b' ' | b'\t')))
        .count()
}
