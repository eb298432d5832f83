//! Opaque tokens: the prefix, the checksum, and that nothing else is one.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use cloakroom_id::{OpaqueToken, TokenHash, TokenKind};
use proptest::prelude::*;

enum Key {}

impl TokenKind for Key {
    const PREFIX: &'static str = "acme";
}

enum Refresh {}

impl TokenKind for Refresh {
    const PREFIX: &'static str = "acme_refresh";
}

/// The secret 40..5f, of zeros, and of ones; texts and hashes computed with Python's base64, zlib and hashlib.
const KNOWN: [(&str, &str); 3] = [
    (
        "acme_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9eJo5Y",
        "ca2a4fe727faaecf16ecd130a86e0885c5540c05375340445071c0657555fd42",
    ),
    (
        "acme_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAZClWt",
        "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925",
    ),
    (
        "acme_____________________________________________bKsL",
        "af9613760f72635fbdb44a5a0a63c39f12af30f950a6ee5c971be188e89c4051",
    ),
];

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn known_tokens_are_those_that_python_computes() {
    for (text, hash) in KNOWN {
        let token = OpaqueToken::<Key>::parse(text.as_bytes()).unwrap();
        assert_eq!(*token.to_text(), text);
        assert_eq!(hex(token.hash().as_bytes()), hash);
        assert_eq!(text.len(), OpaqueToken::<Key>::TEXT_LEN);
    }
}

#[test]
fn every_other_byte_at_every_place_is_refused() {
    for (text, _) in KNOWN {
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = text.as_bytes().to_vec();
                other[at] = byte;
                // A checksum of 32 bits finds each change of one character, which is a burst of six bits.
                let is_same = byte == text.as_bytes()[at];
                assert_eq!(
                    OpaqueToken::<Key>::parse(&other).is_ok(),
                    is_same,
                    "{byte:#04x} at {at}"
                );
            }
        }
    }
}

#[test]
fn other_prefixes_and_lengths_are_refused() {
    let text = KNOWN[0].0;
    let body = &text[5..];
    for other in [
        "",
        "acme",
        "acme_",
        body,
        &format!("acme{body}"),
        &format!("acme__{body}"),
        &format!("acm_{body}"),
        &format!("ACME_{body}"),
        &format!("acme-{body}"),
        &format!("acme_refresh_{body}"),
        &format!(" {text}"),
        &format!("{text} "),
        &format!("{text}="),
        &format!("{text}\n"),
        &text[..text.len() - 1],
        &text[..text.len() - 4],
        &format!("{text}AAAA"),
    ] {
        let error = OpaqueToken::<Key>::parse(other.as_bytes()).err();
        assert_eq!(
            error.map(|error| error.to_string()).as_deref(),
            Some("a token is its prefix, an underscore and 48 characters of base64url with a right checksum"),
            "{other}"
        );
    }
    assert!(OpaqueToken::<Refresh>::parse(text.as_bytes()).is_err());
    let refresh = format!("acme_refresh_{body}");
    assert_eq!(
        *OpaqueToken::<Refresh>::parse(refresh.as_bytes())
            .unwrap()
            .to_text(),
        refresh
    );
}

#[test]
fn d14_a_generated_token_is_new_and_prints_its_prefix_alone() {
    let (one, two) = (
        OpaqueToken::<Key>::generate().unwrap(),
        OpaqueToken::<Key>::generate().unwrap(),
    );
    assert_ne!(one.hash(), two.hash());
    assert_eq!(one.clone().hash(), one.hash());
    assert_eq!(format!("{one:?}"), "OpaqueToken(acme)");
    assert_eq!(format!("{:?}", one.hash()), "TokenHash(..)");
}

#[test]
fn hashes_compare_whole() {
    let hash = OpaqueToken::<Key>::generate().unwrap().hash();
    assert_eq!(TokenHash::from_bytes(*hash.as_bytes()), hash);
    for at in 0..32 {
        for bit in 0..8 {
            let mut other = *hash.as_bytes();
            other[at] ^= 1 << bit;
            assert_ne!(TokenHash::from_bytes(other), hash, "byte {at}, bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_the_same(text in "acme_[A-Za-z0-9_=-]{47,49}") {
        if let Ok(token) = OpaqueToken::<Key>::parse(text.as_bytes()) {
            prop_assert_eq!(&*token.to_text(), &text);
        }
    }

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(OpaqueToken::<Key>::parse(&text).is_err());
    }
}
