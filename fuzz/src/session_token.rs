//! The texts of session tokens, selectors, opaque tokens and index secrets.

use std::fmt::Debug;

use cloakroom_id::{IndexSecret, OpaqueToken, Selector, SessionToken, TokenKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::input::Input;

pub(crate) const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Two kinds, of which one's prefix begins as the other's does.
enum Acme {}
enum AcmeKey {}

impl TokenKind for Acme {
    const PREFIX: &'static str = "acme";
}

impl TokenKind for AcmeKey {
    const PREFIX: &'static str = "acme_key";
}

/// Laws, for any text, and for texts made of right ones by an edit:
///
/// 1. A session token, a selector, an opaque token and an index secret parse exactly when a reader of base64 by hand,
///    and a checksum taken bit by bit, say so; each is written as the text that it was read from.
/// 2. What is in them, and their hashes and tags, are what the bytes of the text say.
/// 3. No text is an opaque token of two kinds.
/// 4. No `Debug` and no error says anything of the text: there is one for each kind of mistake.
///
/// The input is `=` and a text, or the number of a kind of text, 48 bytes of which a right one is made, and edits of it,
/// three bytes each.
///
/// # Panics
///
/// When a law is broken.
pub fn session_token(data: &[u8]) {
    let text = match data {
        [b'=', text @ ..] => text.to_vec(),
        script => edited(script),
    };
    reads_session_token(&text);
    reads_opaque_token::<Acme>(&text);
    reads_opaque_token::<AcmeKey>(&text);
    assert!(
        OpaqueToken::<Acme>::parse(&text).is_err() || OpaqueToken::<AcmeKey>::parse(&text).is_err(),
        "a token of two kinds"
    );
    if let Ok(text) = std::str::from_utf8(&text) {
        reads_selector(text);
        reads_index_secret(text);
    }
    // The bytes themselves may be a secret too.
    let secret = IndexSecret::from_bytes(&text);
    assert_eq!(secret.is_ok(), is_secret(&text));
    says_nothing(secret);
}

fn reads_session_token(text: &[u8]) {
    let expected = decoded(text, URL_SAFE).filter(|bytes| bytes.len() == 48);
    let found = SessionToken::parse(text);
    assert_eq!(found.is_ok(), expected.is_some(), "a session token");
    if let (Ok(token), Some(bytes)) = (&found, expected) {
        assert_eq!(token.to_text().as_bytes(), text);
        assert_eq!(token.selector().as_bytes()[..], bytes[..16]);
        let hash = Sha256::digest(&bytes[16..]);
        assert_eq!(token.verifier_hash().as_bytes()[..], hash[..]);
    }
    says_nothing(found);
}

fn reads_opaque_token<K: TokenKind>(text: &[u8]) {
    let prefix = format!("{}_", K::PREFIX);
    let body = text.strip_prefix(prefix.as_bytes());
    let expected = body
        .and_then(|body| decoded(body, URL_SAFE))
        .filter(|bytes| bytes.len() == 36 && bytes[32..] == crc32(&bytes[..32]).to_be_bytes());
    let found = OpaqueToken::<K>::parse(text);
    assert_eq!(found.is_ok(), expected.is_some(), "an opaque token");
    if let (Ok(token), Some(bytes)) = (&found, expected) {
        assert_eq!(token.to_text().as_bytes(), text);
        assert_eq!(token.hash().as_bytes()[..], Sha256::digest(&bytes[..32])[..]);
        assert_eq!(format!("{token:?}"), format!("OpaqueToken({})", K::PREFIX));
    }
    says_nothing(found.map(|_| ()));
}

fn reads_selector(text: &str) {
    let expected = decoded(text.as_bytes(), URL_SAFE).filter(|bytes| bytes.len() == 16);
    let found = Selector::parse(text);
    assert_eq!(
        found.ok().map(|selector| selector.as_bytes().to_vec()),
        expected,
        "a selector"
    );
    if let Ok(selector) = found {
        assert_eq!(selector.to_text(), text);
        assert_eq!(selector.tag().as_bytes()[..], selector.as_bytes()[..2]);
    }
}

fn reads_index_secret(text: &str) {
    let expected = text
        .strip_suffix('=')
        .filter(|body| body.len() == 43)
        .and_then(|body| decoded(body.as_bytes(), STANDARD))
        .filter(|bytes| is_secret(bytes));
    let found = IndexSecret::from_base64(text);
    assert_eq!(found.is_ok(), expected.is_some(), "an index secret");
    if let (Ok(secret), Some(bytes)) = (&found, expected) {
        assert_eq!(*secret.export(), text);
        let mac = Hmac::<Sha256>::new_from_slice(&bytes).expect("HMAC takes a key of any length");
        let tag = mac.chain_update(text).finalize().into_bytes();
        assert_eq!(secret.tag(text.as_bytes()).as_bytes()[..], tag[..2]);
    }
    says_nothing(found);
}

/// No error and no `Debug` depends on the text: its words are few, and all known.
fn says_nothing<T: Debug, E: std::error::Error>(found: Result<T, E>) {
    let told = match found {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!told.contains('\n'));
    let longest = told
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(str::len)
        .max();
    assert!(longest <= Some("InvalidIndexSecret".len()), "{told}");
}

fn is_secret(bytes: &[u8]) -> bool {
    let values: std::collections::BTreeSet<_> = bytes.iter().collect();
    let is_text = |byte: &u8| *byte == b'\t' || *byte == b'\n' || *byte == b'\r' || (32..127).contains(byte);
    bytes.len() == 32 && values.len() >= 8 && !bytes.iter().all(is_text)
}

/// What base64 without padding stands for, digit by digit; `None` when it is not the text that these bytes have.
pub(crate) fn decoded(text: &[u8], alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text {
        let digit = alphabet.iter().position(|known| known == letter)?;
        held = held << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    // Neither a whole digit nor a bit that is set may be left over.
    (bits < 6 && held & ((1 << bits) - 1) == 0).then_some(bytes)
}

pub(crate) fn encoded(bytes: &[u8], alphabet: &[u8; 64]) -> Vec<u8> {
    let (mut text, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    let digit = |number: u32| alphabet[(number & 63) as usize];
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 6 {
            bits -= 6;
            text.push(digit(held >> bits));
        }
    }
    if bits > 0 {
        text.push(digit(held << (6 - bits)));
    }
    text
}

/// CRC-32 (ISO-HDLC) bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    !crc
}

/// A right text, which parses as it is, with edits.
fn edited(script: &[u8]) -> Vec<u8> {
    let mut input = Input(script);
    let kind = input.below(5);
    let bytes: [u8; 48] = input.array();
    let opaque = |prefix: &str| {
        let mut secret = bytes[..32].to_vec();
        secret.extend(crc32(&bytes[..32]).to_be_bytes());
        [prefix.as_bytes(), b"_", &encoded(&secret, URL_SAFE)].concat()
    };
    let mut text = match kind {
        0 => encoded(&bytes, URL_SAFE),
        1 => encoded(&bytes[..16], URL_SAFE),
        2 => opaque(Acme::PREFIX),
        3 => opaque(AcmeKey::PREFIX),
        _ => [&encoded(&bytes[..32], STANDARD)[..], b"="].concat(),
    };
    let parses = match kind {
        0 => SessionToken::parse(&text).is_ok(),
        1 => std::str::from_utf8(&text).is_ok_and(|text| Selector::parse(text).is_ok()),
        2 => OpaqueToken::<Acme>::parse(&text).is_ok(),
        3 => OpaqueToken::<AcmeKey>::parse(&text).is_ok(),
        _ => std::str::from_utf8(&text)
            .is_ok_and(|text| IndexSecret::from_base64(text).is_ok() == is_secret(&bytes[..32])),
    };
    assert!(parses, "a right text of kind {kind} is refused");
    for _ in 0..8 {
        if input.is_empty() {
            break;
        }
        let what = input.byte();
        let at = input.below(text.len() + 1);
        let with = input.byte();
        match what % 6 {
            0 => text.truncate(at),
            1 => text.insert(at, with),
            2 => text.insert(at, URL_SAFE[usize::from(with % 64)]),
            3 if at < text.len() => drop(text.remove(at)),
            4 if at < text.len() => text[at] = URL_SAFE[usize::from(with % 64)],
            5 if at < text.len() => text[at] ^= 1 << (with % 8),
            _ => {}
        }
    }
    text
}
