//! Reads what the `cookie` crate's signed and private jars wrote (version 0.18), so that a site can change over without
//! logging everybody out.
//!
//! Those formats say neither when a value was made nor, in a signed jar, for which cookie: whoever may choose values for
//! one signed cookie of the old site could present them as another. So this is for a time of transition. A [`JarReader`]
//! opens the cookies that it names, until its deadline, and what it opens counts as issued in 1970: any cut-off, the
//! ring's own among them, refuses it. It does not seal, and [`Sealer::reseal`](crate::Sealer::reseal) refuses what it
//! opened.
//!
//! To convert a value, seal its payload anew for **no longer than until the deadline**, as below. A login that was
//! migrated then ends at the deadline, whether it was converted or not, and its user logs in again: nothing in it says
//! when that was done last. No other call of `seal` for a login goes without a fresh authentication. A converted value
//! is issued at the time of its conversion, so a cut-off refuses it like any other value when it lies at or after that
//! time; and from the first cut-off on nothing more is converted, so that a copy of an old cookie does not return.
//!
//! ```
//! use std::time::Duration;
//! use cloakroom_seal::Sealer;
//! use cloakroom_seal::cloakroom_core::UnixTime;
//! use cloakroom_seal::cloakroom_cookie::CookieName;
//! use cloakroom_seal::cloakroom_keyring::KeyRing;
//! use cloakroom_seal::migrate::{ForeignKey, JarReader};
//!
//! # let ring = KeyRing::generate()?;
//! # let master = [7; 64];
//! # let now = UnixTime::from_millis(1_750_000_000_000);
//! let deadline = UnixTime::from_secs(1_760_000_000).unwrap();
//! let reader = JarReader::signed(&ring, &ForeignKey::from_master(&master)?, deadline)
//!     .cookie(CookieName::from_static("user"));
//! let sealer = Sealer::encrypted(&ring, &CookieName::from_static("__Host-user"), "login")?;
//! # let value = "tK0VQ5V8lYF3gM5NmoaJ9m1EsCMDG4R8s2sb6dN2KaI=u1";
//! match reader.opening(now).open("user", value) {
//!     Ok(opened) => {
//!         let left = opened.expires_at().checked_duration_since(now).unwrap_or_default();
//!         // An error when less than a second is left, and then the value is not converted.
//!         let converted = sealer.seal(opened.value(), now, left.min(Duration::from_secs(86_400)));
//!         # let _ = converted;
//!     }
//!     Err(error) => println!("{error}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A value is given as the jar wrote it. A site that wrote cookies with `Cookie::encoded()`, as `axum-extra` does, has
//! percent-encoded it on the wire: decode that first.

use std::error::Error;
use std::fmt;

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloakroom_cookie::CookieName;
use cloakroom_core::{Secret, UnixTime};
use cloakroom_keyring::KeyRing;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroize as _;

use crate::opened::Place;
use crate::text::MAX_CHARS;
use crate::{OpenError, Opened};

/// Standard base64 of an HMAC-SHA256.
const DIGEST_LEN: usize = 44;
const NONCE: usize = 12;
const TAG: usize = 16;

/// The key of a `cookie::Key`: 32 bytes for signing, then 32 for encryption. Of a type of its own, so that it never
/// seals anything here.
#[derive(Clone)]
pub struct ForeignKey {
    signing: Secret<[u8; 32]>,
    encryption: Secret<[u8; 32]>,
}

impl ForeignKey {
    /// The key that `cookie::Key::from` makes of these bytes and `cookie::Key::master` tells: the first 64 of them.
    ///
    /// # Errors
    ///
    /// When there are fewer than 64 bytes.
    pub fn from_master(bytes: &[u8]) -> Result<Self, InvalidForeignKey> {
        let (&signing, rest) = bytes.split_first_chunk().ok_or(InvalidForeignKey)?;
        let &encryption = rest.first_chunk().ok_or(InvalidForeignKey)?;
        Ok(Self {
            signing: Secret::new(signing),
            encryption: Secret::new(encryption),
        })
    }
}

/// Prints `ForeignKey(..)`.
impl fmt::Debug for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignKey(..)")
    }
}

/// The bytes are fewer than the 64 of a `cookie::Key`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidForeignKey;

impl fmt::Display for InvalidForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the key of a cookie jar has 64 bytes")
    }
}

impl Error for InvalidForeignKey {}

/// Opens the values of a signed or private jar, for the cookies that it names, until its deadline.
#[derive(Clone)]
pub struct JarReader {
    jar: Jar,
    names: Vec<CookieName>,
    deadline: UnixTime,
    cut_off: bool,
}

#[derive(Clone)]
enum Jar {
    Signed(Hmac<Sha256>),
    Private(Box<Aes256Gcm>),
}

impl JarReader {
    /// A reader for a `cookie::SignedJar`: standard base64 of HMAC-SHA256(value), 44 characters, then the value.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes keys of any length")]
    pub fn signed(ring: &KeyRing, key: &ForeignKey, deadline: UnixTime) -> Self {
        let hmac = Hmac::new_from_slice(key.signing.expose()).expect("HMAC takes keys of any length");
        Self::new(Jar::Signed(hmac), ring, deadline)
    }

    /// A reader for a `cookie::PrivateJar`: standard base64 of `nonce 12 | AES-256-GCM(value) | tag 16`, with the
    /// cookie-name as associated data.
    pub fn private(ring: &KeyRing, key: &ForeignKey, deadline: UnixTime) -> Self {
        Self::new(
            Jar::Private(Box::new(Aes256Gcm::new(key.encryption.expose().into()))),
            ring,
            deadline,
        )
    }

    fn new(jar: Jar, ring: &KeyRing, deadline: UnixTime) -> Self {
        Self {
            jar,
            names: Vec::new(),
            deadline,
            cut_off: ring.cutoff().is_some(),
        }
    }

    /// Reads the cookie of this name too. A reader that names none opens none.
    #[must_use]
    pub fn cookie(mut self, name: CookieName) -> Self {
        self.names.push(name);
        self
    }

    /// Prepares to open values at the time `now`.
    pub fn opening(&self, now: UnixTime) -> JarOpening<'_> {
        JarOpening {
            reader: self,
            now,
            cut_off: self.cut_off,
        }
    }
}

/// Shows the cookie-names and the deadline.
impl fmt::Debug for JarReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JarReader")
            .field("names", &self.names)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// A [`JarReader`] about to open values at a given time, made by [`JarReader::opening`].
#[derive(Clone, Copy, Debug)]
pub struct JarOpening<'a> {
    reader: &'a JarReader,
    now: UnixTime,
    cut_off: bool,
}

impl JarOpening<'_> {
    /// Applies a cut-off, which refuses every value, whatever the time is: none says when it was issued.
    pub fn cutoff(self, _cutoff: UnixTime) -> Self {
        Self {
            cut_off: true,
            ..self
        }
    }

    /// Opens `value` of the cookie `name`. The payload is the value that the old site put into its jar; it is opened as
    /// issued in 1970, and expires at the reader's deadline.
    ///
    /// # Errors
    ///
    /// [`OpenError::Rejected`] when the reader does not name the cookie or the jar did not make the value. When it did,
    /// [`OpenError::Expired`] at and past the deadline, then [`OpenError::Revoked`] when there is a cut-off.
    pub fn open(&self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Opened, OpenError> {
        let (name, value) = (name.as_ref(), value.as_ref());
        if value.len() > MAX_CHARS || !self.reader.names.iter().any(|known| known.as_bytes() == name) {
            return Err(OpenError::Rejected);
        }
        let (mut raw, place) = match &self.reader.jar {
            Jar::Signed(hmac) => signed(hmac, value),
            Jar::Private(aes) => private(aes, name, value),
        }
        .ok_or(OpenError::Rejected)?;
        let refusal = if self.now >= self.reader.deadline {
            Some(OpenError::Expired)
        } else {
            self.cut_off.then_some(OpenError::Revoked)
        };
        if let Some(refusal) = refusal {
            raw.zeroize();
            return Err(refusal);
        }
        Ok(Opened::migrated(raw, place, self.reader.deadline))
    }
}

fn signed(hmac: &Hmac<Sha256>, value: &[u8]) -> Option<(Vec<u8>, Place)> {
    let (digest, payload) = value.split_first_chunk::<DIGEST_LEN>()?;
    // One byte more than a digest has, which is what the engine reserves for 44 characters.
    let mut tag = [0; 33];
    let length = STANDARD.decode_slice(digest, &mut tag).ok()?;
    // `verify_slice` compares in constant time.
    hmac.clone()
        .chain_update(payload)
        .verify_slice(&tag[..length])
        .ok()?;
    Some((payload.to_vec(), Place::new(0..payload.len())))
}

fn private(aes: &Aes256Gcm, name: &[u8], value: &[u8]) -> Option<(Vec<u8>, Place)> {
    let mut raw = STANDARD.decode(value).ok()?;
    let end = raw.len().checked_sub(TAG)?;
    let (nonce, rest) = raw.split_first_chunk_mut::<NONCE>()?;
    let (text, tag) = rest.split_last_chunk_mut::<TAG>()?;
    let nonce: &[u8; NONCE] = nonce;
    let opened = aes.decrypt_inout_detached(nonce.into(), name, text.into(), (&*tag).into());
    if opened.is_err() {
        raw.zeroize();
        return None;
    }
    Some((raw, Place::new(NONCE..end)))
}
