//! The configuration of a key ring.

use std::error::Error;
use std::fmt::Write as _;

use cloakroom_core::UnixTime;
use cloakroom_keyring::{InvalidTransition, Key, KeyRing, KeyState};

/// A run of this many letters, digits, `+` and `/` is taken for key material; no word of an error is as long.
const TELLING: usize = 16;

/// Laws, for any text:
///
/// 1. `parse(export(parse(x))) = parse(x)`, and so for the ring after each transition that it allows.
/// 2. A transition changes the key that it names, activation the active one too, and nothing else; an announcement adds
///    a key at the end.
/// 3. A ring that parses has exactly one active key, no id twice, and a cut-off beside a revoked key.
/// 4. No error, and no `Debug` of a ring, repeats key material of the text.
///
/// # Panics
///
/// When a law is broken.
pub fn key_ring(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match KeyRing::parse(text) {
        Ok(ring) => {
            holds_together(&ring);
            tells_nothing_of(text, &format!("{ring:?} {ring:#?}"));
            steps(&ring);
        }
        Err(error) => {
            let mut told = format!("{error} {error:?} {error:#?}");
            let mut source = error.source();
            while let Some(inner) = source {
                let _ = write!(told, " {inner} {inner:?}");
                source = inner.source();
            }
            assert!(
                !error.to_string().contains('\n'),
                "a refused configuration has one line"
            );
            tells_nothing_of(text, &told);
        }
    }
}

fn holds_together(ring: &KeyRing) {
    let text = ring.export();
    let again = KeyRing::parse(&text).expect("an exported ring parses");
    assert_eq!(*again.export(), *text, "exported twice, two texts");
    assert!(again.entries().eq(ring.entries()), "the entries changed");
    assert_eq!(again.cutoff(), ring.cutoff());
    assert_eq!(again.active().id(), ring.active().id());

    let entries: Vec<_> = ring.entries().collect();
    let in_state = |state| entries.iter().filter(|(_, is)| *is == state).count();
    assert_eq!(in_state(KeyState::Active), 1);
    assert!(
        in_state(KeyState::Revoked) == 0 || ring.cutoff().is_some(),
        "revoked without a cut-off"
    );
    for (at, (id, state)) in entries.iter().enumerate() {
        assert!(
            entries[..at].iter().all(|(earlier, _)| earlier != id),
            "an id twice"
        );
        assert_eq!(
            ring.find(*id).map(Key::id),
            (*state != KeyState::Revoked).then_some(*id)
        );
    }
}

/// Takes each step from `ring` that it allows.
fn steps(ring: &KeyRing) {
    let cutoff = UnixTime::from_millis(1_750_000_000_000);
    let before: Vec<_> = ring.entries().collect();
    for number in 0..2 {
        let key = key(number);
        let listed = before.iter().any(|(id, _)| *id == key.id());
        match ring.announce(key.clone()) {
            Ok(next) => {
                assert!(!listed, "a key was announced twice");
                holds_together(&next);
                let added = (key.id(), KeyState::Announced);
                assert!(
                    next.entries().eq(before.iter().copied().chain([added])),
                    "an announcement changed something else"
                );
                assert_eq!(next.cutoff(), ring.cutoff());
            }
            Err(error) => assert!(listed && error == InvalidTransition::Listed),
        }
    }
    for &(id, state) in &before {
        let steps = [
            (ring.activate(id), Some(KeyState::Active)),
            (ring.retire(id), Some(KeyState::Retiring)),
            (ring.revoke(id, cutoff), Some(KeyState::Revoked)),
            (ring.remove(id), None),
        ];
        for (next, state_after) in steps {
            let Ok(next) = next else { continue };
            assert!(
                state != KeyState::Active,
                "the active key is never the one that a step is about"
            );
            holds_together(&next);
            let expected = before.iter().filter_map(|&(other, state)| {
                let unchanged = match state {
                    KeyState::Active if state_after == Some(KeyState::Active) => KeyState::Retiring,
                    state => state,
                };
                if other == id {
                    state_after.map(|state| (id, state))
                } else {
                    Some((other, unchanged))
                }
            });
            assert!(next.entries().eq(expected), "a step changed something else");
            let raised = (state_after == Some(KeyState::Revoked)).then_some(cutoff);
            assert_eq!(next.cutoff(), ring.cutoff().max(raised));
        }
    }
}

/// Key 0 is one that the seeds list.
fn key(number: u8) -> Key {
    let bytes: Vec<u8> = (0..32).map(|at| at ^ (number * 0x80)).collect();
    Key::from_bytes(&bytes).expect("32 bytes with many values")
}

fn tells_nothing_of(text: &str, told: &str) {
    let material = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let runs = text.split(|letter: char| !u8::try_from(letter).is_ok_and(material));
    for run in runs.filter(|run| run.len() >= TELLING) {
        for start in 0..=run.len() - TELLING {
            assert!(
                !told.contains(&run[start..start + TELLING]),
                "key material of the text is repeated"
            );
        }
    }
}
