//! G3: the tokens.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_csrf::cloakroom_core::UnixTime;
use cloakroom_csrf::cloakroom_keyring::{Key, KeyRing};
use cloakroom_csrf::{Binding, CsrfTokens, IssueError, TokenError, Visitor};
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);

fn key(first: u8) -> Key {
    let bytes: Vec<u8> = (0..32).map(|place: u8| place.wrapping_add(first)).collect();
    Key::from_bytes(&bytes).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::single(key(0))
}

fn later(millis: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + millis)
}

fn session() -> Binding {
    Binding::session([7; 32])
}

/// HKDF by hand (RFC 5869), so that the bytes are the protocol's and not our own echo.
fn sub_key() -> [u8; 32] {
    let mac = |key: &[u8], parts: &[&[u8]]| -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    };
    let secret: Vec<u8> = (0..32).collect();
    let prk = mac(b"cloakroom/v1", &[&secret]);
    mac(&prk, &[b"\0\x04csrf", &[1]])
}

#[test]
fn g3_a_token_has_the_bytes_of_the_protocol() {
    for (binding, bytes) in [
        (Binding::session([7; 32]), vec![7; 32]),
        (Binding::ticket([8; 16]), vec![8; 16]),
        (Binding::family([9; 16]), vec![9; 16]),
        (
            Visitor::parse(&[b'A'; 43]).unwrap().binding(),
            Sha256::digest([0; 32]).to_vec(),
        ),
    ] {
        let token = CsrfTokens::new(&ring()).issue(&binding, NOW).unwrap();
        assert_eq!(token.len(), CsrfTokens::TEXT_LEN);
        let raw = URL_SAFE_NO_PAD.decode(&token).unwrap();
        assert_eq!(raw.len(), 59);
        assert_eq!(raw[0], 1);
        assert_eq!(raw[1..5], [0x32, 0x4f, 0x1d, 0x7c]);
        assert_eq!(raw[5..11], NOW.as_millis().to_be_bytes()[2..]);
        let mut mac = Hmac::<Sha256>::new_from_slice(&sub_key()).unwrap();
        mac.update(&raw[..27]);
        mac.update(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
        mac.update(&bytes);
        assert_eq!(raw[27..], mac.finalize().into_bytes()[..]);
    }
}

#[test]
fn g3_two_renders_differ_and_both_are_good() {
    let tokens = CsrfTokens::new(&ring());
    let (a, b) = (
        tokens.issue(&session(), NOW).unwrap(),
        tokens.issue(&session(), NOW).unwrap(),
    );
    // What is equal is public: version, key id and time.
    assert_eq!(a[..14], b[..14]);
    assert_ne!(a[15..36], b[15..36]);
    assert_ne!(a[36..], b[36..]);
    assert_eq!(tokens.verify(&a, &session(), NOW), Ok(()));
    assert_eq!(tokens.verify(&b, &session(), NOW), Ok(()));
}

#[test]
fn g3_a_token_is_good_for_twelve_hours_to_the_millisecond() {
    let tokens = CsrfTokens::new(&ring());
    let token = tokens.issue(&session(), NOW).unwrap();
    let life = 12 * 60 * 60 * 1000;
    for (after, expected) in [
        (-5001, Err(TokenError::NotYetValid)),
        (-5000, Ok(())),
        (0, Ok(())),
        (life - 1, Ok(())),
        (life, Err(TokenError::Expired)),
        (life + 1, Err(TokenError::Expired)),
        (i64::MAX - NOW.as_millis(), Err(TokenError::Expired)),
    ] {
        assert_eq!(
            tokens.verify(&token, &session(), later(after)),
            expected,
            "{after}"
        );
    }
    assert_eq!(CsrfTokens::LIFE, Duration::from_secs(12 * 60 * 60));
    for (now, expected) in [
        (-1, Err(IssueError::IssuedAt)),
        (0, Ok(())),
        ((1 << 48) - 1, Ok(())),
        (1 << 48, Err(IssueError::IssuedAt)),
    ] {
        let now = UnixTime::from_millis(now);
        let issued = tokens.issue(&session(), now);
        assert_eq!(
            issued.map(|token| tokens.verify(token, &session(), now)),
            expected.map(Ok)
        );
    }
}

#[test]
fn g3_the_hash_that_a_store_keeps_of_a_session_makes_no_visitor() {
    let tokens = CsrfTokens::new(&ring());
    // The bytes that somebody has read in a store, as the cookie of a visitor.
    let kept = [7; 32];
    let visitor = Visitor::parse(URL_SAFE_NO_PAD.encode(kept).as_bytes()).unwrap();
    let token = tokens.issue(&visitor.binding(), NOW).unwrap();
    assert_eq!(
        tokens.verify(&token, &Binding::session(kept), NOW),
        Err(TokenError::Rejected)
    );
}

#[test]
fn g3_a_token_is_bound_to_one_login_and_one_renewal_of_it() {
    let tokens = CsrfTokens::new(&ring());
    let visitor = Visitor::parse(&[b'A'; 43]).unwrap();
    let bindings = [
        Binding::session([1; 32]),
        // The same session with the verifier of a renewal.
        Binding::session([2; 32]),
        Binding::ticket([1; 16]),
        Binding::family([2; 16]),
        visitor.binding(),
        Visitor::generate().unwrap().binding(),
    ];
    for (place, binding) in bindings.iter().enumerate() {
        let token = tokens.issue(binding, NOW).unwrap();
        for (other, presented) in bindings.iter().enumerate() {
            let expected = if other == place {
                Ok(())
            } else {
                Err(TokenError::Rejected)
            };
            assert_eq!(tokens.verify(&token, presented, NOW), expected, "{place} {other}");
        }
    }
}

#[test]
fn g3_forged_and_foreign_tokens_are_rejected() {
    let tokens = CsrfTokens::new(&ring());
    let token = tokens.issue(&session(), NOW).unwrap();
    let raw = URL_SAFE_NO_PAD.decode(&token).unwrap();
    for bit in 0..raw.len() * 8 {
        let mut forged = raw.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let forged = URL_SAFE_NO_PAD.encode(forged);
        assert_eq!(
            tokens.verify(forged, &session(), NOW),
            Err(TokenError::Rejected),
            "{bit}"
        );
    }
    for length in 0..token.len() {
        assert_eq!(
            tokens.verify(&token[..length], &session(), NOW),
            Err(TokenError::Rejected)
        );
    }
    let foreign = CsrfTokens::new(&KeyRing::single(key(100)));
    assert_eq!(foreign.verify(&token, &session(), NOW), Err(TokenError::Rejected));
    // The last character holds two spare bits.
    let last = token.as_bytes()[78];
    for text in [
        format!("{token}="),
        format!(" {token}"),
        format!("{token}A"),
        token.replace(['-', '_'], "+"),
        format!(
            "{}{}",
            &token[..78],
            char::from(if last == b'Z' { b'Y' } else { last + 1 })
        ),
        String::new(),
    ] {
        if text != token {
            assert_eq!(
                tokens.verify(&text, &session(), NOW),
                Err(TokenError::Rejected),
                "{text}"
            );
        }
    }
}

#[test]
fn g3_the_states_of_keys_are_kept() {
    let (old, new) = (key(0), key(100));
    let first = KeyRing::single(old.clone());
    let announced = first.announce(new.clone()).unwrap();
    let activated = announced.activate(new.id()).unwrap();
    let removed = activated.remove(old.id()).unwrap();
    let revoked = activated.revoke(old.id(), NOW).unwrap();
    let tokens = |ring: &KeyRing| CsrfTokens::new(ring);
    let by_old = tokens(&announced).issue(&session(), NOW).unwrap();
    let by_new = tokens(&activated).issue(&session(), NOW).unwrap();
    let later_by_new = tokens(&activated).issue(&session(), later(1)).unwrap();
    for (ring, old, new, after) in [
        (
            &first,
            Ok(()),
            Err(TokenError::Rejected),
            Err(TokenError::Rejected),
        ),
        (&announced, Ok(()), Ok(()), Ok(())),
        (&activated, Ok(()), Ok(()), Ok(())),
        (&removed, Err(TokenError::Rejected), Ok(()), Ok(())),
        (
            &revoked,
            Err(TokenError::Rejected),
            Err(TokenError::Revoked),
            Ok(()),
        ),
    ] {
        assert_eq!(tokens(ring).verify(&by_old, &session(), NOW), old);
        assert_eq!(tokens(ring).verify(&by_new, &session(), NOW), new);
        assert_eq!(tokens(ring).verify(&later_by_new, &session(), later(1)), after);
    }
}

#[test]
fn g3_nothing_prints_what_it_holds() {
    let visitor = Visitor::generate().unwrap();
    assert_eq!(format!("{visitor:?}"), "Visitor(..)");
    assert_eq!(format!("{:?}", visitor.binding()), "Binding(..)");
    assert_eq!(
        format!("{:?}", CsrfTokens::new(&ring())),
        "CsrfTokens { keys: 1, .. }"
    );
}

#[test]
fn g4_a_visitor_is_thirty_two_random_bytes() {
    let (a, b) = (Visitor::generate().unwrap(), Visitor::generate().unwrap());
    assert_ne!(*a.to_text(), *b.to_text());
    assert_eq!(a.to_text().len(), Visitor::TEXT_LEN);
    let again = Visitor::parse(a.to_text().as_bytes()).unwrap();
    assert_eq!(*again.to_text(), *a.to_text());
    for text in [
        &b""[..],
        &[b'A'; 42],
        &[b'A'; 44],
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+A",
    ] {
        assert!(Visitor::parse(text).is_err());
    }
}

proptest! {
    #[test]
    fn g3_no_other_text_verifies(text in proptest::collection::vec(any::<u8>(), 0..120)) {
        let verified = CsrfTokens::new(&ring()).verify(&text, &session(), NOW);
        prop_assert_eq!(verified, Err(TokenError::Rejected));
    }
}

#[test]
fn g3_an_older_ring_revives_nothing() {
    let old = ring();
    let token = CsrfTokens::new(&old).issue(&session(), NOW).unwrap();
    let cut = old.raise_cutoff(NOW).unwrap();
    let tokens = CsrfTokens::new(&old).replaced_by(&cut);
    let revoked = Err(TokenError::Revoked);
    assert_eq!(tokens.verify(&token, &session(), later(1)), revoked);
    // A stale file, or a node that was slower to read it.
    let again = tokens.replaced_by(&old);
    assert_eq!(again.verify(&token, &session(), later(1)), revoked);
    let fresh = again.issue(&session(), later(1)).unwrap();
    assert_eq!(again.verify(&fresh, &session(), later(1)), Ok(()));
    // Without that cut-off it is good.
    assert_eq!(CsrfTokens::new(&old).verify(&token, &session(), later(1)), Ok(()));
}
