//! `01 | key_id 4 | issued_at 6 | ttl 4 | payload | HMAC-SHA256 32`, the tag over all before it.

use std::ops::Range;

use cloakroom_core::{Secret, ct_eq};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::mode::Mode;
use crate::times::Times;

const HEAD: usize = 1 + 4 + Times::LEN;
const TAG: usize = 32;
pub(crate) const OVERHEAD: usize = HEAD + TAG;

/// HMAC with the blocks of its key already hashed, so that a message does not pay for them.
#[derive(Clone)]
pub(crate) struct SignedKey(Hmac<Sha256>);

impl SignedKey {
    pub(crate) fn new(sub_key: &Secret<[u8; 32]>) -> Self {
        Self(Hmac::new_from_slice(sub_key.expose()).expect("HMAC takes keys of any length"))
    }

    /// Writes the sealed value to `out`, which has exactly its length.
    pub(crate) fn seal(&self, id: [u8; 4], times: Times, payload: &[u8], out: &mut [u8]) {
        let (message, tag) = out.split_at_mut(HEAD + payload.len());
        message[0] = Mode::Signed.version();
        message[1..5].copy_from_slice(&id);
        message[5..HEAD].copy_from_slice(&times.to_bytes());
        message[HEAD..].copy_from_slice(payload);
        tag.copy_from_slice(&self.tag(message));
    }

    /// Verifies `raw`, which has [`OVERHEAD`] bytes at least, and tells its times and where its payload is.
    pub(crate) fn open(&self, raw: &[u8]) -> Option<(Times, Range<usize>)> {
        let (message, tag) = raw.split_last_chunk::<TAG>()?;
        if !ct_eq(&self.tag(message), tag) {
            return None;
        }
        let times = message.get(5..)?.first_chunk::<{ Times::LEN }>()?;
        Some((Times::from_bytes(*times), HEAD..message.len()))
    }

    fn tag(&self, message: &[u8]) -> [u8; TAG] {
        let mut hmac = self.0.clone();
        hmac.update(message);
        hmac.finalize().into_bytes().into()
    }
}
