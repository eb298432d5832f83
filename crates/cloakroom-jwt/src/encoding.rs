//! Base64url without padding, canonical: each octet string has one text (RFC 7515 section 2, RFC 4648 section 3.5).

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
#[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
use base64::engine::GeneralPurpose as Engine;
#[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::Simd as Engine;
use base64::engine::general_purpose::NO_PAD;

use crate::{Error, ErrorKind};

/// The engine, with the instruction set that was found when it was made.
#[derive(Clone, Debug)]
pub(crate) struct Base64Url(Engine);

impl Base64Url {
    pub(crate) fn new() -> Self {
        // `NO_PAD` refuses padding, and spare bits that are not zero; e5_.. holds it to that.
        #[cfg(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64")))]
        return Self(Engine::url_safe(NO_PAD));
        #[cfg(not(all(feature = "std", any(target_arch = "x86_64", target_arch = "aarch64"))))]
        return Self(Engine::new(&base64::alphabet::URL_SAFE, NO_PAD));
    }

    /// Writes the octets that `text` stands for to the beginning of `octets`, which grows by what they and `slack` more
    /// need and never shrinks, and tells how many there are.
    #[inline]
    pub(crate) fn decode_into(
        &self,
        text: &[u8],
        octets: &mut Vec<u8>,
        slack: usize,
    ) -> Result<usize, Error> {
        // Four characters are three octets; the rest of a group stands for fewer.
        let needed = text.len() / 4 * 3 + 3 + slack;
        if octets.len() < needed {
            octets.resize(needed, 0);
        }
        self.0
            .decode_slice(text, octets)
            .map_err(|_| ErrorKind::Malformed.into())
    }

    /// As [`decode_into`](Self::decode_into), faster for the 43 characters of an HS256 signature.
    ///
    /// The engine's vector code wants 64 characters and leaves the last group to scalar code, which takes as long for 43
    /// as vectors for 300. So zeros, which are spelled `A`, are put behind the text; what is cut off again must be zero,
    /// or the text has spare bits that are not.
    #[inline]
    pub(crate) fn decode_signature(&self, text: &[u8], octets: &mut Vec<u8>) -> Result<usize, Error> {
        const FILLED: usize = 68;
        if text.len() >= FILLED {
            return self.decode_into(text, octets, 0);
        }
        let mut filled = [b'A'; FILLED];
        filled[..text.len()].copy_from_slice(text);
        let length = text.len() * 3 / 4;
        self.decode_into(&filled, octets, 0)?;
        if text.len() % 4 == 1 || octets[length] != 0 {
            return Err(ErrorKind::Malformed.into());
        }
        Ok(length)
    }
}

/// How many characters the text of so many octets has.
#[inline]
pub(crate) const fn encoded_len(octets: usize) -> usize {
    octets / 3 * 4 + [0, 2, 3][octets % 3]
}

/// The octets that `text` stands for.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| ErrorKind::Malformed.into())
}

/// The text of `octets`.
pub(crate) fn encode(octets: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(octets)
}

/// Appends the text of `octets`.
///
/// It is made by a library that appends to a `String`. A text that came as bytes would have to be checked for UTF-8, which
/// costs a token of 345 characters as much as the encoding of its signature.
#[inline]
pub(crate) fn append(octets: &[u8], text: &mut String) {
    base64_simd::URL_SAFE_NO_PAD.encode_append(octets, text);
}
