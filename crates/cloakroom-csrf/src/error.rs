use std::error::Error;
use std::fmt;

/// Why a request has not brought a good token.
///
/// All that is wrong before the tag is verified is one case, so that an attacker learns nothing from the difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TokenError {
    /// There is none.
    Missing,
    /// It is not one that the ring's keys made for this login: malformed, altered, another login's or visitor's, under
    /// an unknown or revoked key, there more than once.
    Rejected,
    /// It is genuine, and 12 hours old or older.
    Expired,
    /// It is genuine, and was issued more than 5 s after `now`: a clock is wrong.
    NotYetValid,
    /// It is genuine, and was issued at or before the ring's cut-off.
    Revoked,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the CSRF token is missing",
            Self::Rejected => "the CSRF token is rejected",
            Self::Expired => "the CSRF token has expired",
            Self::NotYetValid => "the CSRF token is not valid yet",
            Self::Revoked => "the CSRF token is revoked by a cut-off",
        })
    }
}

impl Error for TokenError {}

/// Why a token is not issued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum IssueError {
    /// `now` is before 1970 or 2^48 ms or more after.
    IssuedAt,
    /// The source of random bytes failed.
    Random,
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IssuedAt => "a CSRF token is issued from 0 to 2^48 - 1 milliseconds after 1970",
            Self::Random => "the source of random bytes failed",
        })
    }
}

impl Error for IssueError {}
