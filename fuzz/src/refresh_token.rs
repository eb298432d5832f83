//! The texts of refresh tokens.

use std::sync::LazyLock;

use cloakroom_core::UnixTime;
use cloakroom_keyring::{Key, KeyRing, Label};
use cloakroom_token::{Client, RefreshKeys};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::input::Input;
use crate::session_token::{URL_SAFE, decoded, encoded};

const PREFIX: &str = "cloakroom_rt_";

/// Five keys: retiring, active, announced, revoked, and one that the ring never had.
static KEYS: LazyLock<[Key; 5]> = LazyLock::new(|| {
    [1, 2, 3, 4, 5].map(|first: u8| {
        let bytes: [u8; 32] = std::array::from_fn(|at| {
            first
                .wrapping_mul(40)
                .wrapping_add(at.to_le_bytes()[0].wrapping_mul(7))
        });
        Key::from_bytes(&bytes).expect("the bytes are distinct")
    })
});

/// How many of them read.
const READING: usize = 3;

static READER: LazyLock<RefreshKeys> = LazyLock::new(|| {
    let [retiring, active, announced, revoked, _] = &*KEYS;
    let ring = KeyRing::single(revoked.clone())
        .announce(retiring.clone())
        .and_then(|ring| ring.activate(retiring.id()))
        .and_then(|ring| ring.revoke(revoked.id(), UnixTime::EPOCH))
        .and_then(|ring| ring.announce(active.clone()))
        .and_then(|ring| ring.activate(active.id()))
        .and_then(|ring| ring.announce(announced.clone()))
        .expect("each step leads to the next");
    RefreshKeys::new(&ring, PREFIX).expect("the prefix is right")
});

/// Laws, for any text, and for texts made of right ones by an edit:
///
/// 1. A text is a refresh token of a client exactly when a reader by hand says so: the prefix, canonical base64url of 88
///    bytes, and at their end the MAC of what comes before and of the client under a key that reads.
/// 2. What is in it is what the bytes say, and it is written as the text that it was read from.
/// 3. It is no other client's token.
/// 4. No `Debug` and no error says anything of the text, but for whether it names a key that the ring does not list.
///
/// The input is `=` and a text, or the numbers of a key and of a client, 52 bytes of which a right one is made, and edits
/// of it, three bytes each.
///
/// # Panics
///
/// When a law is broken.
pub fn refresh_token(data: &[u8]) {
    let clients =
        ["app", "ap", "a", "\u{e4}", &"c".repeat(255)].map(|id| Client::new(id).expect("there can be such"));
    let text = match data {
        [b'=', text @ ..] => text.to_vec(),
        script => edited(script, &clients),
    };
    let Ok(text) = std::str::from_utf8(&text) else {
        return;
    };
    let mut readers = 0;
    for client in &clients {
        let found = READER.open(text, client);
        let expected = by_hand(text, client);
        assert_eq!(found.is_ok(), expected.is_some(), "a refresh token");
        match found {
            Ok(token) => {
                let (key, bytes) = expected.expect("both say so");
                assert_eq!(token.family().as_bytes()[..], bytes[4..20]);
                assert_eq!(token.generation().to_be_bytes()[..], bytes[20..24]);
                assert_eq!(
                    token.secret_hash().as_bytes()[..],
                    Sha256::digest(&bytes[24..56])[..]
                );
                let written = READER
                    .write(&token, key.id(), client)
                    .expect("the key reads, so it writes");
                assert_eq!(*written, text);
                assert_eq!(format!("{token:?}"), "RefreshToken(..)");
                readers += 1;
            }
            Err(error) => {
                let unknown = error.is_of_unknown_key();
                assert_eq!(
                    format!("{error:?}"),
                    format!("Rejected {{ is_of_unknown_key: {unknown} }}")
                );
                assert_eq!(unknown, names_an_unknown_key(text), "a key's id");
            }
        }
    }
    assert!(readers < 2, "a token of two clients");
}

/// Whether the text has the form of a token, of a key that the ring does not list.
fn names_an_unknown_key(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .and_then(|body| decoded(body.as_bytes(), URL_SAFE))
        .is_some_and(|bytes| {
            bytes.len() == 88
                && KEYS[..=READING]
                    .iter()
                    .all(|key| key.id().as_bytes()[..] != bytes[..4])
        })
}

/// The key and the bytes of a right token.
fn by_hand(text: &str, client: &Client) -> Option<(&'static Key, Vec<u8>)> {
    let body = text.strip_prefix(PREFIX)?;
    let bytes = decoded(body.as_bytes(), URL_SAFE).filter(|bytes| bytes.len() == 88)?;
    let key = KEYS[..READING]
        .iter()
        .find(|key| key.id().as_bytes()[..] == bytes[..4])?;
    (mac(key, &bytes[..56], client.as_str())[..] == bytes[56..]).then_some((key, bytes))
}

fn mac(key: &Key, signed: &[u8], client: &str) -> Vec<u8> {
    let length = u16::try_from(client.len()).expect("a client's id is short");
    let message = [signed, &length.to_be_bytes(), client.as_bytes()].concat();
    Hmac::<Sha256>::new_from_slice(key.derive(Label::refresh()).expose())
        .expect("HMAC takes a key of any length")
        .chain_update(message)
        .finalize()
        .into_bytes()
        .to_vec()
}

/// A text with a right MAC, of some key, with edits.
fn edited(script: &[u8], clients: &[Client; 5]) -> Vec<u8> {
    let mut input = Input(script);
    let (number, client) = (input.below(KEYS.len()), &clients[input.below(clients.len())]);
    let rest: [u8; 52] = input.array();
    let mut bytes = [&KEYS[number].id().as_bytes()[..], &rest].concat();
    bytes.extend(mac(&KEYS[number], &bytes, client.as_str()));
    let mut text = [PREFIX.as_bytes(), &encoded(&bytes, URL_SAFE)].concat();
    let is_read = std::str::from_utf8(&text).is_ok_and(|text| READER.open(text, client).is_ok());
    assert_eq!(is_read, number < READING, "a right text under key {number}");
    for _ in 0..8 {
        if input.is_empty() {
            break;
        }
        let (what, at, with) = (input.byte(), input.below(text.len() + 1), input.byte());
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
