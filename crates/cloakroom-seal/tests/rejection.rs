//! C1, C2, C10: what is not exactly a value of this sealer is rejected, and all of it alike.

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_cookie::CookieName;
use cloakroom_keyring::KeyRing;
use cloakroom_seal::{Mode, OpenError, Sealer};
use common::{Counting, MODES, NAME, NOW, PAYLOAD, PURPOSE, TTL, forge, key, ring, sealer, sealer_for};

/// The payload of a value that must open; an error otherwise.
fn open(sealer: &Sealer, value: impl AsRef<[u8]>) -> Result<Vec<u8>, OpenError> {
    sealer
        .opening(NOW)
        .open(value)
        .map(|opened| opened.value().to_vec())
}

#[test]
fn c1_every_flipped_bit_is_rejected() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(PAYLOAD, NOW, TTL).unwrap();
        assert_eq!(open(&sealer, &value).unwrap(), PAYLOAD);
        let raw = URL_SAFE_NO_PAD.decode(&value).unwrap();
        for bit in 0..raw.len() * 8 {
            let mut altered = raw.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let altered = URL_SAFE_NO_PAD.encode(altered);
            assert_eq!(
                open(&sealer, altered),
                Err(OpenError::Rejected),
                "{mode:?}, bit {bit}"
            );
        }
        // The same on the text, where a flipped bit may leave the alphabet.
        for bit in 0..value.len() * 8 {
            let mut altered = value.clone().into_bytes();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                open(&sealer, altered),
                Err(OpenError::Rejected),
                "{mode:?}, bit {bit} of the text"
            );
        }
    }
}

#[test]
fn c1_every_truncation_and_extension_is_rejected() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(PAYLOAD, NOW, TTL).unwrap();
        for end in 0..value.len() {
            assert_eq!(
                open(&sealer, &value[..end]),
                Err(OpenError::Rejected),
                "{mode:?} cut to {end}"
            );
            assert_eq!(
                open(&sealer, &value[end + 1..]),
                Err(OpenError::Rejected),
                "{mode:?} cut before {end}"
            );
        }
        let raw = URL_SAFE_NO_PAD.decode(&value).unwrap();
        for length in 0..raw.len() {
            let cut = URL_SAFE_NO_PAD.encode(&raw[..length]);
            assert_eq!(
                open(&sealer, cut),
                Err(OpenError::Rejected),
                "{mode:?} cut to {length} bytes"
            );
        }
        for byte in 0..=255 {
            let mut longer = raw.clone();
            longer.push(byte);
            assert_eq!(
                open(&sealer, URL_SAFE_NO_PAD.encode(&longer)),
                Err(OpenError::Rejected)
            );
            let longer: Vec<u8> = [byte].into_iter().chain(value.bytes()).collect();
            assert_eq!(open(&sealer, longer), Err(OpenError::Rejected));
            let longer: Vec<u8> = value.bytes().chain([byte]).collect();
            assert_eq!(
                open(&sealer, longer),
                Err(OpenError::Rejected),
                "{mode:?} and {byte}"
            );
        }
        let twice = value.clone() + &value;
        assert_eq!(open(&sealer, twice), Err(OpenError::Rejected));
    }
}

#[test]
fn c2_what_was_sealed_for_something_else_is_rejected_alike() {
    let other = |mode| match mode {
        Mode::Signed => Mode::Encrypted,
        Mode::Encrypted => Mode::Signed,
    };
    let elsewhere = CookieName::from_static("__Secure-id");
    let in_other_case = CookieName::from_static("__Host-ID");
    // The key that sealed `leaked` is revoked in `revoked`, whose cut-off is far in the past.
    let revoked = ring()
        .announce(key(0x80))
        .and_then(|ring| ring.activate(key(0x80).id()))
        .and_then(|ring| ring.revoke(key(0).id(), common::now(-1_000_000)))
        .unwrap();
    for mode in MODES {
        let value = sealer(mode, &ring()).seal(PAYLOAD, NOW, TTL).unwrap();
        for (what, sealer) in [
            ("another name", sealer_for(mode, &ring(), &elsewhere, PURPOSE)),
            (
                "a name in another case",
                sealer_for(mode, &ring(), &in_other_case, PURPOSE),
            ),
            ("another purpose", sealer_for(mode, &ring(), &NAME, "logout")),
            (
                "the parts in another order",
                sealer_for(mode, &ring(), &CookieName::from_static(PURPOSE), NAME.as_str()),
            ),
            ("the other mode", sealer(other(mode), &ring())),
            ("another key", sealer(mode, &KeyRing::single(key(0x80)))),
            ("a revoked key", sealer(mode, &revoked)),
        ] {
            assert_eq!(
                open(&sealer, &value),
                Err(OpenError::Rejected),
                "{mode:?}, {what}"
            );
        }
        assert_eq!(open(&sealer(mode, &ring()), &value).unwrap(), PAYLOAD);
    }
}

#[test]
fn c2_a_key_id_that_was_changed_for_another_of_the_ring_is_rejected() {
    let both = ring().announce(key(0x80)).unwrap();
    for mode in MODES {
        let sealer = sealer(mode, &both);
        let mut raw = URL_SAFE_NO_PAD
            .decode(sealer.seal(PAYLOAD, NOW, TTL).unwrap())
            .unwrap();
        raw[1..5].copy_from_slice(key(0x80).id().as_bytes());
        assert_eq!(
            open(&sealer, URL_SAFE_NO_PAD.encode(raw)),
            Err(OpenError::Rejected)
        );
    }
}

/// Payloads so that the text ends in a whole quantum, in two and in three characters.
const ENDINGS: [&[u8]; 3] = [b"12", b"123", b"1234"];

#[test]
fn c10_each_value_has_one_text() {
    for (mode, payload) in MODES
        .into_iter()
        .flat_map(|mode| ENDINGS.map(|payload| (mode, payload)))
    {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(payload, NOW, TTL).unwrap();
        let raw = URL_SAFE_NO_PAD.decode(&value).unwrap();
        assert_eq!(open(&sealer, &value).unwrap(), payload);

        // Any other last character is another value, or the same one with spare bits set.
        let mut twins = 0;
        for last in 0..=255_u8 {
            let mut altered = value.clone().into_bytes();
            if altered.last() != Some(&last) {
                *altered.last_mut().unwrap() = last;
                twins += usize::from(lenient(&altered).is_some_and(|bytes| bytes == raw));
                assert_eq!(
                    open(&sealer, altered),
                    Err(OpenError::Rejected),
                    "{mode:?} with last {last}"
                );
            }
        }
        assert_eq!(
            twins,
            [0, 0, 15, 3][value.len() % 4],
            "the texts that a lenient decoder takes for the same"
        );

        for extra in [
            "=", "==", "===", "+", "/", " ", "\n", "\r\n", "\t", "\0", "\"", "A", "AA", "AAA", "AAAA", "é",
        ] {
            for altered in [format!("{value}{extra}"), format!("{extra}{value}")] {
                assert_eq!(
                    open(&sealer, &altered),
                    Err(OpenError::Rejected),
                    "{mode:?} with {extra:?}"
                );
            }
            for place in 0..=value.len() {
                let altered = format!("{}{extra}{}", &value[..place], &value[place..]);
                assert_eq!(
                    open(&sealer, &altered),
                    Err(OpenError::Rejected),
                    "{mode:?} with {extra:?}"
                );
            }
        }
    }
}

#[test]
fn c10_the_standard_alphabet_is_rejected() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let (mut seen, mut rng) = ((false, false), Counting(0));
        for payload in 0..=255_u8 {
            let value = sealer.seal_with(&mut rng, &[payload; 9], NOW, TTL).unwrap();
            seen = (seen.0 || value.contains('-'), seen.1 || value.contains('_'));
            let standard = value.replace('-', "+").replace('_', "/");
            if standard != value {
                assert_eq!(open(&sealer, &standard), Err(OpenError::Rejected));
            }
        }
        assert_eq!(seen, (true, true), "both characters occurred");
    }
}

/// Decodes as browsers and many libraries would, spare bits ignored.
fn lenient(text: &[u8]) -> Option<Vec<u8>> {
    use base64::alphabet::URL_SAFE;
    use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
    GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true))
        .decode(text)
        .ok()
}

#[test]
fn c10_other_versions_are_rejected_under_a_right_tag() {
    let (key, issued_at) = (key(0), u64::try_from(NOW.as_millis()).unwrap());
    let (signed, encrypted) = (sealer(Mode::Signed, &ring()), sealer(Mode::Encrypted, &ring()));
    for version in 0..=255 {
        let value = forge::signed(&key, version, issued_at, 60, PAYLOAD);
        assert_eq!(
            open(&signed, &value).is_ok(),
            version == 1,
            "signed, version {version}"
        );
        assert_eq!(open(&encrypted, &value), Err(OpenError::Rejected));
        let padded = [PAYLOAD, &[0x80]].concat();
        let value = forge::encrypted(&key, version, issued_at, 60, &padded);
        assert_eq!(
            open(&encrypted, &value).is_ok(),
            version == 2,
            "encrypted, version {version}"
        );
        assert_eq!(open(&signed, &value), Err(OpenError::Rejected));
    }
}
