use std::error::Error;
use std::fmt;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use crate::{Authentication, Previous, RotationReason, StoreError, StoreErrorKind, Stored, Subject, Version};

/// A session in the parts that any database keeps: integers and bytes, which may be missing.
///
/// For those who write a store. Whatever a database gives goes through [`decode`](Self::decode), so that a row that was
/// damaged, or written by somebody else, is an error and never another session than the one that was stored:
///
/// - What [encodes](Self::encode) decodes to the same session, and what decodes encodes to the same row.
/// - A row of another [`FORMAT`](Self::FORMAT) is not read any further.
/// - All times of `UnixTime` are times; an idle deadline after the absolute one is an error, and so is a
///   version below the first.
/// - The previous verifier is there with all of its three parts or not at all, and the subject with the time of its proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Of the other parts: [`FORMAT`](Self::FORMAT).
    pub format: i64,
    /// The row's key: 16 bytes.
    pub selector: &'a [u8],
    /// 32 bytes.
    pub verifier_hash: &'a [u8],
    /// The verifier before the last rotation: 32 bytes.
    pub previous_hash: Option<&'a [u8]>,
    /// When it was replaced. All times are in milliseconds since 1970.
    pub rotated_at: Option<i64>,
    /// Why it was: a [number](RotationReason::number).
    pub rotation_reason: Option<i64>,
    /// Whose the session is: 1 to 255 bytes of UTF-8 without NUL.
    pub subject: Option<&'a [u8]>,
    /// When the subject proved to be that.
    pub authenticated_at: Option<i64>,
    /// [`Stored::lineage_at`].
    pub lineage_at: i64,
    /// [`Stored::created_at`].
    pub created_at: i64,
    /// [`Stored::last_seen_at`].
    pub last_seen_at: i64,
    /// [`Stored::idle_deadline`].
    pub idle_deadline: i64,
    /// [`Stored::absolute_deadline`].
    pub absolute_deadline: i64,
    /// [`Stored::version`]: 1 or more.
    pub version: i64,
    /// The data.
    pub payload: &'a [u8],
}

impl<'a> Row<'a> {
    /// The only format there is.
    pub const FORMAT: i64 = 1;

    /// The session that the row holds.
    ///
    /// # Errors
    ///
    /// When it holds none, with the first part that is wrong.
    pub fn decode(&self) -> Result<Stored, InvalidRow> {
        if self.format != Self::FORMAT {
            return Err(InvalidRow("format"));
        }
        let selector = Selector::from_bytes(exactly(self.selector, "selector")?);
        if self.idle_deadline > self.absolute_deadline {
            return Err(InvalidRow("idle_deadline"));
        }
        // Versions are counted from 1.
        let version = u64::try_from(self.version).ok().filter(|&version| version > 0);
        Ok(Stored {
            selector,
            verifier_hash: VerifierHash::from_bytes(exactly(self.verifier_hash, "verifier_hash")?),
            previous: self.previous()?,
            authentication: self.authentication(selector)?,
            lineage_at: UnixTime::from_millis(self.lineage_at),
            created_at: UnixTime::from_millis(self.created_at),
            last_seen_at: UnixTime::from_millis(self.last_seen_at),
            idle_deadline: UnixTime::from_millis(self.idle_deadline),
            absolute_deadline: UnixTime::from_millis(self.absolute_deadline),
            version: Version::from_number(version.ok_or(InvalidRow("version"))?),
            payload: Arc::from(self.payload),
        })
    }

    /// The row of a session.
    ///
    /// # Errors
    ///
    /// When no store can have such a session: its selector does not begin with its subject's tag, its idle deadline is after the
    /// absolute one, or its version is 0 or beyond 63 bits.
    pub fn encode(session: &'a Stored) -> Result<Self, InvalidRow> {
        let known = session.authentication.as_ref();
        if known.is_some_and(|known| known.subject.tag() != session.selector.tag()) {
            return Err(InvalidRow("subject"));
        }
        if session.idle_deadline > session.absolute_deadline {
            return Err(InvalidRow("idle_deadline"));
        }
        let version = i64::try_from(session.version.number()).ok();
        let previous = session.previous.as_ref();
        Ok(Self {
            format: Self::FORMAT,
            selector: session.selector.as_bytes(),
            verifier_hash: session.verifier_hash.as_bytes(),
            previous_hash: previous.map(|previous| &previous.verifier_hash.as_bytes()[..]),
            rotated_at: previous.map(|previous| previous.rotated_at.as_millis()),
            rotation_reason: previous.map(|previous| previous.reason.number().into()),
            subject: known.map(|known| known.subject.as_str().as_bytes()),
            authenticated_at: known.map(|known| known.at.as_millis()),
            lineage_at: session.lineage_at.as_millis(),
            created_at: session.created_at.as_millis(),
            last_seen_at: session.last_seen_at.as_millis(),
            idle_deadline: session.idle_deadline.as_millis(),
            absolute_deadline: session.absolute_deadline.as_millis(),
            version: version
                .filter(|&version| version > 0)
                .ok_or(InvalidRow("version"))?,
            payload: &session.payload,
        })
    }

    fn previous(&self) -> Result<Option<Box<Previous>>, InvalidRow> {
        if let (None, None, None) = (self.previous_hash, self.rotated_at, self.rotation_reason) {
            return Ok(None);
        }
        let hash = self.previous_hash.ok_or(InvalidRow("previous_hash"))?;
        let rotated_at = self.rotated_at.ok_or(InvalidRow("rotated_at"))?;
        let reason = self.rotation_reason.and_then(RotationReason::from_number);
        Ok(Some(Box::new(Previous {
            verifier_hash: VerifierHash::from_bytes(exactly(hash, "previous_hash")?),
            rotated_at: UnixTime::from_millis(rotated_at),
            reason: reason.ok_or(InvalidRow("rotation_reason"))?,
        })))
    }

    fn authentication(&self, selector: Selector) -> Result<Option<Authentication>, InvalidRow> {
        if let (None, None) = (self.subject, self.authenticated_at) {
            return Ok(None);
        }
        let subject = self
            .subject
            .and_then(|id| str::from_utf8(id).ok())
            .and_then(|id| Subject::from_parts(id, selector.tag()).ok());
        let at = self.authenticated_at.ok_or(InvalidRow("authenticated_at"));
        Ok(Some(Authentication {
            subject: subject.ok_or(InvalidRow("subject"))?,
            at: UnixTime::from_millis(at?),
        }))
    }
}

impl RotationReason {
    /// The number that stands for it in every store.
    pub const fn number(self) -> u8 {
        match self {
            Self::Periodic => 1,
            Self::Authentication => 2,
        }
    }

    fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Periodic),
            2 => Some(Self::Authentication),
            _ => None,
        }
    }
}

fn exactly<const N: usize>(bytes: &[u8], part: &'static str) -> Result<[u8; N], InvalidRow> {
    bytes.try_into().map_err(|_| InvalidRow(part))
}

/// A row is no session of a known format. It names the [part](Self::part) at fault, and holds nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidRow(&'static str);

impl InvalidRow {
    /// That this part of a row is wrong, for stores that keep the parts in a form of their own.
    pub const fn of(part: &'static str) -> Self {
        Self(part)
    }

    /// The name of the first part that is wrong, as the fields of [`Row`] are called.
    pub const fn part(&self) -> &'static str {
        self.0
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} of a stored session is nothing that is known", self.0)
    }
}

impl Error for InvalidRow {}

/// [`Corrupt`](StoreErrorKind::Corrupt).
impl From<InvalidRow> for StoreError {
    fn from(invalid: InvalidRow) -> Self {
        Self::new(StoreErrorKind::Corrupt, invalid)
    }
}

#[cfg(test)]
mod tests;
