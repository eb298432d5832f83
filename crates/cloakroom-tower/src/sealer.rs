use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use cloakroom_cookie::{CookieName, SetCookie, SetCookieBuilder, Transport};
use cloakroom_core::UnixTime;
use cloakroom_keyring::KeyRing;
use cloakroom_seal::{OpenError, Opened, SealError};

use crate::sealed::Held;
use crate::{Error, InvalidCutoff, InvalidSealedCookie, Persistence, SealedCookie};

/// How far ahead of this server's clock a value may be stamped. Values open up to 5 s ahead of the reader's clock, as
/// `cloakroom_seal` says, and the clocks of a fleet agree within 2 s: a server that is so much behind opens it too.
const MAX_AHEAD: Duration = Duration::from_secs(5 - 2);

/// The greatest cut-off, in milliseconds, as in a key ring.
const MAX_CUTOFF: i64 = (1 << 48) - 1;

/// A value that no sealed one is, to see what [`SealedCookie::attributes`] does to it.
const PROBE: &str = "probe";

/// Seals and opens the cookie `T`. Part of an application's state; clones share everything.
///
/// The key ring can be exchanged while the server runs, for all clones at once:
///
/// ```
/// # use cloakroom_tower::{SealedCookie, cloakroom_cookie::CookieName};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Login;
/// # impl SealedCookie for Login {
/// #     const NAME: CookieName = CookieName::from_static("__Host-id");
/// #     const PURPOSE: &'static str = "login";
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use cloakroom_tower::Sealer;
/// use cloakroom_tower::cloakroom_keyring::{Key, KeyRing};
///
/// let ring = KeyRing::generate()?;
/// let sealer = Sealer::<Login>::encrypted(&ring)?;
///
/// // On the other servers first, or at once where there is only one.
/// let next = Key::generate()?;
/// let id = next.id();
/// let ring = ring.announce(next)?;
/// sealer.replace(&ring)?;
/// let ring = ring.activate(id)?;
/// sealer.replace(&ring)?;
/// # Ok(())
/// # }
/// ```
pub struct Sealer<T> {
    shared: Arc<Shared>,
    payload: PhantomData<fn() -> T>,
}

struct Shared {
    mode: Mode,
    transport: Transport,
    /// As the cookie travels.
    name: CookieName,
    /// What one key ring gave; a request works with one of them from beginning to end.
    current: RwLock<cloakroom_seal::Sealer>,
    /// Milliseconds; `i64::MIN` when there is none. The highest of all that key rings and callers said: it only rises.
    cutoff: AtomicI64,
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Encrypted,
    Signed,
}

/// A value that was just sealed.
pub(crate) struct JustSealed {
    pub(crate) cookie: SetCookie,
    pub(crate) issued_at: UnixTime,
    pub(crate) expires_at: UnixTime,
}

impl<T: SealedCookie> Sealer<T> {
    /// A sealer whose values nobody but the holder of the key can read or change.
    ///
    /// # Errors
    ///
    /// When what `T` says about its cookie cannot be.
    pub fn encrypted(ring: &KeyRing) -> Result<Self, InvalidSealedCookie> {
        Self::new(Mode::Encrypted, ring, Transport::HTTPS)
    }

    /// A sealer whose values anybody can read, the browser's scripts and extensions among them, and only the holder of
    /// the key can change.
    ///
    /// # Errors
    ///
    /// When what `T` says about its cookie cannot be; [`SealedCookie::BUCKET`] is for encrypted values alone.
    pub fn signed(ring: &KeyRing) -> Result<Self, InvalidSealedCookie> {
        Self::new(Mode::Signed, ring, Transport::HTTPS)
    }

    /// [`encrypted`](Self::encrypted) for cookies that travel over `transport`: plain HTTP on a developer's machine.
    /// Name and attributes change as [`Transport`] says, and the value is bound to the changed name, so what travelled
    /// in the clear opens nowhere else.
    ///
    /// # Errors
    ///
    /// As [`encrypted`](Self::encrypted).
    pub fn encrypted_over(transport: Transport, ring: &KeyRing) -> Result<Self, InvalidSealedCookie> {
        Self::new(Mode::Encrypted, ring, transport)
    }

    /// [`signed`](Self::signed) for cookies that travel over `transport`.
    ///
    /// # Errors
    ///
    /// As [`signed`](Self::signed).
    pub fn signed_over(transport: Transport, ring: &KeyRing) -> Result<Self, InvalidSealedCookie> {
        Self::new(Mode::Signed, ring, transport)
    }

    fn new(mode: Mode, ring: &KeyRing, transport: Transport) -> Result<Self, InvalidSealedCookie> {
        if !T::REACH.admits(&T::NAME) {
            return Err(InvalidSealedCookie::NotHostBound { cookie: T::NAME });
        }
        if T::TTL > T::MAX_TTL {
            return Err(InvalidSealedCookie::TtlOverMaxTtl { cookie: T::NAME });
        }
        // Attributes that contradict each other or the name's prefix show now and not at the first login.
        let cookie = T::attributes(SetCookie::new(T::NAME, PROBE)).finish();
        let cookie = cookie.map_err(|source| InvalidSealedCookie::Attributes {
            cookie: T::NAME,
            source,
        })?;
        if *cookie.name() != T::NAME || cookie.value() != PROBE || cookie.max_age().is_some() {
            return Err(InvalidSealedCookie::BeyondAttributes { cookie: T::NAME });
        }
        let name = transport.name(&T::NAME);
        Ok(Self {
            shared: Arc::new(Shared {
                mode,
                transport,
                current: RwLock::new(bind::<T>(mode, &name, ring)?),
                name,
                cutoff: AtomicI64::new(cutoff_of(ring)),
            }),
            payload: PhantomData,
        })
    }

    /// Takes the keys and the cut-off of `ring` from the next request on, for all clones. Values under keys that
    /// `ring` does not have open no longer, so a new key is announced before it is activated and the old one retires
    /// before it is removed.
    ///
    /// A ring whose cut-off is earlier than the one in force, or that has none, does not lower it: a stale file revives
    /// nothing.
    ///
    /// # Errors
    ///
    /// As when the sealer was made; it then goes on with the ring that it had.
    pub fn replace(&self, ring: &KeyRing) -> Result<(), InvalidSealedCookie> {
        let next = bind::<T>(self.shared.mode, &self.shared.name, ring)?;
        // Before the keys change hands, so that no request works with the new ones under the old cut-off.
        self.shared.cutoff.fetch_max(cutoff_of(ring), Ordering::AcqRel);
        *self
            .shared
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// Refuses from now on, for all clones, every value that was issued at or before `cutoff`: everybody is logged
    /// out. A cut-off only rises, so a lower one changes nothing. It lives in memory: write it into the key ring too,
    /// so that it holds after a restart.
    ///
    /// A cut-off that lies ahead keeps everybody from logging in until it has passed.
    ///
    /// # Errors
    ///
    /// When `cutoff` is before 1970, or 2^48 milliseconds or more after it, which is what microseconds taken for
    /// milliseconds come to. Nothing changes.
    pub fn raise_cutoff(&self, cutoff: UnixTime) -> Result<(), InvalidCutoff> {
        let millis = cutoff.as_millis();
        if !(0..=MAX_CUTOFF).contains(&millis) {
            return Err(InvalidCutoff(()));
        }
        self.shared.cutoff.fetch_max(millis, Ordering::AcqRel);
        Ok(())
    }

    /// The cut-off in force: the highest of those that this sealer's key rings had and that
    /// [`raise_cutoff`](Self::raise_cutoff) was given.
    pub fn cutoff(&self) -> Option<UnixTime> {
        let cutoff = self.cutoff_or_min();
        (cutoff != UnixTime::MIN).then_some(cutoff)
    }

    /// The cookie with `value` sealed at `now` for [`SealedCookie::TTL`], for a response that no extractor has a hand
    /// in.
    ///
    /// # Errors
    ///
    /// As [`Sealed::set`](crate::Sealed::set).
    pub fn seal(&self, value: &T, now: UnixTime) -> Result<SetCookie, Error> {
        Ok(self.seal_at(value, now, T::TTL)?.cookie)
    }

    /// The removal of the cookie, for a response that no extractor has a hand in.
    ///
    /// # Errors
    ///
    /// [`Error::Attributes`] when [`SealedCookie::attributes`] does other things than when the sealer was made.
    pub fn removal(&self) -> Result<SetCookie, Error> {
        Ok(self.finish(T::attributes(SetCookie::new(T::NAME, "")))?.removal())
    }

    pub(crate) fn seal_at(&self, value: &T, now: UnixTime, ttl: Duration) -> Result<JustSealed, Error> {
        let current = self.current();
        // What is issued at the cut-off is revoked, so a login right after it is stamped one millisecond later.
        let first = self.cutoff_or_min().saturating_add(Duration::from_millis(1));
        let issued_at = now.max(first);
        if issued_at > now.saturating_add(MAX_AHEAD) {
            return Err(Error::CutoffAhead {
                cookie: self.name().clone(),
            });
        }
        let text = current.seal_json(value, issued_at, ttl);
        let text = text.map_err(|source| self.unsealed(source))?;
        Ok(JustSealed {
            cookie: self.cookie(value, text, ttl)?,
            issued_at,
            expires_at: issued_at.saturating_add(Duration::from_secs(ttl.as_secs())),
        })
    }

    /// The cookie with the value as it is under the active key; `None` when the browser could not keep it for a second.
    pub(crate) fn reseal(
        &self,
        current: &cloakroom_seal::Sealer,
        held: &Held<T>,
        now: UnixTime,
    ) -> Result<Option<SetCookie>, Error> {
        let (Some(left), Some(opened)) = (left(held, now), &held.opened) else {
            return Ok(None);
        };
        let text = current.reseal(opened);
        let text = text.map_err(|source| self.unsealed(source))?;
        self.cookie(&held.value, text, left).map(Some)
    }

    /// The cookie with `value` in place of the one that is held, with its times; `None` as in [`reseal`](Self::reseal).
    pub(crate) fn update(
        &self,
        value: &T,
        held: &Held<T>,
        now: UnixTime,
    ) -> Result<Option<SetCookie>, Error> {
        let Some(left) = left(held, now) else {
            return Ok(None);
        };
        let current = self.current();
        let text = if let Some(opened) = &held.opened {
            current.reseal_json(opened, value)
        } else {
            let ttl = held.expires_at.checked_duration_since(held.issued_at);
            current.seal_json(value, held.issued_at, ttl.unwrap_or_default())
        };
        let text = text.map_err(|source| self.unsealed(source))?;
        self.cookie(value, text, left).map(Some)
    }

    fn cookie(&self, value: &T, text: String, left: Duration) -> Result<SetCookie, Error> {
        let cookie = T::attributes(SetCookie::new(T::NAME, text));
        self.finish(match value.persistence() {
            Persistence::BrowserSession => cookie,
            // Clamped, because a value from a clock that is a little ahead may have more than 400 days left.
            Persistence::UntilExpiry => cookie.persistent_clamped(left),
        })
    }

    fn finish(&self, cookie: SetCookieBuilder) -> Result<SetCookie, Error> {
        match cookie.finish() {
            Ok(cookie) => Ok(self.shared.transport.outgoing(cookie)),
            Err(source) => Err(Error::Attributes {
                cookie: self.name().clone(),
                source,
            }),
        }
    }

    fn unsealed(&self, source: SealError) -> Error {
        Error::Seal {
            cookie: self.name().clone(),
            source,
        }
    }
}

impl<T> Sealer<T> {
    /// The wire name of the cookie.
    pub fn name(&self) -> &CookieName {
        &self.shared.name
    }

    pub(crate) fn current(&self) -> cloakroom_seal::Sealer {
        self.shared
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn open<'a>(
        &self,
        current: &cloakroom_seal::Sealer,
        candidates: impl IntoIterator<Item = &'a [u8]>,
        now: UnixTime,
    ) -> Result<Opened, OpenError> {
        let cutoff = self.cutoff_or_min();
        current.opening(now).cutoff(cutoff).open_any(candidates)
    }

    fn cutoff_or_min(&self) -> UnixTime {
        UnixTime::from_millis(self.shared.cutoff.load(Ordering::Acquire))
    }
}

fn bind<T: SealedCookie>(
    mode: Mode,
    name: &CookieName,
    ring: &KeyRing,
) -> Result<cloakroom_seal::Sealer, InvalidSealedCookie> {
    let sealer = match mode {
        Mode::Encrypted => cloakroom_seal::Sealer::encrypted(ring, name, T::PURPOSE),
        Mode::Signed => cloakroom_seal::Sealer::signed(ring, name, T::PURPOSE),
    };
    let sealer = sealer.and_then(|sealer| sealer.max_ttl(T::MAX_TTL));
    let sealer = match T::BUCKET {
        Some(bucket) => sealer.and_then(|sealer| sealer.bucket(bucket)),
        None => sealer,
    };
    sealer.map_err(|source| InvalidSealedCookie::Sealer {
        cookie: name.clone(),
        source,
    })
}

/// The rest of the life of what is held, unless a browser could not keep it for a second.
fn left<T>(held: &Held<T>, now: UnixTime) -> Option<Duration> {
    let left = held.expires_at.checked_duration_since(now)?;
    (left >= Duration::from_secs(1)).then_some(left)
}

fn cutoff_of(ring: &KeyRing) -> i64 {
    ring.cutoff().unwrap_or(UnixTime::MIN).as_millis()
}

impl<T> Clone for Sealer<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            payload: PhantomData,
        }
    }
}

/// Prints the cookie's name and the mode, nothing of the keys.
impl<T> fmt::Debug for Sealer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("cookie", &self.shared.name.as_str())
            .field("mode", &self.shared.mode)
            .finish_non_exhaustive()
    }
}
