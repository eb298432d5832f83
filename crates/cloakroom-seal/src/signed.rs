//! `01 | key_id 4 | issued_at 6 | ttl 4 | payload | HMAC-SHA256 32`, the tag over all before it.

use cloakroom_core::Secret;
use hmac::digest::FixedOutput as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::mode::Mode;
use crate::opened::Place;
use crate::scratch::Scratch;
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

    /// Writes the sealed value to `out`.
    pub(crate) fn seal(&self, id: [u8; 4], times: Times, payload: &[u8], out: &mut Scratch) {
        let mut head = [Mode::Signed.version(); HEAD];
        head[1..5].copy_from_slice(&id);
        head[5..].copy_from_slice(&times.to_bytes());
        out.push(&head);
        out.push(payload);
        let tag = self.mac(out.bytes()).finalize_fixed();
        out.push(&tag);
    }

    /// Verifies `raw`, which has [`OVERHEAD`] bytes at least, and tells its times and where its payload is.
    pub(crate) fn open(&self, raw: &[u8]) -> Option<(Times, Place)> {
        let (message, tag) = raw.split_last_chunk::<TAG>()?;
        // `verify_slice` compares in constant time. `verify` does too, and copies so much that it costs 20 ns more.
        self.mac(message).verify_slice(tag).ok()?;
        let times = message.get(5..)?.first_chunk::<{ Times::LEN }>()?;
        Some((Times::from_bytes(*times), Place::new(HEAD..message.len())))
    }

    #[inline]
    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut hmac = self.0.clone();
        hmac.update(message);
        hmac
    }
}
