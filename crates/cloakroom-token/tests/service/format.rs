//! The text of refresh tokens, against an implementation by hand.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_token::RefreshKeys;
use cloakroom_token::cloakroom_keyring::{KeyRing, Label};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::world::{NOW, at, client, index_secret, issue, key, node, now, refusal, ring, rotate, store};

pub(crate) const PREFIX: &str = "cloakroom_rt_";

/// The 88 bytes of a token.
pub(crate) fn bytes_of(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(token.strip_prefix(PREFIX).unwrap())
        .unwrap()
}

pub(crate) fn text_of(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What who holds the ring's key can write, by hand.
pub(crate) fn forged(key_of: u8, signed: &[u8], client: &str) -> String {
    let sub_key = key(key_of).derive(Label::refresh());
    let mut mac = Hmac::<Sha256>::new_from_slice(sub_key.expose()).unwrap();
    mac.update(signed);
    mac.update(&u16::try_from(client.len()).unwrap().to_be_bytes());
    mac.update(client.as_bytes());
    let mut bytes = signed.to_vec();
    bytes.extend(mac.finalize().into_bytes());
    text_of(&bytes)
}

#[test]
fn a_token_is_what_the_protocol_says() {
    let store = store();
    let node = node(store.clone(), &ring());
    let issued = now(node.issue(&crate::world::grant(&node), NOW)).unwrap();
    let first = issued.token.to_string();
    let bytes = bytes_of(&first);
    assert_eq!((first.len(), bytes.len()), (PREFIX.len() + 118, 88));
    assert_eq!(&bytes[..4], key(0).id().as_bytes());
    assert_eq!(&bytes[4..20], issued.family.as_bytes());
    assert_eq!(&bytes[4..6], index_secret().tag(b"alice").as_bytes());
    assert_eq!(&bytes[20..24], [0; 4]);
    assert_eq!(forged(0, &bytes[..56], "app"), first);
    let next = rotate(&node, &first, at(1)).unwrap();
    let mut signed = bytes[..56].to_vec();
    signed[23] = 1;
    assert_eq!(*next.token, forged(0, &signed, "app"));
    let keys = RefreshKeys::new(&ring(), PREFIX).unwrap();
    let read = keys.open(&first, &client("app")).unwrap();
    assert_eq!((read.family(), read.generation()), (issued.family, 0));
    assert_eq!(
        read.secret_hash().as_bytes()[..],
        Sha256::digest(&bytes[24..56])[..]
    );
    assert_eq!(*keys.write(&read, key(0).id(), &client("app")).unwrap(), first);
}

#[test]
fn f3_whatever_is_not_ours_reaches_no_store() {
    let store = store();
    let node = node(store.clone(), &ring());
    let token = issue(&node);
    let bytes = bytes_of(&token);
    let mut wrong: Vec<String> = vec![
        String::new(),
        PREFIX.into(),
        token[PREFIX.len()..].into(),
        format!(" {token}"),
        format!("{token} "),
        format!("{token}="),
        token.to_uppercase(),
        token.replace("cloakroom_rt_", "cloakroom_at_"),
        format!("{PREFIX}{token}"),
        format!("{PREFIX}{}", "\u{e4}".repeat(59)),
        "\u{0}".repeat(131),
        "x".repeat(1 << 20),
        forged(1, &bytes[..56], "app"),
        forged(0, &bytes[..56], "other"),
        forged(0, &bytes[..55], "app"),
    ];
    wrong.extend((0..token.len()).map(|end| token[..end].into()));
    for at in 0..88 {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            wrong.push(text_of(&bytes));
        }
    }
    // Two bits of the last character stand for nothing and have to be zero.
    for last in token.chars().rev().take(1).flat_map(|_| "BCDEFGH".chars()) {
        let text = format!("{}{last}", &token[..token.len() - 1]);
        if text != token {
            wrong.push(text);
        }
    }
    let asked = store.calls();
    for text in &wrong {
        assert_eq!(refusal(rotate(&node, text, at(1))), "Rejected");
        assert_eq!(now(node.load(text, &client("app"), at(1))).unwrap(), None);
        assert!(node.open(text, &client("app")).is_err());
        assert!(!now(node.revoke(text, &client("app"))).unwrap());
    }
    let opened = node.open(&token, &client("app")).unwrap();
    assert_eq!(
        (opened.family().as_bytes(), opened.generation()),
        (&bytes[4..20].try_into().unwrap(), 0)
    );
    assert_eq!(store.calls(), asked);
    assert!(rotate(&node, &token, at(1)).is_ok());
}

#[test]
fn f3_another_client_s_token_revokes_nobody() {
    let store = store();
    let node = node(store.clone(), &ring());
    let token = issue(&node);
    let asked = store.calls();
    for id in ["other", "ap", "app\u{0020}", "App"] {
        let other = client(id);
        assert_eq!(refusal(now(node.rotate(&token, &other, None, at(1)))), "Rejected");
        assert!(!now(node.revoke(&token, &other)).unwrap());
        assert_eq!(now(node.load(&token, &other, at(1))).unwrap(), None);
    }
    assert_eq!(store.calls(), asked);
    // With the right MAC for it, which takes the ring's key, the row still says whose it is.
    let forged = forged(0, &bytes_of(&token)[..56], "other");
    let answer = now(node.rotate(&forged, &client("other"), None, at(1)));
    assert_eq!(refusal(answer), "WrongClient");
    assert!(!now(node.revoke(&forged, &client("other"))).unwrap());
    assert!(rotate(&node, &token, at(1)).is_ok());
}

#[test]
fn f17_a_dump_and_the_ring_s_key_make_no_token() {
    let store = store();
    let node = node(store.clone(), &ring());
    let token = issue(&node);
    let rotated = rotate(&node, &token, at(1)).unwrap();
    let bytes = bytes_of(&token);
    // The thief knows the id, the generation and SHA-256 of the secret, and the key that signs.
    let hash = Sha256::digest(&bytes[24..56]);
    for secret in [&hash[..], &[0; 32], &[0xff; 32]] {
        for generation in [0_u32, 1, 2, 1 << 31, u32::MAX] {
            let mut signed = bytes[..20].to_vec();
            signed.extend(generation.to_be_bytes());
            signed.extend(secret);
            let forged = forged(0, &signed, "app");
            let answer = rotate(&node, &forged, at(2));
            let Err(cloakroom_token::RefreshError::Refused(refusal)) = answer else {
                panic!("{answer:?}");
            };
            assert_eq!(refusal, cloakroom_token::Refusal::WrongSecret);
            assert!(refusal.is_alarm() && refusal.ended().is_none());
            assert!(!now(node.revoke(&forged, &client("app"))).unwrap());
            assert_eq!(now(node.load(&forged, &client("app"), at(2))).unwrap(), None);
        }
    }
    assert!(rotate(&node, &rotated.token, at(2)).is_ok());
}

#[test]
fn f9_no_store_is_ever_told_a_usable_token() {
    let store = store();
    let (node, access) = (node(store.clone(), &ring()), crate::world::access(store.clone()));
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    let mut token = issue(&node);
    for step in 0..5 {
        secrets.push(token.clone().into_bytes());
        let bytes = bytes_of(&token);
        secrets.extend([bytes[24..56].to_vec(), bytes[56..].to_vec(), bytes[24..].to_vec()]);
        secrets.push(URL_SAFE_NO_PAD.encode(&bytes[24..56]).into_bytes());
        token = rotate(&node, &token, at(step)).unwrap().token.to_string();
        let opaque = now(access.issue(&crate::world::access_grant(&node), at(step)))
            .unwrap()
            .token;
        secrets.push(opaque.as_bytes().to_vec());
        secrets.push(URL_SAFE_NO_PAD.decode(&opaque["acme_at_".len()..]).unwrap()[..32].to_vec());
        assert!(now(access.verify(&opaque, None, at(step))).unwrap().is_some());
        assert!(now(access.revoke(&opaque, &client("app"))).unwrap());
    }
    assert!(now(node.load(&token, &client("app"), at(9))).unwrap().is_some());
    assert!(now(node.revoke(&token, &client("app"))).unwrap());
    let dump = store.dump().concat();
    assert!(dump.len() > 500);
    for secret in &secrets {
        assert!(!dump.windows(secret.len()).any(|window| window == secret));
    }
    // What it was told is no token in any place of one either.
    for told in store.dump() {
        let text = String::from_utf8_lossy(&told).into_owned();
        assert_eq!(refusal(rotate(&node, &text, at(9))), "Rejected");
        assert_eq!(now(access.verify(&text, None, at(9))).unwrap(), None);
    }
}

#[test]
fn nothing_of_a_token_is_printed() {
    let store = store();
    let node = node(store, &ring());
    let issued = now(node.issue(&crate::world::grant(&node), NOW)).unwrap();
    let refreshed = rotate(&node, &issued.token, at(1)).unwrap();
    let keys = RefreshKeys::new(&ring(), PREFIX).unwrap();
    let read = keys.open(&issued.token, &client("app")).unwrap();
    assert_eq!(format!("{read:?}"), "RefreshToken(..)");
    let told = format!("{issued:?}{refreshed:?}{node:?}{keys:?}");
    for text in [&issued.token, &refreshed.token] {
        assert!(!told.contains(&text[PREFIX.len() + 30..PREFIX.len() + 50]));
    }
    assert!(!told.contains("alice"));
}

#[test]
fn settings_out_of_range_make_no_service() {
    let make = |change: fn(&mut cloakroom_token::RefreshSettings)| {
        let mut settings = cloakroom_token::RefreshSettings::default();
        change(&mut settings);
        let ring: KeyRing = ring();
        cloakroom_token::RefreshTokens::new(store(), &ring, settings, index_secret()).map(|_| ())
    };
    for (change, is_right) in [
        ((|_| ()) as fn(&mut cloakroom_token::RefreshSettings), true),
        (|settings| settings.prefix = "p".repeat(32), true),
        (|settings| settings.prefix = String::new(), true),
        (|settings| settings.prefix = "p".repeat(33), false),
        (|settings| settings.prefix = "a b".into(), false),
        (|settings| settings.prefix = "\u{e4}".into(), false),
        (|settings| settings.idle = Duration::ZERO, false),
        (|settings| settings.idle = Duration::from_nanos(999_999), false),
        (|settings| settings.idle = Duration::from_millis(1), true),
        (|settings| settings.absolute = settings.idle, true),
        (
            |settings| settings.absolute = settings.idle.saturating_sub(Duration::from_millis(1)),
            false,
        ),
        (|settings| settings.grace = Duration::ZERO, true),
        (|settings| settings.grace = Duration::from_secs(60), true),
        (|settings| settings.grace = Duration::from_secs(61), false),
    ] {
        assert_eq!(make(change).is_ok(), is_right);
    }
}
