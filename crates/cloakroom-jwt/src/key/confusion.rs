//! The guard against algorithm confusion: a public key, which everybody knows, must never become an HMAC secret
//! (RFC 8725 section 2.1).
//!
//! It does not use the reader of keys in `der.rs`, which takes just what the backends can use: a key that is of no use here,
//! a certificate, or a file that is cut or has something behind it is as public, and the guard is there without features.

use alloc::vec::Vec;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cloakroom_core::Secret;

/// Whether `secret` is the encoding of a key: PEM, DER, an OpenSSH key, a JWK or a set of them, each as it is or in base64,
/// in quotes or not, with more behind it or not.
///
/// A random secret of 32 bytes is taken for one with a probability below 2^-39, and a longer one below 2^-36: that of DER,
/// which [`is_der`] counts up. Everything else has six octets or more that are fixed. Text in base64 stands for random bytes
/// in turn, with no other probability.
pub(super) fn is_encoded_key(secret: &[u8]) -> bool {
    let text = secret
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(secret)
        .trim_ascii_start();
    let text = text
        .strip_prefix(b"\"")
        .or(text.strip_prefix(b"'"))
        .unwrap_or(text);
    is_key(secret) || is_key(text) || is_key_in_base64(text)
}

fn is_key(bytes: &[u8]) -> bool {
    is_pem(bytes) || is_der(bytes) || is_open_ssh(bytes) || is_jwk(bytes)
}

/// Wherever the block begins: text may stand before it (RFC 7468 section 2).
fn is_pem(text: &[u8]) -> bool {
    text.windows(10).any(|window| window == b"-----BEGIN")
}

/// A line of text, or the bytes that it has in base64, which begin with the length of the name (RFC 4253 section 6.6).
fn is_open_ssh(bytes: &[u8]) -> bool {
    let names = [
        &b"ssh-rsa"[..],
        b"ssh-dss",
        b"ssh-ed",
        b"ecdsa-sha2-",
        b"sk-ssh-",
        b"sk-ecdsa-",
    ];
    let blob = bytes.strip_prefix(&[0, 0, 0]).and_then(|rest| rest.get(1..));
    names
        .iter()
        .any(|name| bytes.starts_with(name) || blob.is_some_and(|blob| blob.starts_with(name)))
}

/// An object or an array, as it begins, with a member `kty` or `keys` (RFC 7517 sections 4.1 and 5.1) somewhere in it.
fn is_jwk(text: &[u8]) -> bool {
    matches!(text, [b'{' | b'[', ..]) && has_member(text)
}

fn has_member(text: &[u8]) -> bool {
    (0..text.len()).any(|at| {
        let rest = &text[at..];
        // In a string of JSON or of a shell the quotes are escaped themselves.
        let rest = rest.strip_prefix(b"\"kty").or(rest.strip_prefix(b"\"keys"));
        let rest = rest.map(|rest| rest.strip_prefix(b"\\").unwrap_or(rest));
        rest.and_then(|rest| rest.strip_prefix(b"\""))
            .is_some_and(|rest| matches!(rest.trim_ascii_start(), [b':', ..]))
    })
}

/// A SEQUENCE of what a key or a certificate begins with. What comes after it does not matter.
///
/// Of random bytes the first is its tag with 2^-8, and the next a length that fits with 2^-3 where there are 32 bytes, with
/// 2^-1 where there are many. What it begins with has the probabilities below, of which the first is the greatest.
fn is_der(bytes: &[u8]) -> bool {
    let Some((SEQUENCE, content, _)) = tag_length_value(bytes) else {
        return false;
    };
    match tag_length_value(content) {
        // PKCS#8, SEC 1, PKCS#1 (private), PKCS#12: a version, and the tag of what follows. 2^-28.
        Some((INTEGER, [0..=3], rest)) => matches!(rest, [SEQUENCE | OCTET_STRING | INTEGER, ..]),
        // `RSAPublicKey`: a modulus of 512 bits or more, and an exponent of at most 64 to the end. 2^-29.
        Some((INTEGER, modulus, rest)) => {
            modulus.len() >= 64 && matches!(tag_length_value(rest), Some((INTEGER, e, [])) if e.len() <= 8)
        }
        Some((SEQUENCE, inner, rest)) => match tag_length_value(inner) {
            // `SubjectPublicKeyInfo`, an encrypted PKCS#8 key: an OID of a root that is in use. 2^-34.
            Some((OID, [0x2a | 0x2b | 0x55 | 0x60 | 0x67, more @ ..], _)) => {
                more.len() < 10 && matches!(rest, [BIT_STRING | OCTET_STRING, ..])
            }
            // A certificate begins with its version, as of version 2, or with its serial number and an algorithm; a request
            // for one with its version and a name. 2^-34.
            Some((0xa0, [INTEGER, 1, 0..=2], _) | (INTEGER, [0], [SEQUENCE, ..])) => true,
            Some((INTEGER, serial, rest)) => {
                serial.len() <= 20 && matches!(tag_length_value(rest), Some((SEQUENCE, [OID, ..], _)))
            }
            _ => false,
        },
        _ => false,
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// The first value of some DER, and what follows it.
fn tag_length_value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, first, rest @ ..] = bytes else {
        return None;
    };
    let (length, rest) = match *first {
        short @ ..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((*tag, value, rest))
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// A file in base64, or the middle of a PEM block, as they are pasted into environment variables.
fn is_key_in_base64(text: &[u8]) -> bool {
    // Both copies are wiped: it may be a secret after all. The capacity is there from the start.
    let mut packed = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [octet, after @ ..] = rest {
        rest = match (octet, after) {
            // A line break that is spelled out.
            (b'\\', [b'n' | b'r', after @ ..]) => after,
            _ => after,
        };
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'-' | b'_' | b'=' => packed.push(*octet),
            b'\\' | b'\t' | b'\n' | b'\r' | b' ' => {}
            // Anything else is behind the text.
            _ => break,
        }
    }
    let packed = Secret::new(packed);
    [&alphabet::STANDARD, &alphabet::URL_SAFE]
        .into_iter()
        .any(|alphabet| {
            GeneralPurpose::new(alphabet, LENIENT)
                .decode(packed.expose())
                .map(Secret::new)
                .is_ok_and(|bytes| is_key(bytes.expose()))
        })
}

#[cfg(test)]
mod tests {
    use super::is_encoded_key;

    /// Random bytes (of xorshift) behind the beginnings that count for most: so many of 2^14 are taken as the probabilities in
    /// [`super::is_der`] say.
    #[test]
    fn e4_random_secrets_are_rarely_refused() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        let mut count = |beginning: &[u8]| {
            let mut taken = 0;
            for _ in 0..1 << 14 {
                let mut secret = [0; 32];
                secret.fill_with(&mut random);
                secret[..beginning.len()].copy_from_slice(beginning);
                taken += u32::from(is_encoded_key(&secret));
            }
            taken
        };
        assert_eq!(count(&[]), 0);
        // 31 of 256 lengths fit, then 2^-28.
        assert_eq!(count(&[0x30]), 0);
        // 4 versions of 256, and 3 tags: 2^-12.4, or 3 of them.
        let taken = count(&[0x30, 30, 0x02, 0x01]);
        assert!((1..12).contains(&taken), "{taken}");
        // 25 lengths, 5 roots, 2 tags of 256 each.
        let taken = count(&[0x30, 30, 0x30, 20, 0x06]);
        assert!(taken < 8, "{taken}");
    }
}
