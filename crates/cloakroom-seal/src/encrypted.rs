//! `02 | key_id 4 | nonce 12 | AES-256-GCM-SIV( issued_at 6 | ttl 4 | payload | 80 | 00* ) | tag 16`, with the 17 bytes
//! before the ciphertext as associated data.

use aes_gcm_siv::aead::AeadInOut as _;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _};
use cloakroom_core::Secret;

use crate::mode::Mode;
use crate::opened::Place;
use crate::scratch::Scratch;
use crate::times::Times;

const HEAD: usize = 1 + 4 + NONCE;
pub(crate) const NONCE: usize = 12;
const TAG: usize = 16;
/// One byte of padding is always there.
pub(crate) const OVERHEAD: usize = HEAD + Times::LEN + 1 + TAG;

/// AES-256-GCM-SIV with the key-generating key already expanded (RFC 8452 section 4).
#[derive(Clone)]
pub(crate) struct EncryptedKey(Aes256GcmSiv);

impl EncryptedKey {
    pub(crate) fn new(sub_key: &Secret<[u8; 32]>) -> Self {
        Self(Aes256GcmSiv::new(sub_key.expose().into()))
    }

    /// Writes the sealed value to `out`, with `padding` zero bytes after the one byte of padding that is always there.
    pub(crate) fn seal(
        &self,
        id: [u8; 4],
        nonce: [u8; NONCE],
        times: Times,
        payload: &[u8],
        padding: usize,
        out: &mut Scratch,
    ) {
        let mut head = [Mode::Encrypted.version(); HEAD + Times::LEN];
        head[1..5].copy_from_slice(&id);
        head[5..HEAD].copy_from_slice(&nonce);
        head[HEAD..].copy_from_slice(&times.to_bytes());
        out.push(&head);
        out.push(payload);
        out.push(&[0x80]);
        out.push_zeros(padding);
        let (head, text) = out.bytes_mut().split_at_mut(HEAD);
        let tag = self
            .0
            .encrypt_inout_detached(&nonce.into(), head, text.into())
            .expect("4096 characters are far from the 2^36 bytes that RFC 8452 allows");
        out.push(&tag);
    }

    /// Verifies and decrypts `raw`, which has [`OVERHEAD`] bytes at least, in place, and tells its times and where its
    /// payload is. On failure `raw` is the caller's to wipe.
    pub(crate) fn open(&self, raw: &mut [u8]) -> Option<(Times, Place)> {
        let (head, rest) = raw.split_first_chunk_mut::<HEAD>()?;
        let (text, tag) = rest.split_last_chunk_mut::<TAG>()?;
        let nonce: &[u8; NONCE] = head.last_chunk()?;
        self.0
            .decrypt_inout_detached(nonce.into(), head, (&mut *text).into(), (&*tag).into())
            .ok()?;
        // The tag is right: what follows concerns bytes that a holder of the key wrote.
        let (times, padded) = text.split_first_chunk::<{ Times::LEN }>()?;
        let end = padded.iter().rposition(|&byte| byte != 0)?;
        if padded[end] != 0x80 {
            return None;
        }
        let start = HEAD + Times::LEN;
        Some((Times::from_bytes(*times), Place::new(start..start + end)))
    }
}
