//! C4, C6, C7: keys on their way in and out.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

mod common;

use cloakroom_cookie::CookieName;
use cloakroom_keyring::{InvalidTransition, Key, KeyId, KeyRing, KeyState};
use cloakroom_seal::{OpenError, Sealer};
use common::{MODES, NAME, NOW, PAYLOAD, TTL, key, ring, sealer};

#[test]
fn c4_old_and_announced_keys_open() {
    let (old, new) = (key(0), key(0x80));
    let announced = KeyRing::single(old.clone()).announce(new.clone()).unwrap();
    let activated = announced.activate(new.id()).unwrap();
    for mode in MODES {
        let before = sealer(mode, &announced);
        let after = sealer(mode, &activated);
        let (first, second) = (
            before.seal(PAYLOAD, NOW, TTL).unwrap(),
            after.seal(PAYLOAD, NOW, TTL).unwrap(),
        );
        let opened = |sealer: &Sealer, value: &str| {
            let opened = sealer.opening(NOW).open(value).unwrap();
            (opened.value().to_vec(), opened.needs_reseal())
        };
        assert_eq!(opened(&before, &first), (PAYLOAD.to_vec(), false));
        assert_eq!(opened(&after, &first), (PAYLOAD.to_vec(), true), "a retiring key");
        assert_eq!(
            opened(&before, &second),
            (PAYLOAD.to_vec(), false),
            "an announced key: nothing is sealed back under the old one"
        );
        assert_eq!(opened(&after, &second), (PAYLOAD.to_vec(), false));
    }
}

/// A ring on the way of the procedure, with every key that was active at some time and was not removed since.
#[derive(Clone)]
struct Reached {
    ring: KeyRing,
    has_sealed: Vec<Key>,
}

impl Reached {
    /// The ring that one transition leads to; `None` when it is refused.
    fn step(&self, next: Result<KeyRing, InvalidTransition>) -> Option<Self> {
        let ring = next.ok()?;
        let mut has_sealed = self.has_sealed.clone();
        if has_sealed.iter().all(|key| key.id() != ring.active().id()) {
            has_sealed.push(ring.active().clone());
        }
        Some(Self { ring, has_sealed })
    }

    /// The last step for a key: by then the longest ttl has passed, so that nothing lives on under it.
    fn without(&self, id: KeyId) -> Option<Self> {
        let mut next = self.step(self.ring.remove(id))?;
        next.has_sealed.retain(|key| key.id() != id);
        Some(next)
    }
}

/// Each ring that the procedure leads to from one key, with each ring that is one step further.
fn adjacent_rings() -> Vec<(Reached, Reached)> {
    let start = Reached {
        ring: ring(),
        has_sealed: vec![key(0)],
    };
    let mut last = vec![start];
    let mut pairs = Vec::new();
    for _ in 0..5 {
        let mut next = Vec::new();
        for reached in &last {
            let ring = &reached.ring;
            let mut steps = Vec::new();
            // Two further keys are enough to have one retiring while another is announced.
            let new = [0x80, 0x40]
                .map(key)
                .into_iter()
                .find(|key| ring.find(key.id()).is_none());
            steps.extend(new.and_then(|key| reached.step(ring.announce(key))));
            for (id, state) in ring.entries() {
                if state != KeyState::Active {
                    steps.extend(reached.step(ring.activate(id)));
                    steps.extend(reached.step(ring.retire(id)));
                    steps.extend(reached.without(id));
                }
            }
            pairs.extend(steps.iter().map(|step| (reached.clone(), step.clone())));
            next.extend(steps);
        }
        last = next;
    }
    pairs
}

#[test]
fn c4_a_rolling_deploy_over_adjacent_rings_never_rejects() {
    let pairs = adjacent_rings();
    assert!(pairs.len() > 100, "{} pairs", pairs.len());
    let crowded = pairs.iter().filter(|(_, after)| after.has_sealed.len() == 3);
    assert!(crowded.count() > 10, "values of three keys are alive at once");
    for mode in MODES {
        let values: Vec<_> = [0, 0x80, 0x40]
            .map(|seed| {
                let alone = sealer(mode, &KeyRing::single(key(seed)));
                (key(seed).id(), alone.seal(PAYLOAD, NOW, TTL).unwrap())
            })
            .into();
        for (before, after) in &pairs {
            let nodes = [before, after].map(|reached| sealer(mode, &reached.ring));
            // What is alive after the step was sealed under a key that is active now or was once, and was not removed.
            for (id, value) in &values {
                if after.has_sealed.iter().all(|key| key.id() != *id) {
                    continue;
                }
                for (node, other) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
                    let opened = node.opening(NOW).open(value).unwrap();
                    assert_eq!(opened.value(), PAYLOAD, "{:?} to {:?}", before.ring, after.ring);
                    // What one node has sealed anew opens on the other.
                    let again = node.reseal(&opened).unwrap();
                    assert_eq!(other.opening(NOW).open(&again).unwrap().value(), PAYLOAD);
                }
            }
        }
    }
}

#[test]
fn c4_a_removed_key_does_not_open() {
    let activated = ring()
        .announce(key(0x80))
        .and_then(|ring| ring.activate(key(0x80).id()))
        .unwrap();
    let removed = activated.remove(key(0).id()).unwrap();
    for mode in MODES {
        let value = sealer(mode, &ring()).seal(PAYLOAD, NOW, TTL).unwrap();
        assert!(sealer(mode, &activated).opening(NOW).open(&value).is_ok());
        assert_eq!(
            sealer(mode, &removed).opening(NOW).open(&value).err(),
            Some(OpenError::Rejected)
        );
    }
}

#[test]
fn c6_debug_shows_no_key_and_no_payload() {
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(b"hunter2 and more", NOW, TTL).unwrap();
        let opened = sealer.opening(NOW).open(&value).unwrap();
        assert_eq!(
            format!("{opened:?}"),
            "Opened { value: (16 bytes), issued_at: UnixTime(1750000000123), expires_at: UnixTime(1750043200123), \
             needs_reseal: false, .. }"
        );
        assert_eq!(
            format!("{sealer:?}"),
            format!("Sealer {{ mode: {mode:?}, name: {NAME:?}, keys: 1, max_ttl: 2592000s, bucket: 1, .. }}")
        );
        assert!(format!("{:?}", sealer.opening(NOW)).starts_with("Opening { sealer: Sealer { mode: "));
    }
}

/// What a panic says.
fn told<T>(panics: impl FnOnce() -> T) -> String {
    let Err(payload) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)) else {
        panic!("it did not panic");
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().unwrap()).to_owned(),
    }
}

/// `unwrap` prints what it finds in place of what was expected: an error, or a key, a ring, a payload.
#[test]
fn c6_panics_tell_nothing_secret() {
    use base64::Engine as _;
    let text = ring().export();
    let encoded = base64::engine::general_purpose::STANDARD
        .encode(std::array::from_fn::<u8, 32, _>(|i| u8::try_from(i).unwrap()));
    assert!(text.contains(&encoded));
    let mut messages = vec![
        told(|| Key::from_base64(&encoded).unwrap_err()),
        told(|| Key::from_base64(&encoded[1..]).unwrap()),
        told(|| Key::from_bytes(b"hunter2 hunter2 hunter2 hunter2 ").unwrap()),
        told(|| KeyRing::parse(&text).unwrap_err()),
        told(|| KeyRing::parse(&text.replace("active", &encoded)).unwrap()),
        told(|| KeyRing::parse(&text.replace("active", "hunter2")).unwrap()),
        told(|| KeyRing::parse(&text.replace("keys", &encoded)).unwrap()),
        told(|| KeyRing::parse(&text[..text.len() - 4]).unwrap()),
        told(|| KeyRing::parse(&format!("\"{encoded}\"")).unwrap()),
        told(|| ring().announce(key(0)).unwrap()),
    ];
    for mode in MODES {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal(b"hunter2", NOW, TTL).unwrap();
        let opened = sealer.opening(NOW).open(&value).unwrap();
        let other = common::sealer_for(mode, &ring(), &NAME, "other");
        let cut = format!("{value}A");
        let found = [
            told(|| sealer.opening(NOW).open(&value).unwrap_err()),
            told(|| sealer.opening(NOW).open(&cut).unwrap()),
            told(|| other.reseal(&opened).unwrap()),
            told(|| sealer.reseal_with(&opened, &b"hunter2".repeat(999)).unwrap()),
        ];
        for message in &found {
            assert!(!message.contains(&value[17..]), "{message}");
        }
        messages.extend(found);
    }
    for message in messages {
        for secret in [
            &encoded[..8],
            &encoded[1..9],
            "hunter2",
            "0, 1, 2, 3",
            "104, 117",
            "68756e",
        ] {
            assert!(!message.contains(secret), "{message}");
        }
    }
}

#[test]
fn c6_a_sealer_that_cannot_work_is_not_built() {
    let refused = |purpose: &str, name: &CookieName| {
        MODES
            .map(|mode| match mode {
                cloakroom_seal::Mode::Signed => Sealer::signed(&ring(), name, purpose),
                cloakroom_seal::Mode::Encrypted => Sealer::encrypted(&ring(), name, purpose),
            })
            .map(|result| result.map(|_| ()).map_err(|error| error.to_string()))
    };
    let purpose = "a purpose has 1 to 255 bytes".to_owned();
    let name = "the cookie-name leaves no room for a value in 4096 characters".to_owned();
    assert_eq!(refused("", &NAME), [Err(purpose.clone()), Err(purpose.clone())]);
    assert_eq!(
        refused(&"p".repeat(256), &NAME),
        [Err(purpose.clone()), Err(purpose)]
    );
    assert_eq!(refused(&"p".repeat(255), &NAME), [Ok(()), Ok(())]);
    // An empty payload takes 63 and 59 characters.
    for (length, expected) in [
        (4096 - 59 + 1, [Err(name.clone()), Err(name.clone())]),
        (4096 - 59, [Err(name), Ok(())]),
        (4096 - 63, [Ok(()), Ok(())]),
    ] {
        assert_eq!(
            refused("p", &CookieName::new("n".repeat(length)).unwrap()),
            expected
        );
    }
}

#[test]
fn c7_one_key_or_sixteen_open_alike() {
    let mut ring = ring();
    for seed in 1..16 {
        ring = ring.announce(key(seed)).unwrap();
    }
    let rings: Vec<_> = std::iter::once(ring.clone())
        .chain(ring.entries().skip(1).map(|(id, _)| ring.activate(id).unwrap()))
        .collect();
    for mode in MODES {
        for (index, sealing) in rings.iter().enumerate() {
            let value = sealer(mode, sealing).seal(PAYLOAD, NOW, TTL).unwrap();
            for (other, opening) in rings.iter().enumerate() {
                let opened = sealer(mode, opening).opening(NOW).open(&value).unwrap();
                // Ring 0 has all but the first key announced; in the others the first one is retiring.
                assert_eq!(opened.needs_reseal(), index == 0 && other != 0);
            }
        }
    }
}

/// No test of values tells how two tags are compared, and a measurement of time is no unit test: so this one reads the
/// code.
#[test]
fn c7_tags_are_compared_by_code_of_constant_time_alone() {
    // A tag that is computed in order to be compared comes out of a `finalize`; each mode may have one, for sealing.
    let code = |text: &str| -> String {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.flat_map(|line| [line.trim(), " "]).collect()
    };
    let count = |text: &str, what: &str| code(text).matches(what).count();
    let signed = include_str!("../src/signed.rs");
    assert_eq!(count(signed, "self.mac(message).verify_slice(tag).ok()?;"), 1);
    assert_eq!((count(signed, "verify"), count(signed, "finalize")), (1, 1));
    assert_eq!(
        count(signed, "let tag = self.mac(out.bytes()).finalize_fixed();"),
        1
    );

    let encrypted = include_str!("../src/encrypted.rs");
    assert_eq!(count(encrypted, ".decrypt_inout_detached("), 1);
    assert_eq!(count(encrypted, "encrypt_inout_detached("), 1, "in `seal`");

    let migrate = include_str!("../src/migrate.rs");
    assert_eq!(count(migrate, ".verify_slice(&tag[..length]) .ok()?;"), 1);
    assert_eq!((count(migrate, "verify"), count(migrate, "finalize")), (1, 0));
    assert_eq!(count(migrate, "aes.decrypt_inout_detached("), 1);
    assert_eq!(count(migrate, "encrypt_inout_detached("), 0);

    for text in [signed, encrypted] {
        assert_eq!(
            count(text, "==") + count(text, "tag !=") + count(text, "!= tag"),
            0
        );
    }
    let opening = include_str!("../src/opening.rs");
    assert_eq!(count(opening, "!ct_eq(opened.value(), other.value())"), 1);
}
