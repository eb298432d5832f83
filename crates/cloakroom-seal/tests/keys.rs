//! C4, C6, C7: keys on their way in and out.

mod common;

use cloakroom_cookie::CookieName;
use cloakroom_keyring::{KeyRing, KeyState};
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

/// Each ring that the procedure leads to from one key, with each ring that is one step further.
fn adjacent_rings() -> Vec<(KeyRing, KeyRing)> {
    let fresh = [key(0x80), key(0x40), key(0x20)];
    let mut reached = vec![ring()];
    let mut pairs = Vec::new();
    for added in &fresh {
        let mut next = Vec::new();
        for ring in &reached {
            let mut steps = Vec::new();
            steps.extend(ring.announce(added.clone()));
            for (id, state) in ring.entries() {
                match state {
                    KeyState::Announced => {
                        steps.extend(
                            [ring.activate(id), ring.retire(id), ring.remove(id)]
                                .into_iter()
                                .flatten(),
                        );
                    }
                    // Removed when the longest ttl has passed, so that nothing lives on under the key.
                    KeyState::Retiring => {
                        steps.extend([ring.activate(id), ring.remove(id)].into_iter().flatten());
                    }
                    _ => {}
                }
            }
            pairs.extend(steps.iter().map(|step| (ring.clone(), step.clone())));
            next.extend(steps);
        }
        reached.extend(next);
    }
    pairs
}

#[test]
fn c4_a_rolling_deploy_over_adjacent_rings_never_rejects() {
    let pairs = adjacent_rings();
    assert!(pairs.len() > 20, "{} pairs", pairs.len());
    for (before, after) in &pairs {
        for mode in MODES {
            let (before, after) = (sealer(mode, before), sealer(mode, after));
            for (from, to) in [(&before, &after), (&after, &before)] {
                let value = from.seal(PAYLOAD, NOW, TTL).unwrap();
                let opened = to.opening(NOW).open(&value).unwrap();
                // And back: what one node has sealed anew opens on the other.
                let again = to.reseal(&opened).unwrap();
                assert_eq!(from.opening(NOW).open(&again).unwrap().value(), PAYLOAD);
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
