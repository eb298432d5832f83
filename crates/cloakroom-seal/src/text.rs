//! base64url without padding (RFC 4648 section 5), strict: each value has one text.

use base64::Engine as _;
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
use base64::engine::GeneralPurpose as Engine;
#[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
use base64::engine::Simd as Engine;
use base64::engine::general_purpose::NO_PAD;
use zeroize::Zeroize;

/// The most characters that cookie-name and value have together in RFC 6265bis section 5.6.
pub(crate) const MAX_CHARS: usize = 4096;

/// The engine that reads, with the instruction set that was found when the sealer was built.
pub(crate) struct Text(Engine);

impl Text {
    pub(crate) fn new() -> Self {
        // `NO_PAD` refuses padding and spare bits that are not zero; c10_.. holds it to that.
        #[cfg(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon")))]
        return Self(Engine::url_safe(NO_PAD));
        #[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))))]
        return Self(Engine::new(&base64::alphabet::URL_SAFE, NO_PAD));
    }

    /// The text of `raw`.
    ///
    /// Of our own bytes it is made by a library that answers with a `String`. A text that came as bytes would have to be
    /// checked for UTF-8, which takes two thirds of what the encoding takes.
    pub(crate) fn encode(raw: &[u8]) -> String {
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(raw)
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
