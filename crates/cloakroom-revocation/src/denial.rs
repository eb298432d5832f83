use std::{error, fmt};

use cloakroom_core::UnixTime;

use crate::Fleet;
use crate::entry::is_name;

/// One credential to be denied.
#[derive(Clone, PartialEq, Eq)]
pub struct Denial {
    issuer: Box<str>,
    subject: Box<str>,
    token_id: Box<str>,
    issued_at: UnixTime,
    expires_at: UnixTime,
}

impl Denial {
    /// The credential `token_id` of `subject`, from verified claims. The subject is needed because too many denials of
    /// one become its cut-off.
    ///
    /// # Errors
    ///
    /// When a text is empty, longer than 255 bytes, or contains NUL.
    pub fn new(
        issuer: &str,
        subject: &str,
        token_id: &str,
        issued_at: UnixTime,
        expires_at: UnixTime,
    ) -> Result<Self, InvalidDenial> {
        if ![issuer, subject, token_id].into_iter().all(is_name) {
            return Err(InvalidDenial(()));
        }
        Ok(Self {
            issuer: issuer.into(),
            subject: subject.into(),
            token_id: token_id.into(),
            issued_at,
            expires_at,
        })
    }

    /// Who issued it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whose it is.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Which one it is.
    pub fn token_id(&self) -> &str {
        &self.token_id
    }

    /// When it was issued.
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// Until when the denial has to be kept: the credential's own end or its greatest age, whichever is earlier, and the
    /// leeway behind it.
    pub fn keep_until(&self, fleet: &Fleet) -> UnixTime {
        let oldest = self.issued_at.saturating_add(fleet.longest_age);
        self.expires_at.min(oldest).saturating_add(fleet.leeway)
    }

    /// The time that its subject is cut off by, in place of `now`, where the credential cannot be denied by itself: `now`, or so
    /// much later that the credential, which may have been issued ahead of the clock right after another cut-off, is cut
    /// off with the rest. No node takes one that was issued further ahead than this follows, so nobody is locked out by it.
    pub fn cut_off_from(&self, fleet: &Fleet, now: UnixTime) -> UnixTime {
        let furthest = now.saturating_add(fleet.furthest_ahead());
        let issued_at = self.issued_at.min(furthest);
        issued_at.saturating_sub(fleet.max_skew).max(now)
    }
}

/// Prints nothing of it: ids and subjects end up in logs.
impl fmt::Debug for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Denial(..)")
    }
}

/// A text is no part of a [`Denial`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidDenial(pub(crate) ());

impl fmt::Display for InvalidDenial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an issuer, a subject and a token's id are 1 to 255 bytes of text without NUL")
    }
}

impl error::Error for InvalidDenial {}
