//! What the tests share: fixed keys, a fixed time, and a generator that counts.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use std::time::Duration;

use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::{Key, KeyRing};
use cloakroom_seal::{Mode, Sealer};
use rand_core::{Infallible, TryCryptoRng, TryRng};

pub(crate) static NAME: CookieName = CookieName::from_static("__Host-id");
pub(crate) const PURPOSE: &str = "login";
pub(crate) const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);
pub(crate) const TTL: Duration = Duration::from_secs(43_200);
pub(crate) const PAYLOAD: &[u8] = br#"{"sub":"u1"}"#;
pub(crate) const MODES: [Mode; 2] = [Mode::Signed, Mode::Encrypted];

/// `key(0)` is the one of the published vector: bytes 00 to 1f. No other seed gives its bytes.
pub(crate) fn key(seed: u8) -> Key {
    let byte = |i: usize| u8::try_from(if seed == 0 { i } else { i * 8 }).unwrap() ^ seed;
    Key::from_bytes(&std::array::from_fn::<u8, 32, _>(byte)).unwrap()
}

pub(crate) fn ring() -> KeyRing {
    KeyRing::single(key(0))
}

pub(crate) fn sealer_for(mode: Mode, ring: &KeyRing, name: &CookieName, purpose: &str) -> Sealer {
    match mode {
        Mode::Signed => Sealer::signed(ring, name, purpose),
        Mode::Encrypted => Sealer::encrypted(ring, name, purpose),
    }
    .unwrap()
}

pub(crate) fn sealer(mode: Mode, ring: &KeyRing) -> Sealer {
    sealer_for(mode, ring, &NAME, PURPOSE)
}

/// `NOW` moved by so many milliseconds.
pub(crate) fn now(millis: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + millis)
}

/// Gives a0, a1, a2, .. for ever, from its start again when it is cloned.
#[derive(Clone)]
pub(crate) struct Counting(pub(crate) u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("nonces are bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("nonces are bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// Values made by hand, with right tags over whatever is asked for.
pub(crate) mod forge {
    use aes_gcm_siv::aead::AeadInOut as _;
    use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use cloakroom_keyring::{Key, Label};
    use hmac::{Hmac, Mac as _};
    use sha2::Sha256;

    use super::{NAME, PURPOSE};

    fn times(issued_at: u64, ttl: u32) -> Vec<u8> {
        [&issued_at.to_be_bytes()[2..], &ttl.to_be_bytes()].concat()
    }

    /// A signed value of these times.
    pub(crate) fn signed(key: &Key, version: u8, issued_at: u64, ttl: u32, payload: &[u8]) -> String {
        let label = Label::seal_signed(PURPOSE.as_bytes(), NAME.as_bytes()).unwrap();
        let id = *key.id().as_bytes();
        let mut value = [&[version][..], &id, &times(issued_at, ttl), payload].concat();
        let mut hmac = Hmac::<Sha256>::new_from_slice(key.derive(label).expose()).unwrap();
        hmac.update(&value);
        value.extend(hmac.finalize().into_bytes());
        URL_SAFE_NO_PAD.encode(value)
    }

    /// An encrypted value of these times, whose plaintext ends in `padded`: payload and padding.
    pub(crate) fn encrypted(key: &Key, version: u8, issued_at: u64, ttl: u32, padded: &[u8]) -> String {
        raw_encrypted(key, version, &[&times(issued_at, ttl), padded].concat())
    }

    /// An encrypted value of this whole plaintext.
    pub(crate) fn raw_encrypted(key: &Key, version: u8, plaintext: &[u8]) -> String {
        let label = Label::seal_encrypted(PURPOSE.as_bytes(), NAME.as_bytes()).unwrap();
        let nonce = [0xa0; 12];
        let head = [&[version][..], key.id().as_bytes(), &nonce].concat();
        let mut text = plaintext.to_vec();
        let tag = Aes256GcmSiv::new(key.derive(label).expose().into())
            .encrypt_inout_detached(&nonce.into(), &head, text.as_mut_slice().into())
            .unwrap();
        URL_SAFE_NO_PAD.encode([head, text, tag.to_vec()].concat())
    }
}
