use std::fmt;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::{KeyRing, KeyState};
use rand_core::TryCryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::encrypted::{EncryptedKey, NONCE};
use crate::error::InvalidSealerKind;
use crate::opened::Binding;
use crate::scratch::Scratch;
use crate::signed::SignedKey;
use crate::text::{MAX_CHARS, Text, encoded_len};
use crate::times::{DEFAULT_MAX_TTL, MAX_MAX_TTL, NO_CUTOFF, Times};
use crate::{Codec, InvalidSealer, Mode, OpenError, Opened, Opening, SealError, sealed_len};

/// Seals and opens the values of one cookie, for one purpose, in one mode.
///
/// Built once, at start-up: it derives one sub-key for each key of the ring. Cloning is cheap and shares them.
#[derive(Clone)]
pub struct Sealer {
    shared: Arc<Shared>,
    max_ttl: u32,
    bucket: NonZeroU16,
}

/// What the clones of a sealer have in common.
pub(crate) struct Shared {
    pub(crate) mode: Mode,
    pub(crate) binding: Binding,
    pub(crate) text: Text,
    /// The ids of `keys`, in their order, the active key first.
    ids: Vec<[u8; 4]>,
    /// The states of `keys`, in their order.
    pub(crate) states: Vec<KeyState>,
    pub(crate) keys: SubKeys,
    name: CookieName,
    /// Milliseconds.
    cutoff: i64,
}

pub(crate) enum SubKeys {
    Signed(Vec<SignedKey>),
    Encrypted(Vec<EncryptedKey>),
}

impl Sealer {
    /// A sealer whose values the browser can read and cannot change.
    ///
    /// `purpose` (1 to 255 bytes) says what the payload means, `"login"` for instance: a value that was sealed for one
    /// purpose or cookie-name never opens for another.
    ///
    /// # Errors
    ///
    /// When `purpose` has another length, or the name leaves no room for a value.
    pub fn signed(ring: &KeyRing, name: &CookieName, purpose: &str) -> Result<Self, InvalidSealer> {
        Self::new(Mode::Signed, ring, name, purpose)
    }

    /// A sealer whose values the browser can neither read nor change. The parts are those of [`signed`](Self::signed).
    ///
    /// # Errors
    ///
    /// When `purpose` has another length, or the name leaves no room for a value.
    pub fn encrypted(ring: &KeyRing, name: &CookieName, purpose: &str) -> Result<Self, InvalidSealer> {
        Self::new(Mode::Encrypted, ring, name, purpose)
    }

    fn new(mode: Mode, ring: &KeyRing, name: &CookieName, purpose: &str) -> Result<Self, InvalidSealer> {
        if name.as_bytes().len() + sealed_len(mode, 0) > MAX_CHARS {
            return Err(InvalidSealerKind::Name.into());
        }
        // A cookie-name of at most 4096 bytes is never refused, so it is the purpose.
        let label = mode
            .label(purpose.as_bytes(), name.as_bytes())
            .map_err(|_| InvalidSealerKind::Purpose)?;
        let mut keys: Vec<_> = ring.keys().collect();
        keys.sort_by_key(|(_, state)| *state != KeyState::Active);
        let ids = keys.iter().map(|(key, _)| *key.id().as_bytes()).collect();
        let states = keys.iter().map(|(_, state)| *state).collect();
        let sub_keys = keys.iter().map(|(key, _)| key.derive(label));
        let keys = match mode {
            Mode::Signed => SubKeys::Signed(sub_keys.map(|sub_key| SignedKey::new(&sub_key)).collect()),
            Mode::Encrypted => {
                SubKeys::Encrypted(sub_keys.map(|sub_key| EncryptedKey::new(&sub_key)).collect())
            }
        };
        let shared = Shared {
            mode,
            binding: binding(mode, purpose, name),
            text: Text::new(),
            ids,
            states,
            keys,
            name: name.clone(),
            cutoff: ring.cutoff().map_or(NO_CUTOFF, UnixTime::as_millis),
        };
        Ok(Self {
            shared: Arc::new(shared),
            max_ttl: DEFAULT_MAX_TTL,
            bucket: NonZeroU16::MIN,
        })
    }

    /// Sets the greatest ttl, 30 days otherwise: `seal` refuses a longer one, and a value that was sealed for longer
    /// ends when this has passed. A part below one second is dropped.
    ///
    /// # Errors
    ///
    /// When it is below 1 second or above 400 days.
    pub fn max_ttl(self, max_ttl: Duration) -> Result<Self, InvalidSealer> {
        match u32::try_from(max_ttl.as_secs()) {
            Ok(max_ttl @ 1..=MAX_MAX_TTL) => Ok(Self { max_ttl, ..self }),
            _ => Err(InvalidSealerKind::MaxTtl.into()),
        }
    }

    /// Pads payloads so that their length, with one byte more, is a multiple of `bucket`: all in one bucket have values
    /// of one length. Any sealer opens them, whatever its own bucket.
    ///
    /// # Errors
    ///
    /// When the sealer is a signed one, whose payload can be read anyway, or when one bucket is more than fits into a
    /// cookie.
    pub fn bucket(self, bucket: NonZeroU16) -> Result<Self, InvalidSealer> {
        if self.shared.mode == Mode::Signed {
            return Err(InvalidSealerKind::BucketOfSigned.into());
        }
        let sealer = Self { bucket, ..self };
        if sealer.shared.name.as_bytes().len() + sealer.sealed_len(0) > MAX_CHARS {
            return Err(InvalidSealerKind::BucketTooLarge.into());
        }
        Ok(sealer)
    }

    /// The mode of the sealer.
    pub fn mode(&self) -> Mode {
        self.shared.mode
    }

    /// The cookie-name whose values this sealer seals and opens.
    pub fn name(&self) -> &CookieName {
        &self.shared.name
    }

    /// How many characters a payload of `payload_len` bytes has once this sealer has sealed it, padding included.
    pub fn sealed_len(&self, payload_len: usize) -> usize {
        encoded_len(self.raw_len(payload_len))
    }

    /// Seals `payload`: the text is the value for the cookie. It opens from `now` on for `ttl`, of which a part below
    /// one second is dropped.
    ///
    /// The nonce of an encrypted value comes from this thread's generator, which the operating system seeds; the README
    /// says why that is enough, and what a fork means for it.
    ///
    /// For a login, only a fresh authentication calls this. To renew the key of a value, see [`reseal`](Self::reseal); to
    /// change what stands beside a login, [`reseal_with`](Self::reseal_with).
    ///
    /// # Errors
    ///
    /// When `ttl` is below one second or above the greatest ttl, `now` is before 1970 or 2^48 ms or more after, or
    /// cookie-name and value would have more than 4096 characters.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes for the thread's generator.
    pub fn seal(&self, payload: &[u8], now: UnixTime, ttl: Duration) -> Result<String, SealError> {
        self.seal_with(&mut rand::rng(), payload, now, ttl)
    }

    /// Like [`seal`](Self::seal), with a nonce from `rng`. A signed value takes nothing from it.
    ///
    /// # Errors
    ///
    /// Those of [`seal`](Self::seal), and [`SealError::Random`] when `rng` fails.
    pub fn seal_with<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        payload: &[u8],
        now: UnixTime,
        ttl: Duration,
    ) -> Result<String, SealError> {
        let times = Times::new(now, ttl, self.max_ttl)?;
        self.seal_at(rng, payload, times)
    }

    /// Seals the payload of `opened` anew, under the active key, with the same time of issue and the same expiry: the
    /// browser gets a value under the new key and not a longer login.
    ///
    /// The two sealers may have different rings, an older and a newer one, and nothing tells those from rings that have
    /// nothing to do with each other: where there is one ring for each tenant, give each tenant a purpose of its own.
    ///
    /// # Errors
    ///
    /// [`SealError::Foreign`] when `opened` comes from a sealer of another cookie-name, purpose or mode, or from a
    /// migration; [`SealError::NotYetIssued`] when it was issued later than the time at which it was opened, so that
    /// whatever is sealed anew at one time was issued no later, and a cut-off at that time reaches it;
    /// [`SealError::TooLarge`] when this sealer's bucket is larger and the value does not fit any more.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes for the thread's generator.
    pub fn reseal(&self, opened: &Opened) -> Result<String, SealError> {
        self.reseal_with(opened, opened.value())
    }

    /// Seals `payload` in place of the payload of `opened`, under the active key, with the same time of issue and the
    /// same expiry: what an application keeps beside a login may change, and the login gets no longer for it.
    ///
    /// The caller answers for what of the old payload stands in the new one. A subject, the time at which it was
    /// authenticated and a ticket's id are taken over as they are: only a fresh authentication makes others, and it calls
    /// [`seal`](Self::seal).
    ///
    /// # Errors
    ///
    /// Those of [`reseal`](Self::reseal). [`SealError::NotYetIssued`] passes within 5 s: until then the old value stands.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes for the thread's generator.
    pub fn reseal_with(&self, opened: &Opened, payload: &[u8]) -> Result<String, SealError> {
        match opened.sealed() {
            Some((_, binding)) if binding == self.shared.binding && opened.is_ahead() => {
                Err(SealError::NotYetIssued)
            }
            Some((times, binding)) if binding == self.shared.binding => {
                self.seal_at(&mut rand::rng(), payload, times)
            }
            _ => Err(SealError::Foreign),
        }
    }

    /// Seals `value` as `codec` writes it.
    ///
    /// # Errors
    ///
    /// Those of [`seal`](Self::seal), and [`SealError::Encode`] when `codec` cannot write `value`.
    ///
    /// # Panics
    ///
    /// When the operating system has no random bytes for the thread's generator.
    pub fn seal_as<T: ?Sized, C>(
        &self,
        codec: &C,
        value: &T,
        now: UnixTime,
        ttl: Duration,
    ) -> Result<String, SealError>
    where
        C: Codec<T>,
    {
        let payload = Zeroizing::new(codec.encode(value).map_err(|_| SealError::Encode)?);
        self.seal(&payload, now, ttl)
    }

    /// Prepares to open values at the time `now`.
    pub fn opening(&self, now: UnixTime) -> Opening<'_> {
        Opening::new(self, now, self.shared.cutoff)
    }

    /// Opens one value at the time `now`: short for `opening(now).open(value)`.
    ///
    /// # Errors
    ///
    /// Those of [`Opening::open`].
    pub fn open(&self, value: impl AsRef<[u8]>, now: UnixTime) -> Result<Opened, OpenError> {
        self.opening(now).open(value)
    }

    /// Puts each id beside the key of another.
    #[cfg(test)]
    pub(crate) fn with_ids_rotated(mut self) -> Self {
        let shared = Arc::get_mut(&mut self.shared).expect("the test has no clone of it");
        shared.ids.rotate_left(1);
        self
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) const fn max_ttl_secs(&self) -> u32 {
        self.max_ttl
    }

    fn seal_at<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        payload: &[u8],
        times: Times,
    ) -> Result<String, SealError> {
        let shared = &*self.shared;
        let length = self.raw_len(payload.len());
        if shared.name.as_bytes().len().saturating_add(encoded_len(length)) > MAX_CHARS {
            return Err(SealError::TooLarge);
        }
        let mut scratch = Scratch::new();
        match &shared.keys {
            SubKeys::Signed(keys) => keys[0].seal(shared.ids[0], times, payload, &mut scratch),
            SubKeys::Encrypted(keys) => {
                let mut nonce = [0; NONCE];
                rng.try_fill_bytes(&mut nonce).map_err(|_| SealError::Random)?;
                let padding = length - payload.len() - crate::encrypted::OVERHEAD;
                keys[0].seal(shared.ids[0], nonce, times, payload, padding, &mut scratch);
            }
        }
        Ok(Text::encode(scratch.bytes()))
    }

    /// How many bytes the sealed value has before it becomes text.
    fn raw_len(&self, payload_len: usize) -> usize {
        let bucket = usize::from(self.bucket.get());
        let padded = match payload_len.saturating_add(1).checked_next_multiple_of(bucket) {
            Some(padded) => padded - 1,
            None => usize::MAX,
        };
        padded.saturating_add(self.shared.mode.overhead())
    }
}

impl Shared {
    /// The place of the key with this id. Ids are public and so is how long this takes; the active key is looked at
    /// first, so for nearly every value the size of the ring does not matter.
    #[inline]
    pub(crate) fn find(&self, id: [u8; 4]) -> Option<usize> {
        self.ids.iter().position(|&known| known == id)
    }
}

/// The first 8 bytes of a SHA-256. It only guards against mistakes in a program.
fn binding(mode: Mode, purpose: &str, name: &CookieName) -> Binding {
    let mut hash = Sha256::new();
    hash.update([mode.version()]);
    for part in [purpose.as_bytes(), name.as_bytes()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let &first = hash.finalize().first_chunk().expect("SHA-256 has 32 bytes");
    Binding::new(u64::from_be_bytes(first)).unwrap_or(Binding::MIN)
}

/// Shows the settings and how many keys there are.
impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("mode", &self.shared.mode)
            .field("name", &self.shared.name)
            .field("keys", &self.shared.ids.len())
            .field("max_ttl", &Duration::from_secs(self.max_ttl.into()))
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
