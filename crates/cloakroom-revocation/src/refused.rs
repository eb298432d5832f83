use std::time::Duration;
use std::{error, fmt};

/// Why a check does not let a credential pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// It is denied by its id: 401.
    Denied,
    /// It was issued at or before a cut-off of its subject, or of everything: 401.
    CutOff,
    /// It has no subject, no time of issue, or no id, so it could not be revoked: 401.
    Incomplete,
    /// It comes from further in the future than the fleet's clocks can differ: 401.
    FromTheFuture,
    /// It is older than what is kept for it: 401.
    TooOld,
    /// Nobody knows, because the snapshot is too old, was never loaded, or a clock is off: 503, and never 401.
    Stale {
        /// After which time it makes sense to ask again.
        retry_after: Duration,
    },
}

impl Refused {
    /// A name in `snake_case` for logs and metrics; it does not change between versions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::CutOff => "cut_off",
            Self::Incomplete => "incomplete",
            Self::FromTheFuture => "from_the_future",
            Self::TooOld => "too_old",
            Self::Stale { .. } => "stale",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "the credential has been revoked",
            Self::CutOff => "the credential was issued at or before a cut-off",
            Self::Incomplete => "the credential lacks a subject, a time of issue or an id",
            Self::FromTheFuture => "the credential was issued in the future",
            Self::TooOld => "the credential is older than revocations are kept",
            Self::Stale { .. } => "whether the credential has been revoked is not known at present",
        })
    }
}

impl error::Error for Refused {}
