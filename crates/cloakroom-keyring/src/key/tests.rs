use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use super::{InvalidKey, Key, Kind};
use crate::{KeyId, Label, RandomError};

/// The key of the published vector: bytes 00 to 1f.
fn counting() -> Key {
    Key::from_bytes(&std::array::from_fn::<u8, 32, _>(|i| u8::try_from(i).unwrap())).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn the_published_vector_reproduces() {
    let key = counting();
    assert_eq!(key.id(), "324f1d7c".parse::<KeyId>().unwrap());
    let signed = key.derive(Label::seal_signed(b"login", b"__Host-id").unwrap());
    assert_eq!(
        hex(signed.expose()),
        "ceffa2e6923db79fb9c7c95e0cd57ac484267dfd000e1d23376623737cd2fea4"
    );
    let encrypted = key.derive(Label::seal_encrypted(b"login", b"__Host-id").unwrap());
    assert_eq!(
        hex(encrypted.expose()),
        "34d1133e7b84aa0901b13507a7c4abfe35a40350a2c464d05b22764136660574"
    );
}

#[test]
fn every_label_and_part_gives_another_sub_key() {
    let key = counting();
    let labels = [
        Label::seal_signed(b"login", b"id").unwrap(),
        Label::seal_signed(b"login", b"ie").unwrap(),
        Label::seal_signed(b"logout", b"id").unwrap(),
        Label::seal_encrypted(b"login", b"id").unwrap(),
        Label::record(b"id").unwrap(),
        Label::record(b"").unwrap(),
        Label::csrf(),
        Label::refresh(),
    ];
    let mut sub_keys: Vec<_> = labels
        .iter()
        .map(|&label| hex(key.derive(label).expose()))
        .collect();
    sub_keys.sort();
    sub_keys.dedup();
    assert_eq!(sub_keys.len(), labels.len());
}

#[test]
fn c6_keys_that_are_short_text_or_placeholders_are_refused() {
    let refused = |bytes: &[u8]| Key::from_bytes(bytes).unwrap_err().kind;
    let varied: Vec<u8> = (0..=255).chain(0..=255).collect();
    assert_eq!(refused(&varied[..31]), Kind::Length);
    assert_eq!(refused(&varied[..257]), Kind::Length);
    assert_eq!(refused(b""), Kind::Length);
    assert_eq!(refused(&[0; 32]), Kind::FewDistinct);
    assert_eq!(refused(&[0, 1, 2, 3, 4, 5, 6].repeat(8)), Kind::FewDistinct);
    assert_eq!(
        refused(b"correct horse battery staple, correct horse"),
        Kind::Text
    );
    assert_eq!(
        refused(b"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        Kind::Text
    );
    assert_eq!(
        refused(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        Kind::Text
    );
    assert_eq!(
        refused(b"-----BEGIN PRIVATE KEY-----\r\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n"),
        Kind::Text
    );
    // At the edges, each is a key.
    for bytes in [
        &varied[..32],
        &varied[..256],
        &[0, 1, 2, 3, 4, 5, 6, 7].repeat(4)[..],
    ] {
        assert!(Key::from_bytes(bytes).is_ok());
    }
    let mut nearly_text = *b"correct horse battery staple, correct horse";
    nearly_text[0] = 0x7f;
    assert!(Key::from_bytes(&nearly_text).is_ok());
}

#[test]
fn c6_base64_is_standard_padded_and_canonical() {
    let refused = |text: &str| Key::from_base64(text).unwrap_err().kind;
    let good = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    assert_eq!(Key::from_base64(good).unwrap().id(), counting().id());
    for bad in [
        // No padding, too much of it, spare bits, white space, the URL alphabet.
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
        " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "__ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHhé=",
    ] {
        assert_eq!(refused(bad), Kind::Base64, "{bad:?}");
    }
    assert_eq!(refused("AAAA"), Kind::Length);
    assert_eq!(refused(&"A".repeat(348)), Kind::Length);
    assert_eq!(refused(&"A".repeat(344)), Kind::Length, "258 bytes");
}

#[test]
fn base64_of_every_length_returns() {
    let bytes: Vec<u8> = (0..=255).collect();
    for length in 32..=256 {
        let key = Key::from_bytes(&bytes[..length]).unwrap();
        let mut text = String::new();
        key.push_base64(&mut text);
        assert_eq!(text.len(), key.base64_len());
        assert!(
            Key::from_base64(&text).unwrap().same_secret(&key),
            "{length} bytes"
        );
    }
}

#[test]
fn c6_debug_and_errors_tell_nothing_secret() {
    assert_eq!(format!("{:?}", counting()), "Key(324f1d7c)");
    assert_eq!(format!("{:#?}", counting()), "Key(324f1d7c)");
    let error: InvalidKey = Key::from_bytes(b"hunter2hunter2hunter2hunter2hunter2").unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("hunter"), "{text}");
    }
}

#[test]
fn generated_keys_differ() {
    assert!(!Key::generate().unwrap().same_secret(&Key::generate().unwrap()));
}

/// Gives one byte for ever, or fails.
struct Stuck(Option<u8>);

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl TryRng for Stuck {
    type Error = Broken;

    fn try_next_u32(&mut self) -> Result<u32, Broken> {
        self.0.map(u32::from).ok_or(Broken)
    }

    fn try_next_u64(&mut self) -> Result<u64, Broken> {
        self.0.map(u64::from).ok_or(Broken)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Broken> {
        bytes.fill(self.0.ok_or(Broken)?);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}

#[test]
fn a_broken_source_is_an_error() {
    assert!(matches!(
        Key::generate_from(&mut Stuck(None)),
        Err(RandomError::Source(Broken))
    ));
    assert!(matches!(
        Key::generate_from(&mut Stuck(Some(7))),
        Err(RandomError::Unusable)
    ));
}

#[test]
fn a_key_is_made_of_exactly_what_the_source_gives() {
    struct Counting(u8);
    impl TryRng for Counting {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!()
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            unreachable!()
        }
        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            for byte in bytes {
                *byte = self.0;
                self.0 += 1;
            }
            Ok(())
        }
    }
    impl TryCryptoRng for Counting {}
    assert!(
        Key::generate_from(&mut Counting(0))
            .unwrap()
            .same_secret(&counting())
    );
}
