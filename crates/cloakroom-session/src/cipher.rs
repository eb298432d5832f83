//! `02 | key_id 4 | nonce 12 | AES-256-GCM-SIV( body ) | tag 16`, AAD = lp(selector) | 02.

use std::fmt;

use aes_gcm_siv::aead::AeadInOut as _;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _};
use cloakroom_keyring::{InvalidLabel, KeyRing, KeyState, Label};
use cloakroom_store::cloakroom_id::Selector;
use rand::RngExt as _;

pub(crate) const VERSION: u8 = 2;
const NONCE: usize = 12;
pub(crate) const HEAD: usize = 1 + 4 + NONCE;
pub(crate) const TAG: usize = 16;

/// Encrypts the payloads of one store under the active key of a ring, and opens those under any key that opens.
#[derive(Clone)]
pub(crate) struct Cipher {
    /// The active key first.
    keys: Vec<([u8; 4], Aes256GcmSiv)>,
}

impl Cipher {
    pub(crate) fn new(ring: &KeyRing, store: &str) -> Result<Self, InvalidLabel> {
        let label = Label::record(store.as_bytes())?;
        let mut keys: Vec<_> = ring.keys().collect();
        keys.sort_by_key(|(_, state)| *state != KeyState::Active);
        let keys = keys
            .into_iter()
            .map(|(key, _)| {
                let sub_key = key.derive(label);
                (*key.id().as_bytes(), Aes256GcmSiv::new(sub_key.expose().into()))
            })
            .collect();
        Ok(Self { keys })
    }

    /// Makes the payload of the body that stands in `out` after [`HEAD`] bytes of any kind.
    pub(crate) fn seal(&self, selector: Selector, out: &mut Vec<u8>) {
        let (id, key) = self.keys.first().expect("a key ring has exactly one active key");
        // A repeated nonce, from a cloned machine, would show only that two equal payloads of one session are equal:
        // RFC 8452 section 9.
        let nonce: [u8; NONCE] = rand::rng().random();
        out[0] = VERSION;
        out[1..5].copy_from_slice(id);
        out[5..HEAD].copy_from_slice(&nonce);
        let tag = key
            .encrypt_inout_detached(&nonce.into(), &associated(selector), (&mut out[HEAD..]).into())
            .expect("a payload is far from the 2^36 bytes that RFC 8452 allows");
        out.extend_from_slice(&tag);
    }

    /// The body of a payload that begins with [`VERSION`]; `None` when it is not authentic for `selector`.
    pub(crate) fn open(&self, selector: Selector, payload: &[u8]) -> Option<Vec<u8>> {
        let (head, rest) = payload.split_first_chunk::<HEAD>()?;
        let (text, tag) = rest.split_last_chunk::<TAG>()?;
        let nonce: &[u8; NONCE] = head.last_chunk()?;
        let (_, key) = self.keys.iter().find(|(id, _)| id[..] == head[1..5])?;
        let mut body = text.to_vec();
        key.decrypt_inout_detached(
            nonce.into(),
            &associated(selector),
            body.as_mut_slice().into(),
            tag.into(),
        )
        .ok()?;
        Some(body)
    }
}

/// lp(selector) | version.
fn associated(selector: Selector) -> [u8; 19] {
    let mut bytes = [VERSION; 19];
    bytes[..2].copy_from_slice(&16_u16.to_be_bytes());
    bytes[2..18].copy_from_slice(selector.as_bytes());
    bytes
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(..)")
    }
}
