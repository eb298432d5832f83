use std::{error, fmt, io};

use crate::{Family, Rejected, StoreError};

/// Why there is no refresh token for the one that was shown, or for a grant.
#[derive(Debug)]
#[non_exhaustive]
pub enum RefreshError {
    /// The text is no refresh token of this client. No store was asked. OAuth's `invalid_grant`.
    Rejected,
    /// The store has its reasons. OAuth's `invalid_grant`, but for [`UnknownKey`](Refusal::UnknownKey).
    Refused(Refusal),
    /// The store failed, and whether the token was rotated is unknown: inside grace the same token gets the same answer.
    Store(StoreError),
    /// The operating system has no random bytes to give, or gave the same ones twice.
    Random(io::Error),
}

/// Why a store refused.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such live family: it ended, or a deadline has passed, or its subject was revoked.
    Gone,
    /// The MAC is right and the secret is not: somebody holds a key of the ring. An alarm.
    WrongSecret,
    /// The row is another client's, though the MAC is this one's: somebody holds a key of the ring. An alarm.
    WrongClient,
    /// The family is bound to a key (RFC 9449 section 5) and the presenter has not proved that one.
    WrongConfirmation,
    /// The generation is above the newest one, though the secret is right: a store that lost writes, such as a restored
    /// backup, or a key of the ring in wrong hands. An alarm.
    Ahead,
    /// There is no generation after this one: the family, as it was, has been ended.
    Exhausted(Box<Family>),
    /// The token two before the newest, so shortly after a rotation that it may be an honest client's. Nothing ended.
    Late,
    /// An old token: a thief's, or the owner's after a thief. The family, as it was, has been ended (RFC 9700 section
    /// 4.14.2).
    Reused(Box<Family>),
    /// The newest token is of a key that this server's ring does not have, or has revoked: it cannot be written again.
    /// Nothing ended; another server may have the key.
    UnknownKey,
    /// The authentication that the grant names lies at or before a cut-off.
    CutOff,
}

impl Refusal {
    /// Whether somebody has to be told, because a key of the ring or the store's content may be in wrong hands.
    pub const fn is_alarm(&self) -> bool {
        matches!(self, Self::WrongSecret | Self::WrongClient | Self::Ahead)
    }

    /// The family that ended for this, so that its subject may be told.
    pub fn ended(&self) -> Option<&Family> {
        match self {
            Self::Exhausted(family) | Self::Reused(family) => Some(family),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => "the family of the token has ended",
            Self::WrongSecret => "the secret of the token is not its family's",
            Self::WrongClient => "the family of the token is another client's",
            Self::WrongConfirmation => "the token is bound to a key that was not proved",
            Self::Ahead => "the generation of the token has not been issued",
            Self::Exhausted(_) => "the family of the token has no generation left",
            Self::Late => "the token was replaced twice a moment ago",
            Self::Reused(_) => "the token was used again, so its family has been ended",
            Self::UnknownKey => "the newest token is of a key that this ring does not have",
            Self::CutOff => "the authentication lies before a revocation",
        })
    }
}

impl error::Error for Refusal {}

impl fmt::Display for RefreshError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected => f.write_str("this is no refresh token of this client"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Random(_) => f.write_str("the source of random bytes failed"),
        }
    }
}

impl error::Error for RefreshError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Rejected | Self::Refused(_) => None,
            Self::Store(error) => error.source(),
            Self::Random(error) => Some(error),
        }
    }
}

impl From<Rejected> for RefreshError {
    fn from(_: Rejected) -> Self {
        Self::Rejected
    }
}

impl From<Refusal> for RefreshError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for RefreshError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
