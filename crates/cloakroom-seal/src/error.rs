use std::error::Error;
use std::fmt;

/// Why a sealed value does not open.
///
/// All that is wrong before the tag is verified is one case, so that an attacker learns nothing from the difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Not a value that this sealer's keys made: malformed, altered, made for another name, purpose or mode, or under
    /// a key that is unknown or revoked.
    Rejected,
    /// Genuine, and issued more than 5 s after `now`: a clock is wrong.
    NotYetValid,
    /// Genuine, and past its ttl or the sealer's greatest ttl.
    Expired,
    /// Genuine, and issued at or before the cut-off.
    Revoked,
    /// Two of several candidates open, with different payloads; none is chosen.
    Conflict,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "the sealed value is rejected",
            Self::NotYetValid => "the sealed value is not valid yet",
            Self::Expired => "the sealed value has expired",
            Self::Revoked => "the sealed value is revoked by a cut-off",
            Self::Conflict => "two sealed values of one name open with different payloads",
        })
    }
}

impl Error for OpenError {}

/// Why a payload is not sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SealError {
    /// The ttl is below one second.
    TtlZero,
    /// The ttl is above the sealer's greatest ttl.
    TtlTooLong,
    /// `now` is before 1970 or 2^48 ms or more after.
    IssuedAt,
    /// Cookie-name and sealed value would have more than 4096 characters (RFC 6265bis section 5.6).
    TooLarge,
    /// The value to seal anew was opened for another name, purpose or mode, or is a migrated one.
    Foreign,
    /// The value to seal anew was issued later than the time at which it was opened: a clock is ahead, or it is a
    /// forgery that is to outlive a cut-off.
    NotYetIssued,
    /// The codec could not write the value.
    Encode,
    /// The source of random bytes failed.
    Random,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TtlZero => "the ttl is below one second",
            Self::TtlTooLong => "the ttl is above the greatest ttl of the sealer",
            Self::IssuedAt => "the time of issue does not lie from 0 to 2^48 - 1 milliseconds after 1970",
            Self::TooLarge => "cookie-name and sealed value would have more than 4096 characters",
            Self::Foreign => "the value was not opened for this cookie-name, purpose and mode",
            Self::NotYetIssued => "the value was issued later than the time at which it was opened",
            Self::Encode => "the codec could not write the value",
            Self::Random => "the source of random bytes failed",
        })
    }
}

impl Error for SealError {}

/// Why a [`Sealer`](crate::Sealer) cannot be built: a mistake in the program or its configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidSealer {
    kind: InvalidSealerKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum InvalidSealerKind {
    Purpose,
    Name,
    MaxTtl,
    BucketOfSigned,
    BucketTooLarge,
}

impl From<InvalidSealerKind> for InvalidSealer {
    fn from(kind: InvalidSealerKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for InvalidSealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            InvalidSealerKind::Purpose => "a purpose has 1 to 255 bytes",
            InvalidSealerKind::Name => "the cookie-name leaves no room for a value in 4096 characters",
            InvalidSealerKind::MaxTtl => "the greatest ttl lies from 1 second to 400 days",
            InvalidSealerKind::BucketOfSigned => "a signed value is not padded",
            InvalidSealerKind::BucketTooLarge => "one bucket would have more than 4096 characters",
        })
    }
}

impl Error for InvalidSealer {}
