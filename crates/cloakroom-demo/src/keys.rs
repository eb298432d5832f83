use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cloakroom_core::UnixTime;
use cloakroom_keyring::{InvalidKeyRing, InvalidTransition, Key, KeyId, KeyRing, KeyState, RandomError};
use cloakroom_token::InvalidSettings;
use cloakroom_tower::{InvalidSealedCookie, Sealer};
use zeroize::Zeroizing;

use crate::key_file::{KeyFile, KeyFileError, Replaced};
use crate::login_ticket::LoginTicket;

/// The key ring: on disk first, then in the sealer that serves requests.
#[derive(Debug)]
pub(crate) struct Keys {
    file: KeyFile,
    sealer: Sealer<LoginTicket>,
    current: Mutex<Current>,
}

/// A ring and the very text that the file holds for it.
struct Current {
    ring: KeyRing,
    text: Zeroizing<String>,
}

/// One edit of the ring. Each is a deploy of its own where there are many servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Announce,
    Activate(KeyId),
    Retire(KeyId),
    Remove(KeyId),
    /// With the moment as the cut-off from which on this process does not accept the key any more.
    Revoke(KeyId),
}

impl Keys {
    /// The ring in the file at `path`; `None` when there is no file. Nothing is changed.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, KeysError> {
        let file = KeyFile::at(path)?;
        match file.read()? {
            Some(text) => Self::of(file, text).map(Some),
            None => Ok(None),
        }
    }

    /// A new ring with one new key, in a file that is made for it. Should another process make one at this very
    /// moment, its ring is taken.
    pub(crate) fn create(path: &Path) -> Result<Self, KeysError> {
        let file = KeyFile::at(path)?;
        let text = KeyRing::generate()?.export();
        match file.replace(None, &text)? {
            Replaced::Yes => Self::of(file, text),
            Replaced::No(Some(theirs)) => Self::of(file, theirs),
            Replaced::No(None) => Err(KeysError::Vanished),
        }
    }

    fn of(file: KeyFile, text: Zeroizing<String>) -> Result<Self, KeysError> {
        let ring = KeyRing::parse(&text)?;
        Ok(Self {
            file,
            sealer: Sealer::encrypted(&ring)?,
            current: Mutex::new(Current { ring, text }),
        })
    }

    /// What seals and opens the log-in cookie; it follows every step.
    pub(crate) fn sealer(&self) -> Sealer<LoginTicket> {
        self.sealer.clone()
    }

    /// The ids and states, in the order of the file, and the cut-off in force. No secret.
    pub(crate) fn list(&self) -> (Vec<(KeyId, KeyState)>, Option<UnixTime>) {
        let current = self.current();
        (current.ring.entries().collect(), self.sealer.cutoff())
    }

    /// Shows the ring to `look`. While it looks the ring does not change, so of two that look the later one sees the later
    /// ring.
    pub(crate) fn with_ring<T>(&self, look: impl FnOnce(&KeyRing) -> T) -> T {
        look(&self.current().ring)
    }

    /// Takes a step, in the file before it counts. Blocks on the disk.
    ///
    /// `clock` tells the time at which it is called.
    pub(crate) fn take(&self, step: Step, clock: impl FnOnce() -> UnixTime) -> Result<(), KeysError> {
        let mut current = self.current();
        let taken = self.take_from(&mut current, step, clock);
        if taken.is_err() && matches!(step, Step::Revoke(_)) {
            // It may be in use without the key that was to be revoked.
            self.sealer.replace(&current.ring)?;
        }
        taken
    }

    fn take_from(
        &self,
        current: &mut Current,
        step: Step,
        clock: impl FnOnce() -> UnixTime,
    ) -> Result<(), KeysError> {
        let ring = match step {
            Step::Announce => current.ring.announce(Key::generate()?),
            Step::Activate(id) => current.ring.activate(id),
            Step::Retire(id) => current.ring.retire(id),
            Step::Remove(id) => current.ring.remove(id),
            Step::Revoke(id) => {
                // The sealer does without the key before the cut-off is read off the clock. So whatever it ever sealed
                // anew that a thief had made was issued no later than the cut-off, because a value from ahead of the
                // clock is not sealed anew. That holds for one process: another one that shares the file accepts the
                // key until it reads the ring again, and its operator then has to raise the cut-off to that time.
                current.ring.revoke(id, UnixTime::EPOCH)?;
                self.sealer.replace(&current.ring.remove(id)?)?;
                current.ring.revoke(id, clock())
            }
        }?;
        let text = ring.export();
        match self.file.replace(Some(&current.text), &text)? {
            Replaced::Yes => self.adopt(current, ring, text),
            Replaced::No(None) => Err(KeysError::Vanished),
            Replaced::No(Some(theirs)) => {
                let ring = KeyRing::parse(&theirs)?;
                self.adopt(current, ring, theirs)?;
                Err(KeysError::ChangedElsewhere)
            }
        }
    }

    fn adopt(&self, current: &mut Current, ring: KeyRing, text: Zeroizing<String>) -> Result<(), KeysError> {
        self.sealer.replace(&ring)?;
        *current = Current { ring, text };
        Ok(())
    }

    /// A panic between the steps above leaves a whole ring, so a poisoned lock is as good as any.
    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the ring cannot be read or changed. None tells anything of a key but its place in the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeysError {
    #[error(transparent)]
    File(#[from] KeyFileError),
    #[error(transparent)]
    Ring(#[from] InvalidKeyRing),
    #[error(transparent)]
    Step(#[from] InvalidTransition),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Sealer(#[from] InvalidSealedCookie),
    #[error(transparent)]
    Refresh(#[from] InvalidSettings),
    #[error("the key file is not there any more")]
    Vanished,
    #[error("another process has changed the key file; its ring is the one in use now")]
    ChangedElsewhere,
}

impl From<io::Error> for KeysError {
    fn from(error: io::Error) -> Self {
        Self::File(error.into())
    }
}

/// Shows the ids and states alone.
impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.ring.fmt(f)
    }
}
