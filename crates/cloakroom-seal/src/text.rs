//! base64url without padding (RFC 4648 section 5), strict: each value has one text.

use base64::Engine as _;
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
use base64::engine::GeneralPurpose as Engine;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
use base64::engine::Simd as Engine;
use base64::engine::general_purpose::NO_PAD;
use zeroize::Zeroize;

use crate::scratch::Scratch;

/// The most characters that cookie-name and value have together in RFC 6265bis section 5.6.
pub(crate) const MAX_CHARS: usize = 4096;

/// How many bytes [`Text::encode`] adds at most to more than 96 bytes.
pub(crate) const SLACK: usize = 32;

/// What stands in a buffer before it is written over. Not zero: a block of zeros comes from `calloc`, which takes longer.
const FILLER: u8 = b'A';

/// The engine, with the instruction set that was found when the sealer was built.
pub(crate) struct Text(Engine);

impl Text {
    pub(crate) fn new() -> Self {
        // `NO_PAD` refuses padding and spare bits that are not zero; c10_.. holds it to that.
        #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
        return Self(Engine::url_safe(NO_PAD));
        #[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
        return Self(Engine::new(&base64::alphabet::URL_SAFE, NO_PAD));
    }

    /// The text of the bytes in `scratch`, which has more bytes afterwards.
    ///
    /// The engine's vector code wants 128 bytes, takes 24 in a step and reads 32; it leaves the rest to scalar code, which
    /// costs half as much as the MAC of a small value. So more is encoded than asked for and cut off again: every
    /// character depends on its own three bytes alone, and the zeros that follow are the spare bits of the last one.
    pub(crate) fn encode(&self, scratch: &mut Scratch) -> String {
        let length = scratch.bytes().len();
        let taken = (length.next_multiple_of(24) + 8).max(128);
        scratch.push(&[0; 128][..taken - length]);
        let mut text = vec![FILLER; encoded_len(taken)];
        self.0
            .encode_slice(scratch.bytes(), &mut text)
            .expect("`encoded_len` bytes are what the text takes");
        text.truncate(encoded_len(length));
        String::from_utf8(text).expect("base64url is ASCII")
    }

    /// The bytes that `text` stands for, when they are `min` at least.
    pub(crate) fn decode(&self, text: &[u8], min: usize) -> Option<Vec<u8>> {
        if text.len() > MAX_CHARS || text.len() % 4 == 1 || text.len() < encoded_len(min) {
            return None;
        }
        // A copy only to have bytes to write over.
        let mut raw = text.to_vec();
        if let Ok(length) = self.0.decode_slice(text, &mut raw) {
            raw.truncate(length);
            return Some(raw);
        }
        raw.zeroize();
        None
    }
}

/// How many characters the text of `raw_len` bytes has.
pub(crate) const fn encoded_len(raw_len: usize) -> usize {
    // 1 byte takes 2 characters, 2 take 3.
    let rest = match raw_len % 3 {
        0 => 0,
        rest => rest + 1,
    };
    (raw_len / 3).saturating_mul(4).saturating_add(rest)
}
