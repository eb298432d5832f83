//! The guard against algorithm confusion: a public key, which everybody knows, must never become an HMAC secret
//! (RFC 8725 section 2.1).

use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cloakroom_core::Secret;

/// Whether `secret` is the encoding of a key: PEM, DER (bare or in base64), an OpenSSH line, or JSON.
///
/// A random secret of 32 bytes is taken for one with a probability below 2^-22.
pub(super) fn is_encoded_key(secret: &[u8]) -> bool {
    let text = secret
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(secret)
        .trim_ascii();
    is_pem(text)
        || is_der(text)
        || is_der(secret)
        || is_open_ssh(text)
        || is_json(text)
        || is_der_in_base64(text)
}

/// Wherever the block begins: text may stand before it (RFC 7468 section 2).
fn is_pem(text: &[u8]) -> bool {
    text.windows(10).any(|window| window == b"-----BEGIN")
}

fn is_open_ssh(text: &[u8]) -> bool {
    [&b"ssh-"[..], b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

fn is_json(text: &[u8]) -> bool {
    matches!(
        (text.first(), text.last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    ) && core::str::from_utf8(text).is_ok()
}

/// A SEQUENCE over the whole text that begins with a SEQUENCE or an INTEGER, as `SubjectPublicKeyInfo`, a certificate,
/// PKCS#1, PKCS#8 and SEC 1 private keys all do.
fn is_der(bytes: &[u8]) -> bool {
    let [0x30, first, rest @ ..] = bytes else {
        return false;
    };
    let (length, body) = match *first {
        short @ ..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let Some((digits, body)) = rest.split_at_checked(usize::from(long & 0x7f)) else {
                return false;
            };
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, body)
        }
        _ => return false,
    };
    // A line break may trail in a file.
    let trailing = body.len().wrapping_sub(length);
    trailing <= 2 && matches!(body, [0x30 | 0x02, ..])
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The middle of a PEM block, as it is pasted into environment variables.
fn is_der_in_base64(text: &[u8]) -> bool {
    // Every such text starts with the 0x30 of the SEQUENCE.
    if !text.starts_with(b"M") {
        return false;
    }
    // Both copies are wiped: it may be a secret after all. The capacity is there from the start.
    let mut packed = Vec::with_capacity(text.len());
    packed.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    let packed = Secret::new(packed);
    [&alphabet::STANDARD, &alphabet::URL_SAFE]
        .into_iter()
        .any(|alphabet| {
            GeneralPurpose::new(alphabet, LENIENT)
                .decode(packed.expose())
                .map(Secret::new)
                .is_ok_and(|der| is_der(der.expose()))
        })
}
