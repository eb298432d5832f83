use std::error::Error;
use std::fmt;

use cloakroom_core::UnixTime;
use zeroize::Zeroizing;

use crate::config::{self, InvalidKeyRing, Reason};
use crate::{Key, KeyId, RandomError};

/// The latest cut-off: the last millisecond that a sealed value can say it was issued in.
const MAX_CUTOFF: i64 = (1 << 48) - 1;

/// The keys of one application: one active key, and others that are on their way in or out.
///
/// A ring never changes; each transition returns a new one. Deploy one transition at a time: nodes that run two
/// *adjacent* rings understand each other, and no promise is made across two steps.
#[derive(Clone)]
pub struct KeyRing {
    entries: Vec<Entry>,
    cutoff: Option<UnixTime>,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) id: KeyId,
    pub(crate) state: KeyState,
    /// Absent exactly when the key is revoked.
    pub(crate) key: Option<Key>,
}

/// What a key of a ring may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum KeyState {
    /// Seals and opens. A ring has exactly one active key.
    Active,
    /// Opens; will be active once every node has it.
    Announced,
    /// Opens; was active, and stays until the longest ttl under it has passed.
    Retiring,
    /// Opens nothing. It is listed by its id alone, beside the ring's cut-off.
    Revoked,
}

impl KeyState {
    pub(crate) const ALL: [Self; 4] = [Self::Active, Self::Announced, Self::Retiring, Self::Revoked];

    /// The word of the ring file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Announced => "announced",
            Self::Retiring => "retiring",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl KeyRing {
    /// A ring with one new key, from the operating system.
    ///
    /// # Errors
    ///
    /// When the operating system has no random bytes to give.
    pub fn generate() -> Result<Self, RandomError> {
        Key::generate().map(Self::single)
    }

    /// A ring with `key` alone, active.
    pub fn single(key: Key) -> Self {
        let entry = Entry {
            id: key.id(),
            state: KeyState::Active,
            key: Some(key),
        };
        Self {
            entries: vec![entry],
            cutoff: None,
        }
    }

    /// Reads the JSON of a ring file or of an environment variable; the README describes it.
    ///
    /// Of a ring that is accepted, the parser copies the keys alone, into memory that is wiped. Of a text that is refused,
    /// `serde_json`'s own error may leave a copy of one string in freed memory. `json` itself is the caller's to wipe.
    ///
    /// # Errors
    ///
    /// When anything in it is not exactly as described. The error names the entry and the reason in one line that
    /// repeats nothing of the text.
    pub fn parse(json: &str) -> Result<Self, InvalidKeyRing> {
        config::parse(json)
    }

    /// The ring as JSON, secrets included: the only way out for a key. [`parse`](Self::parse) reads it back.
    pub fn export(&self) -> Zeroizing<String> {
        config::export(&self.entries, self.cutoff)
    }

    /// Checks what must hold between the entries of a ring.
    pub(crate) fn new(entries: Vec<Entry>, cutoff: Option<UnixTime>) -> Result<Self, InvalidKeyRing> {
        let mut active = None;
        for (index, entry) in entries.iter().enumerate() {
            let refused = |reason| Err(InvalidKeyRing::at(index, reason));
            if let Some(first) = entries[..index].iter().position(|earlier| earlier.id == entry.id) {
                let same = match (&entries[first].key, &entry.key) {
                    (Some(a), Some(b)) => a.same_secret(b),
                    _ => false,
                };
                return refused(if same {
                    Reason::DuplicateSecret(first)
                } else {
                    Reason::DuplicateId(first)
                });
            }
            if entry.state == KeyState::Active
                && let Some(first) = active.replace(index)
            {
                return refused(Reason::TwoActive(first));
            }
            if entry.state == KeyState::Revoked && cutoff.is_none() {
                return refused(Reason::NoCutoff);
            }
        }
        if active.is_none() {
            return Err(InvalidKeyRing::whole(Reason::NoneActive));
        }
        if cutoff.is_some_and(|cutoff| !is_cutoff(cutoff)) {
            return Err(InvalidKeyRing::whole(Reason::CutoffRange));
        }
        Ok(Self { entries, cutoff })
    }

    /// The key that seals.
    #[expect(
        clippy::missing_panics_doc,
        reason = "`new` and the transitions keep exactly one active key"
    )]
    pub fn active(&self) -> &Key {
        self.keys()
            .find_map(|(key, state)| (state == KeyState::Active).then_some(key))
            .expect("`new` and the transitions keep exactly one active key")
    }

    /// The id and state of each key, in the order of the ring file.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (KeyId, KeyState)> + '_ {
        self.entries.iter().map(|entry| (entry.id, entry.state))
    }

    /// Each key that opens, with its state: all but the revoked ones, in the order of the ring file.
    pub fn keys(&self) -> impl Iterator<Item = (&Key, KeyState)> {
        self.entries
            .iter()
            .filter_map(|entry| Some((entry.key.as_ref()?, entry.state)))
    }

    /// The key of this id, unless it is unknown or revoked. The time that this takes tells of ids, which are public.
    pub fn find(&self, id: KeyId) -> Option<&Key> {
        self.entries.iter().find(|entry| entry.id == id)?.key.as_ref()
    }

    /// Whatever was issued at or before this time is revoked.
    pub fn cutoff(&self) -> Option<UnixTime> {
        self.cutoff
    }

    /// Adds `key`, which opens from now on and does not seal yet. First step of a rotation.
    ///
    /// # Errors
    ///
    /// When the ring lists the key, or another with its id, in any state.
    pub fn announce(&self, key: Key) -> Result<Self, InvalidTransition> {
        if self.position(key.id()).is_ok() {
            return Err(InvalidTransition::Listed);
        }
        let mut ring = self.clone();
        ring.entries.push(Entry {
            id: key.id(),
            state: KeyState::Announced,
            key: Some(key),
        });
        Ok(ring)
    }

    /// Lets an announced key seal; the key that sealed until now is retiring. Second step of a rotation. A retiring key
    /// may be activated again, which takes that step back.
    ///
    /// # Errors
    ///
    /// When the ring does not list the key, or lists it as active or revoked.
    pub fn activate(&self, id: KeyId) -> Result<Self, InvalidTransition> {
        let index = self.position_in(id, &[KeyState::Announced, KeyState::Retiring])?;
        let mut ring = self.clone();
        for entry in &mut ring.entries {
            if entry.state == KeyState::Active {
                entry.state = KeyState::Retiring;
            }
        }
        ring.entries[index].state = KeyState::Active;
        Ok(ring)
    }

    /// Marks an announced key as retiring, which takes its announcement back. (The active key retires when another one
    /// is [activated](Self::activate).)
    ///
    /// # Errors
    ///
    /// When the ring does not list the key, or lists it in another state.
    pub fn retire(&self, id: KeyId) -> Result<Self, InvalidTransition> {
        let index = self.position_in(id, &[KeyState::Announced])?;
        let mut ring = self.clone();
        ring.entries[index].state = KeyState::Retiring;
        Ok(ring)
    }

    /// Takes a key that is not active off the ring. Last step of a rotation: at the earliest when the longest ttl
    /// under the key has passed. A cut-off stays when the revoked key that it came with is removed.
    ///
    /// # Errors
    ///
    /// When the ring does not list the key, or lists it as active.
    pub fn remove(&self, id: KeyId) -> Result<Self, InvalidTransition> {
        let states = [KeyState::Announced, KeyState::Retiring, KeyState::Revoked];
        let index = self.position_in(id, &states)?;
        let mut ring = self.clone();
        ring.entries.remove(index);
        Ok(ring)
    }

    /// Forgets the secret of a leaked key and revokes whatever was issued up to `cutoff`, under any key: the forgeries
    /// made with the leaked one may have been sealed anew under another. An earlier cut-off never replaces a later one.
    ///
    /// The cut-off must not lie before the time at which the last node on the old ring stops, plus the skew of the
    /// nodes' clocks (2 s): a node that still accepts the leaked key seals its forgeries anew under the good one. In a
    /// rolling deployment that time is known only afterwards, so [raise the cut-off](Self::raise_cutoff) in a second one.
    ///
    /// To revoke the active key, announce and activate another one first; in an emergency the three may go out at
    /// once, and sealed values that cross the deployment are refused.
    ///
    /// # Errors
    ///
    /// When the ring does not list the key, or lists it as active or revoked, or when `cutoff` is out of range.
    pub fn revoke(&self, id: KeyId, cutoff: UnixTime) -> Result<Self, InvalidTransition> {
        let index = self.position_in(id, &[KeyState::Announced, KeyState::Retiring])?;
        let mut ring = self.raise_cutoff(cutoff)?;
        ring.entries[index].state = KeyState::Revoked;
        ring.entries[index].key = None;
        Ok(ring)
    }

    /// Revokes whatever was issued up to `cutoff`, under any key. An earlier cut-off never replaces a later one. Second
    /// deployment after a [leaked key](Self::revoke).
    ///
    /// # Errors
    ///
    /// When `cutoff` is before 1970 or 2^48 ms or more after.
    pub fn raise_cutoff(&self, cutoff: UnixTime) -> Result<Self, InvalidTransition> {
        if !is_cutoff(cutoff) {
            return Err(InvalidTransition::CutoffRange);
        }
        Ok(Self {
            entries: self.entries.clone(),
            cutoff: self.cutoff.max(Some(cutoff)),
        })
    }

    fn position(&self, id: KeyId) -> Result<usize, InvalidTransition> {
        self.entries
            .iter()
            .position(|entry| entry.id == id)
            .ok_or(InvalidTransition::Unknown)
    }

    fn position_in(&self, id: KeyId, states: &[KeyState]) -> Result<usize, InvalidTransition> {
        let index = self.position(id)?;
        let is = self.entries[index].state;
        if states.contains(&is) {
            Ok(index)
        } else {
            Err(InvalidTransition::State { is })
        }
    }
}

pub(crate) fn is_cutoff(time: UnixTime) -> bool {
    (0..=MAX_CUTOFF).contains(&time.as_millis())
}

/// Prints ids, states and the cut-off, none of which is secret.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("entries", &self.entries().collect::<Vec<_>>())
            .field("cutoff", &self.cutoff)
            .finish()
    }
}

/// A step that a [`KeyRing`] does not take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InvalidTransition {
    /// The ring lists no key of this id.
    Unknown,
    /// The ring lists a key of this id already.
    Listed,
    /// The key is in a state from which this step does not lead.
    State {
        /// The state that it is in.
        is: KeyState,
    },
    /// The cut-off is before 1970 or 2^48 ms or more after.
    CutoffRange,
}

impl fmt::Display for InvalidTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("the key ring lists no key of this id"),
            Self::Listed => f.write_str("the key ring lists a key of this id already"),
            Self::State { is } => write!(f, "the key is {is}, and this step does not lead on from there"),
            Self::CutoffRange => f.write_str("a cut-off lies from 0 to 2^48 - 1 milliseconds after 1970"),
        }
    }
}

impl Error for InvalidTransition {}

#[cfg(test)]
mod tests;
