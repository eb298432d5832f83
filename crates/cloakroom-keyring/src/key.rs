use std::error::Error;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloakroom_core::{Secret, ct_eq};
use hkdf::Hkdf;
use rand_core::TryCryptoRng;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::label::Label;
use crate::{KeyId, RandomError};

/// The salt of HKDF-Extract, which separates these keys from every other use of the same bytes.
const SALT: &[u8] = b"cloakroom/v1";
const MIN_LEN: usize = 32;
const MAX_LEN: usize = 256;
const MIN_DISTINCT: usize = 8;
/// Standard base64 of `MAX_LEN` bytes.
const MAX_BASE64: usize = MAX_LEN.div_ceil(3) * 4;

/// A secret of 32 to 256 bytes, from which a sub-key is derived for each use.
///
/// Cloning shares the bytes; they are wiped when the last clone is dropped. They leave the process through
/// [`KeyRing::export`](crate::KeyRing::export) alone.
#[derive(Clone)]
pub struct Key(Arc<Inner>);

struct Inner {
    id: KeyId,
    bytes: Secret<Vec<u8>>,
    /// The pseudorandom key of HKDF (RFC 5869 section 2.2), kept so that deriving is one HMAC.
    prk: Secret<[u8; 32]>,
}

impl Key {
    /// A new key of 32 bytes from the operating system.
    ///
    /// # Errors
    ///
    /// When the operating system has no random bytes to give.
    pub fn generate() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; MIN_LEN]);
        getrandom::fill(&mut bytes[..]).map_err(|error| RandomError::Source(error.into()))?;
        Self::from_bytes(&bytes[..]).map_err(|_| RandomError::Unusable)
    }

    /// A new key of 32 bytes from `rng`, which must be seeded with at least 256 bits from the operating system.
    ///
    /// # Errors
    ///
    /// When `rng` fails, or repeats itself so plainly that its bytes are no key.
    pub fn generate_from<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RandomError<R::Error>> {
        let mut bytes = Zeroizing::new([0; MIN_LEN]);
        rng.try_fill_bytes(&mut bytes[..]).map_err(RandomError::Source)?;
        Self::from_bytes(&bytes[..]).map_err(|_| RandomError::Unusable)
    }

    /// The key made of these 32 to 256 bytes.
    ///
    /// What looks like a placeholder or like text is refused: that is a guard against mistakes in a configuration, and
    /// no measure of entropy. Take the bytes from [`generate`](Self::generate), or from 32 random bytes of your own.
    ///
    /// # Errors
    ///
    /// When there are fewer than 32 or more than 256 bytes, fewer than 8 distinct byte values, or printable ASCII and
    /// line breaks alone: a password, PEM, or hexadecimal or base64 that was not decoded.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        if !(MIN_LEN..=MAX_LEN).contains(&bytes.len()) {
            return Err(InvalidKey { kind: Kind::Length });
        }
        if distinct(bytes) < MIN_DISTINCT {
            return Err(InvalidKey {
                kind: Kind::FewDistinct,
            });
        }
        if bytes
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
        {
            return Err(InvalidKey { kind: Kind::Text });
        }
        let (mut extracted, hkdf) = Hkdf::<Sha256>::extract(Some(SALT), bytes);
        let prk = Secret::new(extracted.into());
        extracted.zeroize();
        let mut id = [0; 4];
        expand(&hkdf, Label::KEY_ID, &mut id);
        Ok(Self(Arc::new(Inner {
            id: KeyId::from_bytes(id),
            bytes: Secret::new(bytes.to_vec()),
            prk,
        })))
    }

    /// The key written in standard base64 (RFC 4648 section 4), with padding and in canonical form.
    ///
    /// # Errors
    ///
    /// When the text is anything else, white space around it included, or when [`from_bytes`](Self::from_bytes) refuses
    /// what it stands for.
    pub fn from_base64(text: &str) -> Result<Self, InvalidKey> {
        if text.len() > MAX_BASE64 {
            return Err(InvalidKey { kind: Kind::Length });
        }
        // The engine wants room for what it estimates, which is up to two bytes more than there are.
        let mut bytes = Zeroizing::new([0; MAX_BASE64 / 4 * 3]);
        let length = STANDARD
            .decode_slice(text, &mut bytes[..])
            .map_err(|_| InvalidKey { kind: Kind::Base64 })?;
        Self::from_bytes(&bytes[..length])
    }

    /// The key's name: HKDF-Expand(PRK, lp("key-id"), 4). It is computed and never chosen, and it is public.
    #[inline]
    pub fn id(&self) -> KeyId {
        self.0.id
    }

    /// The sub-key for `label`: HKDF-Expand(PRK, lp(label) | lp(part 1) | .., 32).
    #[expect(
        clippy::missing_panics_doc,
        reason = "the PRK always has the 32 bytes that HKDF wants"
    )]
    pub fn derive(&self, label: Label<'_>) -> Secret<[u8; 32]> {
        let hkdf =
            Hkdf::<Sha256>::from_prk(self.0.prk.expose()).expect("32 bytes are as long as SHA-256's output");
        let mut sub_key = Zeroizing::new([0; 32]);
        expand(&hkdf, label, &mut sub_key[..]);
        Secret::new(*sub_key)
    }

    pub(crate) fn same_secret(&self, other: &Self) -> bool {
        ct_eq(self.0.bytes.expose(), other.0.bytes.expose())
    }

    /// Appends the key in standard base64 to `out`, which must have room, so that no copy is left behind by growing.
    pub(crate) fn push_base64(&self, out: &mut String) {
        let mut text = Zeroizing::new([0; MAX_BASE64]);
        let length = STANDARD
            .encode_slice(self.0.bytes.expose(), &mut text[..])
            .expect("a key has at most MAX_LEN bytes");
        out.push_str(std::str::from_utf8(&text[..length]).expect("base64 is ASCII"));
    }

    /// How many characters [`push_base64`](Self::push_base64) appends.
    pub(crate) fn base64_len(&self) -> usize {
        self.0.bytes.expose().len().div_ceil(3) * 4
    }
}

fn expand(hkdf: &Hkdf<Sha256>, label: Label<'_>, out: &mut [u8]) {
    label
        .with_info(|info| hkdf.expand_multi_info(info, out))
        .expect("RFC 5869 allows 255 times 32 bytes, and 32 at most are asked for");
}

fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in bytes {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|&&seen| seen).count()
}

/// Prints `Key(324f1d7c)`: the id, which is public, and nothing else.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.0.id)
    }
}

/// Why bytes or text are no [`Key`]. Tells nothing of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidKey {
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Length,
    FewDistinct,
    Text,
    Base64,
}

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Length => "a key has 32 to 256 bytes",
            Kind::FewDistinct => "a key has at least 8 distinct byte values: this looks like a placeholder",
            Kind::Text => "a key is not text: a password, PEM, or hexadecimal or base64 that was not decoded",
            Kind::Base64 => "a key is written in standard base64, padded and canonical",
        })
    }
}

impl Error for InvalidKey {}

#[cfg(test)]
mod tests;
