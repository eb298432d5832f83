//! C14: values of the `cookie` crate's jars, made by that crate.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]
#![cfg(feature = "migrate-cookie-0_18")]

mod common;

use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::KeyRing;
use cloakroom_seal::migrate::{ForeignKey, JarReader};
use cloakroom_seal::{OpenError, SealError};
use common::{MODES, NOW, now, ring, sealer};
use cookie::{Cookie, CookieJar, Key};

const DEADLINE: UnixTime = UnixTime::from_millis(1_750_000_001_000);
const VALUES: [&str; 5] = [
    "",
    "u1",
    "44 characters or so, with spaces; and more..",
    "Grüße, 日本",
    "{\"sub\":\"u1\"}",
];

fn master() -> [u8; 64] {
    std::array::from_fn(|i| u8::try_from(i * 3).unwrap())
}

fn foreign() -> ForeignKey {
    ForeignKey::from_master(&master()).unwrap()
}

fn in_signed_jar(name: &'static str, value: &'static str) -> String {
    let mut jar = CookieJar::new();
    jar.signed_mut(&Key::from(&master()))
        .add(Cookie::new(name, value));
    jar.get(name).unwrap().value().to_owned()
}

fn in_private_jar(name: &'static str, value: &'static str) -> String {
    let mut jar = CookieJar::new();
    jar.private_mut(&Key::from(&master()))
        .add(Cookie::new(name, value));
    jar.get(name).unwrap().value().to_owned()
}

fn signed(ring: &KeyRing) -> JarReader {
    JarReader::signed(ring, &foreign(), DEADLINE).cookie(CookieName::from_static("user"))
}

fn private(ring: &KeyRing) -> JarReader {
    JarReader::private(ring, &foreign(), DEADLINE).cookie(CookieName::from_static("user"))
}

/// Each reader, and what the jar that it reads makes of a name and value.
type Jar = (JarReader, fn(&'static str, &'static str) -> String);

fn jars(ring: &KeyRing) -> [Jar; 2] {
    [(signed(ring), in_signed_jar), (private(ring), in_private_jar)]
}

#[test]
fn c14_values_of_both_jars_open() {
    for (reader, jar) in jars(&ring()) {
        for value in VALUES {
            let opened = reader.opening(NOW).open("user", jar("user", value)).unwrap();
            assert_eq!(opened.value(), value.as_bytes());
            assert_eq!(
                (opened.issued_at(), opened.expires_at()),
                (UnixTime::EPOCH, DEADLINE)
            );
            assert!(!opened.needs_reseal());
            for mode in MODES {
                let sealer = sealer(mode, &ring());
                assert_eq!(sealer.reseal(&opened), Err(SealError::Foreign));
                assert_eq!(sealer.reseal_with(&opened, b"x"), Err(SealError::Foreign));
            }
        }
    }
}

#[test]
fn c14_any_cutoff_refuses_them() {
    for (reader, jar) in jars(&ring()) {
        let value = jar("user", "u1");
        for cutoff in [UnixTime::MIN, UnixTime::EPOCH, NOW, UnixTime::MAX] {
            let refused = reader.opening(NOW).cutoff(cutoff).open("user", &value).err();
            assert_eq!(refused, Some(OpenError::Revoked), "{cutoff:?}");
        }
    }
    for (reader, jar) in jars(&ring().raise_cutoff(UnixTime::EPOCH).unwrap()) {
        assert_eq!(
            reader.opening(NOW).open("user", jar("user", "u1")).err(),
            Some(OpenError::Revoked)
        );
        assert_eq!(
            reader.opening(NOW).open("user", "junk").err(),
            Some(OpenError::Rejected)
        );
    }
}

#[test]
fn c14_another_cookies_name_is_refused() {
    for (reader, jar) in jars(&ring()) {
        for name in ["", "use", "user2", "USER", "__Host-user"] {
            assert_eq!(
                reader.opening(NOW).open(name, jar("user", "u1")).err(),
                Some(OpenError::Rejected),
                "{name}"
            );
        }
        assert_eq!(
            reader.opening(NOW).open("other", jar("other", "u1")).err(),
            Some(OpenError::Rejected)
        );
    }
    // A private jar binds the name, so a value does not move between two cookies that are both named.
    let both = private(&ring()).cookie(CookieName::from_static("cart"));
    assert_eq!(
        both.opening(NOW)
            .open("cart", in_private_jar("cart", "3 apples"))
            .unwrap()
            .value(),
        b"3 apples"
    );
    assert_eq!(
        both.opening(NOW)
            .open("user", in_private_jar("cart", "3 apples"))
            .err(),
        Some(OpenError::Rejected)
    );
    let none = JarReader::private(&ring(), &foreign(), DEADLINE);
    assert_eq!(
        none.opening(NOW).open("user", in_private_jar("user", "u1")).err(),
        Some(OpenError::Rejected)
    );
}

#[test]
fn c14_past_the_deadline_is_refused() {
    for (reader, jar) in jars(&ring()) {
        let value = jar("user", "u1");
        let at = |millis| reader.opening(now(millis)).open("user", &value).err();
        // The deadline is 877 ms after `NOW`.
        assert_eq!(at(876), None);
        assert_eq!(at(877), Some(OpenError::Expired));
        assert_eq!(at(878), Some(OpenError::Expired));
        let late = reader.opening(UnixTime::MAX);
        assert_eq!(late.open("user", &value).err(), Some(OpenError::Expired));
        let cut = late.cutoff(UnixTime::EPOCH);
        assert_eq!(cut.open("user", &value).err(), Some(OpenError::Expired));
        // Only what the jar made is told that it is late.
        let mut altered = value.clone().into_bytes();
        altered[0] ^= 1;
        for junk in [&altered[..], b"", b"junk", &[b'A'; 4097]] {
            assert_eq!(late.open("user", junk).err(), Some(OpenError::Rejected));
        }
        assert_eq!(late.open("other", &value).err(), Some(OpenError::Rejected));
    }
}

#[test]
fn c14_a_converted_login_ends_at_the_deadline() {
    for (reader, jar) in jars(&ring()) {
        let opened = reader
            .opening(now(-10_000))
            .open("user", jar("user", "u1"))
            .unwrap();
        let left = opened.expires_at().checked_duration_since(now(-10_000)).unwrap();
        for mode in MODES {
            let sealer = sealer(mode, &ring());
            let converted = sealer.seal(opened.value(), now(-10_000), left).unwrap();
            let at = |millis| sealer.opening(now(millis)).open(&converted).err();
            assert_eq!(at(-10_000), None);
            assert_eq!(at(877), Some(OpenError::Expired), "at the deadline");
            let cut = sealer.opening(now(-1)).cutoff(now(-10_000)).open(&converted);
            assert_eq!(cut.err(), Some(OpenError::Revoked));
        }
    }
}

#[test]
fn c14_altered_values_are_rejected() {
    for (reader, jar) in jars(&ring()) {
        let value = jar("user", "u1");
        let rejected = |altered: &[u8]| {
            assert_eq!(
                reader.opening(NOW).open("user", altered).err(),
                Some(OpenError::Rejected),
                "{altered:?}"
            );
        };
        for bit in 0..value.len() * 8 {
            let mut altered = value.clone().into_bytes();
            altered[bit / 8] ^= 1 << (bit % 8);
            rejected(&altered);
        }
        for end in 0..value.len() {
            rejected(&value.as_bytes()[..end]);
        }
        rejected(&[value.as_bytes(), b"A"].concat());
        rejected(&vec![b'A'; 4100]);
        rejected("é".repeat(60).as_bytes());
    }
}

#[test]
fn c14_another_key_or_the_other_jar_is_rejected() {
    let mut other = master();
    other[0] ^= 1;
    other[63] ^= 1;
    let other = ForeignKey::from_master(&other).unwrap();
    let name = CookieName::from_static("user");
    for (reader, value) in [
        (
            JarReader::signed(&ring(), &other, DEADLINE),
            in_signed_jar("user", "u1"),
        ),
        (
            JarReader::private(&ring(), &other, DEADLINE),
            in_private_jar("user", "u1"),
        ),
        (
            JarReader::signed(&ring(), &foreign(), DEADLINE),
            in_private_jar("user", "u1"),
        ),
        (
            JarReader::private(&ring(), &foreign(), DEADLINE),
            in_signed_jar("user", "u1"),
        ),
    ] {
        let refused = reader.cookie(name.clone()).opening(NOW).open("user", value).err();
        assert_eq!(refused, Some(OpenError::Rejected));
    }
}

#[test]
fn c14_foreign_keys_are_a_type_of_their_own() {
    assert_eq!(format!("{:?}", foreign()), "ForeignKey(..)");
    let error = ForeignKey::from_master(&master()[..63]).unwrap_err();
    assert_eq!(error.to_string(), "the key of a cookie jar has 64 bytes");
    // `cookie::Key::from` takes the first 64 bytes of a longer key, and so does this.
    let longer = ForeignKey::from_master(&[&master()[..], b"more"].concat()).unwrap();
    let reader = JarReader::signed(&ring(), &longer, DEADLINE).cookie(CookieName::from_static("user"));
    assert_eq!(
        reader
            .opening(NOW)
            .open("user", in_signed_jar("user", "u1"))
            .unwrap()
            .value(),
        b"u1"
    );
    assert_eq!(
        format!("{reader:?}"),
        format!(
            "JarReader {{ names: [{:?}], deadline: UnixTime(1750000001000), .. }}",
            CookieName::from_static("user")
        )
    );
}
