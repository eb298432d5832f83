use std::error::Error;
use std::fmt;
use std::sync::Arc;

use cloakroom_core::UnixTime;
use cloakroom_id::{Selector, VerifierHash};

use crate::{Subject, Version};

/// Who proved to be whom, and when: OpenID Connect's `auth_time`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authentication {
    /// Who.
    pub subject: Subject,
    /// When the proof was given. Cut-offs are compared with it.
    pub at: UnixTime,
}

/// A session to be created.
#[derive(Clone)]
pub struct NewRecord {
    selector: Selector,
    verifier_hash: VerifierHash,
    authentication: Option<Authentication>,
    idle_deadline: UnixTime,
    absolute_deadline: UnixTime,
    payload: Arc<[u8]>,
}

impl NewRecord {
    /// A session of a visitor that nobody knows (`authentication` is `None`) or of a subject. An idle deadline after
    /// the absolute one becomes that one.
    ///
    /// # Errors
    ///
    /// When the selector does not begin with the subject's tag: a store would lose such a session from its lists.
    pub fn new(
        selector: Selector,
        verifier_hash: VerifierHash,
        authentication: Option<Authentication>,
        idle_deadline: UnixTime,
        absolute_deadline: UnixTime,
        payload: Arc<[u8]>,
    ) -> Result<Self, InvalidRecord> {
        if authentication
            .as_ref()
            .is_some_and(|known| known.subject.tag() != selector.tag())
        {
            return Err(InvalidRecord(()));
        }
        Ok(Self {
            selector,
            verifier_hash,
            authentication,
            idle_deadline: idle_deadline.min(absolute_deadline),
            absolute_deadline,
            payload,
        })
    }

    /// Its row's key.
    pub const fn selector(&self) -> Selector {
        self.selector
    }

    /// The hash of its verifier.
    pub const fn verifier_hash(&self) -> &VerifierHash {
        &self.verifier_hash
    }

    /// Whose it is.
    pub const fn authentication(&self) -> Option<&Authentication> {
        self.authentication.as_ref()
    }

    /// When it ends unless it is used before; not after [`absolute_deadline`](Self::absolute_deadline).
    pub const fn idle_deadline(&self) -> UnixTime {
        self.idle_deadline
    }

    /// When it ends.
    pub const fn absolute_deadline(&self) -> UnixTime {
        self.absolute_deadline
    }

    /// Its data.
    pub const fn payload(&self) -> &Arc<[u8]> {
        &self.payload
    }

    /// What a store holds once it has created it at `now`.
    pub fn into_stored(self, now: UnixTime) -> Stored {
        Stored {
            selector: self.selector,
            verifier_hash: self.verifier_hash,
            previous: None,
            lineage_at: self.authentication.as_ref().map_or(now, |known| known.at),
            authentication: self.authentication,
            created_at: now,
            last_seen_at: now,
            idle_deadline: self.idle_deadline,
            absolute_deadline: self.absolute_deadline,
            version: Version::FIRST,
            payload: self.payload,
        }
    }
}

/// A session as a store holds it. Its fields are public, so that anyone can write a store.
///
/// They lie in this order: what every request looks at is together, in as few of the processor's cache lines as can be.
#[derive(Clone, PartialEq, Eq)]
#[repr(C)]
pub struct Stored {
    /// Its row's key.
    pub selector: Selector,
    /// SHA-256 of the verifier that opens it.
    pub verifier_hash: VerifierHash,
    /// When it ends unless it is used before; never after `absolute_deadline`.
    pub idle_deadline: UnixTime,
    /// When it ends.
    pub absolute_deadline: UnixTime,
    /// What cut-offs are compared with: the time of authentication (of a visitor: of creation), moved to just after a
    /// cut-off that spared this session.
    pub lineage_at: UnixTime,
    /// When it was last touched, changed or rotated: as exact as touches are frequent.
    pub last_seen_at: UnixTime,
    /// Its data.
    pub payload: Arc<[u8]>,
    /// How often its data or its verifier has changed.
    pub version: Version,
    /// Whose it is; `None` for a visitor.
    pub authentication: Option<Authentication>,
    /// When it was created.
    pub created_at: UnixTime,
    /// The verifier before the last rotation. In a box, for few sessions have one.
    pub previous: Option<Box<Previous>>,
}

impl Stored {
    /// Whether it may be served at `now`: before both deadlines.
    pub fn is_live(&self, now: UnixTime) -> bool {
        now < self.idle_deadline && now < self.absolute_deadline
    }

    /// Whether a cut-off ends it: it stands on a proof given at or before that time.
    pub fn is_cut_off(&self, cutoff: UnixTime) -> bool {
        self.lineage_at <= cutoff
    }

    /// The new idle deadline when `asked` is asked for: never earlier than it is, never after the absolute one.
    pub fn touched_deadline(&self, asked: UnixTime) -> UnixTime {
        self.idle_deadline.max(asked).min(self.absolute_deadline)
    }
}

/// The verifier that a rotation replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Previous {
    /// SHA-256 of it.
    pub verifier_hash: VerifierHash,
    /// When it was replaced.
    pub rotated_at: UnixTime,
    /// Why.
    pub reason: RotationReason,
}

/// Why a verifier was replaced. Only after a periodic rotation is the previous one still served for a while.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RotationReason {
    /// It was time.
    Periodic,
    /// The subject proved its identity anew.
    Authentication,
}

/// New data for a session.
#[derive(Clone)]
pub struct Change {
    /// The data, in place of the old.
    pub payload: Arc<[u8]>,
    /// The idle deadline to be reached, as for a touch.
    pub idle_deadline: UnixTime,
}

/// A new verifier for a session.
#[derive(Clone)]
pub struct Rotation {
    /// SHA-256 of it.
    pub verifier_hash: VerifierHash,
    /// Why.
    pub reason: RotationReason,
    /// The time of a fresh authentication by the session's own subject. It becomes the session's `authentication.at`
    /// and, when it is later, its `lineage_at`.
    pub authenticated_at: Option<UnixTime>,
    /// The idle deadline to be reached, as for a touch.
    pub idle_deadline: UnixTime,
    /// A later absolute deadline, which only a fresh authentication may give: without `authenticated_at` it is ignored,
    /// and an earlier one changes nothing.
    pub absolute_deadline: Option<UnixTime>,
    /// New data, if the session still has this version.
    pub data: Option<(Version, Arc<[u8]>)>,
}

/// A record cannot be built of these parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidRecord(());

impl fmt::Display for InvalidRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the selector of a subject's session begins with the subject's tag")
    }
}

impl Error for InvalidRecord {}
