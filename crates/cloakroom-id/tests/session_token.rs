//! Session tokens: what is read and written, and where their bytes come from.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

use std::collections::HashSet;
use std::convert::Infallible;

use cloakroom_id::{Selector, SessionToken, SubjectTag, VerifierHash};
use proptest::prelude::*;
use rand_core::{TryCryptoRng, TryRng};

/// Selector 00..0f, verifier 40..5f. This and the other values were computed with Python's hashlib and base64.
const TOKEN: &str = "AAECAwQFBgcICQoLDA0OD0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f";
const SELECTOR: &str = "AAECAwQFBgcICQoLDA0ODw";
const HASH: [u8; 32] = [
    0xca, 0x2a, 0x4f, 0xe7, 0x27, 0xfa, 0xae, 0xcf, 0x16, 0xec, 0xd1, 0x30, 0xa8, 0x6e, 0x08, 0x85, 0xc5,
    0x54, 0x0c, 0x05, 0x37, 0x53, 0x40, 0x44, 0x50, 0x71, 0xc0, 0x65, 0x75, 0x55, 0xfd, 0x42,
];

/// Gives 1, 2, 3 and so on.
#[derive(Default)]
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("tokens ask for bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("tokens ask for bytes")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            self.0 += 1;
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

#[derive(PartialEq, Debug)]
struct Empty;

impl std::fmt::Display for Empty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no more bytes")
    }
}

impl std::error::Error for Empty {}

/// Gives so many bytes of zero and fails then.
struct Failing(usize);

impl TryRng for Failing {
    type Error = Empty;

    fn try_next_u32(&mut self) -> Result<u32, Empty> {
        Err(Empty)
    }

    fn try_next_u64(&mut self) -> Result<u64, Empty> {
        Err(Empty)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Empty> {
        self.0 = self.0.checked_sub(out.len()).ok_or(Empty)?;
        out.fill(0);
        Ok(())
    }
}

impl TryCryptoRng for Failing {}

fn bytes_of(token: &SessionToken) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(token.to_text().as_bytes())
        .unwrap()
}

#[test]
fn a_known_token_has_the_selector_and_the_hash_that_python_computes() {
    let token = SessionToken::parse(TOKEN.as_bytes()).unwrap();
    assert_eq!(token.selector().as_bytes()[..], (0..16).collect::<Vec<u8>>());
    assert_eq!(token.selector().to_text(), SELECTOR);
    assert_eq!(token.selector().tag(), SubjectTag::from_bytes([0, 1]));
    assert_eq!(token.verifier_hash(), VerifierHash::from_bytes(HASH));
    assert_eq!(*token.verifier_hash().as_bytes(), HASH);
    assert_eq!(*token.to_text(), TOKEN);
}

#[test]
fn nothing_but_64_characters_of_base64url_is_a_token() {
    for text in [
        "",
        " ",
        &TOKEN[1..],
        &TOKEN[..60],
        &format!("{TOKEN}A"),
        &format!("{TOKEN}AAAA"),
        &format!("{TOKEN}="),
        &format!("{TOKEN}\n"),
        &format!(" {TOKEN}"),
        &format!("\"{TOKEN}\""),
        &format!("\"{}\"", &TOKEN[..62]),
        &format!(" {}", &TOKEN[1..]),
        &format!("{}=", &TOKEN[..63]),
        &format!("{}==", &TOKEN[..62]),
        &format!("{}%2D", &TOKEN[..61]),
        &TOKEN.repeat(2),
        &"A".repeat(1 << 20),
        "00010203-0405-0607-0809-0a0b0c0d0e0f",
    ] {
        let start = &text[..text.len().min(80)];
        assert!(SessionToken::parse(text.as_bytes()).is_err(), "{start}");
    }
    // Each place takes the 64 characters and no other byte.
    let alphabet: HashSet<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*b"-_")
        .collect();
    for at in 0..TOKEN.len() {
        for byte in 0..=u8::MAX {
            let mut text = TOKEN.as_bytes().to_vec();
            text[at] = byte;
            let token = SessionToken::parse(&text);
            assert_eq!(token.is_ok(), alphabet.contains(&byte), "{byte:#04x} at {at}");
            if let Ok(token) = token {
                assert_eq!(token.to_text().as_bytes(), text);
            }
        }
    }
}

#[test]
fn nothing_but_22_canonical_characters_is_a_selector() {
    assert_eq!(Selector::parse(SELECTOR).unwrap().to_text(), SELECTOR);
    for text in [
        "",
        &SELECTOR[1..],
        &format!("{SELECTOR}=="),
        &format!("{SELECTOR}A"),
        &format!(" {}", &SELECTOR[1..]),
        &SELECTOR.replace('A', "+"),
        &SELECTOR.replace('A', "/"),
        "AAECAwQFBgcICQoLDA0OD\u{e9}",
        "0001020304050607080900",
        TOKEN,
    ] {
        assert!(Selector::parse(text).is_err(), "{text}");
    }
    // 16 bytes leave four spare bits in the last character: four of 64 characters write one.
    let canonical = (b'0'..=b'z')
        .chain(*b"-")
        .filter(|&last| {
            let mut text = SELECTOR.as_bytes().to_vec();
            text[21] = last;
            Selector::parse(std::str::from_utf8(&text).unwrap()).is_ok()
        })
        .collect::<Vec<_>>();
    assert_eq!(canonical, b"AQgw");
}

#[test]
fn nothing_prints_of_a_token_but_a_fingerprint_of_its_selector() {
    let token = SessionToken::parse(TOKEN.as_bytes()).unwrap();
    assert_eq!(format!("{token:?}"), "SessionToken(..)");
    assert_eq!(format!("{token:#?}"), "SessionToken(..)");
    assert_eq!(format!("{:?}", token.selector()), "Selector(020304..)");
    assert_eq!(format!("{:?}", token.verifier_hash()), "VerifierHash(..)");
    let error = SessionToken::parse(b"hunter2").unwrap_err();
    assert_eq!(error.to_string(), "a session token is 64 characters of base64url");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn hashes_compare_whole() {
    let hash = VerifierHash::from_bytes(HASH);
    for at in 0..HASH.len() {
        for bit in 0..8 {
            let mut other = HASH;
            other[at] ^= 1 << bit;
            assert_ne!(VerifierHash::from_bytes(other), hash, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn d14_each_token_takes_112_bits_of_selector_and_256_of_verifier_from_the_source() {
    let all: Vec<u8> = (1..=48).collect();
    let visitor = SessionToken::generate_from(None, &mut Counting::default()).unwrap();
    assert_eq!(
        bytes_of(&visitor),
        all,
        "nothing is masked, as a UUID's version would be"
    );
    let tag = SubjectTag::from_bytes([0xfe, 0xff]);
    let known = SessionToken::generate_from(Some(tag), &mut Counting::default()).unwrap();
    assert_eq!(known.selector().tag(), tag);
    assert_eq!(bytes_of(&known)[2..], all[2..]);
    let renewed = SessionToken::renewed_from(known.selector(), &mut Counting::default()).unwrap();
    assert_eq!(renewed.selector(), known.selector());
    assert_eq!(bytes_of(&renewed)[16..], all[..32]);
    // Through a trait object, too.
    let rng: &mut dyn TryCryptoRng<Error = Infallible> = &mut Counting::default();
    assert!(SessionToken::generate_from(None, rng).is_ok());
}

#[test]
fn d14_a_source_that_fails_gives_no_token() {
    let tag = Some(SubjectTag::from_bytes([1, 2]));
    for bytes in 0..48 {
        for subject in [None, tag] {
            let token = SessionToken::generate_from(subject, &mut Failing(bytes));
            assert_eq!(token.unwrap_err(), Empty, "{bytes} bytes");
        }
    }
    assert!(SessionToken::generate_from(tag, &mut Failing(48)).is_ok());
    let selector = Selector::from_bytes([7; 16]);
    for bytes in 0..32 {
        assert_eq!(
            SessionToken::renewed_from(selector, &mut Failing(bytes)).unwrap_err(),
            Empty
        );
    }
}

/// No bit is fixed, as six bits of a UUID of version 4 are (RFC 9562 section 5.4), and no two bits go together in
/// neighbours. A fair coin lies outside these bounds once in 10^10 times, any of these bits once in 10^7 runs.
#[test]
fn d14_no_bit_of_a_generated_token_is_predictable() {
    const TOKENS: usize = 4096;
    let tag = SubjectTag::from_bytes([0xa5, 0x5a]);
    let tokens: Vec<Vec<u8>> = (0..TOKENS)
        .map(|_| bytes_of(&SessionToken::generate(Some(tag)).unwrap()))
        .collect();
    assert_eq!(
        tokens
            .iter()
            .map(|bytes| &bytes[2..16])
            .collect::<HashSet<_>>()
            .len(),
        TOKENS
    );
    assert_eq!(
        tokens
            .iter()
            .map(|bytes| &bytes[16..])
            .collect::<HashSet<_>>()
            .len(),
        TOKENS
    );
    let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (at % 8) & 1 == 1;
    // 6.5 standard deviations of 32 to either side of the half.
    let fair = TOKENS / 2 - 208..=TOKENS / 2 + 208;
    for at in 16..384 {
        let ones = tokens.iter().filter(|bytes| bit(bytes, at)).count();
        assert!(fair.contains(&ones), "bit {at} is one {ones} times of {TOKENS}");
        let changes = tokens
            .windows(2)
            .filter(|pair| bit(&pair[0], at) != bit(&pair[1], at))
            .count();
        assert!(
            fair.contains(&changes),
            "bit {at} changes {changes} times of {TOKENS}"
        );
    }
    assert!(tokens.iter().all(|bytes| bytes[..2] == [0xa5, 0x5a]));
}

#[test]
fn d14_a_renewal_keeps_the_row_and_changes_the_verifier() {
    let token = SessionToken::generate(None).unwrap();
    let renewed = SessionToken::renewed(token.selector()).unwrap();
    assert_eq!(renewed.selector(), token.selector());
    assert_ne!(renewed.verifier_hash(), token.verifier_hash());
}

proptest! {
    #[test]
    fn what_is_written_is_read(selector: [u8; 16], verifier: [u8; 32]) {
        use base64::Engine as _;
        let bytes = [&selector[..], &verifier[..]].concat();
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes);
        let token = SessionToken::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(token.selector(), Selector::from_bytes(selector));
        prop_assert_eq!(&*token.to_text(), &text);
        let selector_text = token.selector().to_text();
        prop_assert_eq!(&selector_text[..21], &text[..21]);
        prop_assert_eq!(Selector::parse(&selector_text), Ok(token.selector()));
    }

    #[test]
    fn whatever_is_read_is_written_the_same(text in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(token) = SessionToken::parse(&text) {
            let written = token.to_text();
            prop_assert_eq!(written.as_bytes(), &text[..]);
        }
    }

    #[test]
    fn whatever_looks_like_one_is_read_and_written_the_same(text in "[A-Za-z0-9_=+/ -]{62,66}") {
        if let Ok(token) = SessionToken::parse(text.as_bytes()) {
            prop_assert_eq!(&*token.to_text(), &text);
        }
        if let Ok(selector) = Selector::parse(&text[..22]) {
            prop_assert_eq!(selector.to_text(), &text[..22]);
        }
    }
}
