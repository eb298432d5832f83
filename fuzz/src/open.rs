//! Opening a sealed value.

use std::num::NonZeroU16;
use std::sync::LazyLock;
use std::time::Duration;

use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::{Key, KeyRing};
use cloakroom_seal::{OpenError, Opened, SealError, Sealer};

use crate::counter::Counter;

const SEALED_AT: i64 = 1_750_000_000_123;
const CUTOFF: i64 = SEALED_AT - 1000;
const TTL: i64 = 43_200;
const MAX_TTL: i64 = 86_400;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// One text that a server of ours may have sent, and what it stands for.
struct Sealed {
    text: String,
    /// Which of the openers opens it, if any does.
    opener: Option<usize>,
    /// Under a retiring key.
    retiring: bool,
    payload: Vec<u8>,
    issued_at: i64,
    /// Seconds.
    ttl: i64,
}

struct World {
    /// They differ in mode, name and purpose.
    openers: Vec<Sealer>,
    values: Vec<Sealed>,
}

/// The same in every run, so that a crash is a crash again tomorrow.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let cutoff = UnixTime::from_millis(CUTOFF);
    let ring = KeyRing::single(key(1))
        .announce(key(0))
        .and_then(|ring| ring.activate(key(0).id()));
    let ring = ring
        .and_then(|ring| ring.announce(key(2)))
        .and_then(|ring| ring.announce(key(3)));
    let ring = ring
        .and_then(|ring| ring.revoke(key(3).id(), cutoff))
        .expect("each step leads on from the last");
    let mut rng = Counter(0);
    let mut values = Vec::new();
    let kinds = 0..KINDS;
    for kind in kinds.clone() {
        // The active, a retiring and an announced key open; a revoked and a foreign one do not.
        for under in 0..5 {
            let sealer = sealer(&KeyRing::single(key(under)), kind);
            for (number, payload) in payloads().into_iter().enumerate() {
                // Some are issued at the cut-off, just after it, and for longer than is accepted.
                let (issued_at, ttl) =
                    [(SEALED_AT, TTL), (CUTOFF, TTL), (CUTOFF + 1, 2 * MAX_TTL)][number % 3];
                let (at, lifetime) = (
                    UnixTime::from_millis(issued_at),
                    Duration::from_secs(ttl.unsigned_abs()),
                );
                let text = sealer
                    .seal_with(&mut rng, &payload, at, lifetime)
                    .expect("small and short-lived");
                let opener = (under < 3).then_some(kind);
                values.push(Sealed {
                    text,
                    opener,
                    retiring: under == 1,
                    payload,
                    issued_at,
                    ttl,
                });
            }
        }
    }
    let max_ttl = Duration::from_secs(MAX_TTL.unsigned_abs());
    let openers = kinds
        .map(|kind| sealer(&ring, kind).max_ttl(max_ttl).expect("a day is in range"))
        .collect();
    World { openers, values }
});

const KINDS: usize = 5;

fn sealer(ring: &KeyRing, kind: usize) -> Sealer {
    let (name, other) = (
        CookieName::from_static("__Host-id"),
        CookieName::from_static("__Host-ie"),
    );
    let bucket = NonZeroU16::new(64).expect("64 is not 0");
    let sealer = match kind {
        0 => Sealer::signed(ring, &name, "login"),
        1 => Sealer::encrypted(ring, &name, "login"),
        2 => Sealer::signed(ring, &name, "logim"),
        3 => Sealer::encrypted(ring, &other, "login"),
        // What it seals is padded; it opens nothing but values of its own purpose, padded or not.
        _ => Sealer::encrypted(ring, &name, "padded").and_then(|sealer| sealer.bucket(bucket)),
    };
    sealer.expect("names and purposes are short")
}

fn key(number: u8) -> Key {
    let bytes: Vec<u8> = (0..32).map(|at| number.wrapping_mul(37) ^ (at * 7)).collect();
    Key::from_bytes(&bytes).expect("32 bytes with many values")
}

fn payloads() -> [Vec<u8>; 4] {
    [
        br#"{"sub":"u1"}"#.to_vec(),
        Vec::new(),
        vec![0; 63],
        b"\x80\x00".repeat(50),
    ]
}

/// Laws, for texts that are tried on five sealers of different modes, names and purposes:
///
/// 1. Nothing opens that was not sealed: a text opens exactly when it equals, byte for byte, one that was sealed for
///    this very sealer under a key that its ring accepts.
/// 2. What opens has the payload and the times that were sealed, inside the times at which it may open; what does not
///    open after its tag was verified says why, and everything else is `Rejected`.
/// 3. `open_any` takes the one that opens among junk, and refuses two that open differently.
/// 4. A re-sealed value opens to its payload with the same issue and expiry; one from ahead of the clock is not re-sealed.
///
/// The input is a clock (one byte), then either `=` and a text, or a script: the number of a sealed text and edits of it,
/// four bytes each.
///
/// # Panics
///
/// When a law is broken.
pub fn open(data: &[u8]) {
    let [clock, rest @ ..] = data else { return };
    let text = match rest {
        [b'=', text @ ..] => text.to_vec(),
        script => edited(script),
    };
    let now = UnixTime::from_millis(clock_of(*clock));
    for (kind, opener) in WORLD.openers.iter().enumerate() {
        let sealed = WORLD
            .values
            .iter()
            .find(|value| value.text.as_bytes() == text && value.opener == Some(kind));
        let found = opener.opening(now).open(&text);
        let expected = sealed.map_or(Err(OpenError::Rejected), |value| {
            may_open(value, now.as_millis()).map(|()| value)
        });
        match (found, expected) {
            (Ok(opened), Ok(value)) => {
                assert_eq!(opened.value(), value.payload);
                let ahead = value.issued_at > now.as_millis();
                assert_eq!(opened.needs_reseal(), value.retiring && !ahead);
                assert_eq!(opened.issued_at().as_millis(), value.issued_at);
                assert_eq!(opened.expires_at().as_millis(), ends(value));
                resealed(opener, now, &opened, ahead);
            }
            (Err(error), Err(expected)) => assert_eq!(error, expected),
            (Ok(_), Err(_)) => panic!("something opened that was not sealed, or not for now"),
            (Err(error), Ok(_)) => panic!("a sealed value does not open: {error}"),
        }
        among_others(opener, kind, now, &text);
    }
}

fn resealed(sealer: &Sealer, now: UnixTime, opened: &Opened, ahead: bool) {
    for payload in [opened.value(), b"another"] {
        let again = sealer.reseal_with(opened, payload);
        if ahead {
            assert_eq!(again, Err(SealError::NotYetIssued));
            continue;
        }
        let again = again.expect("it was this sealer that opened it");
        let again = sealer.opening(now).open(again).expect("a re-sealed value opens");
        assert!(!again.needs_reseal() && again.value() == payload);
        assert_eq!(
            (again.issued_at(), again.expires_at()),
            (opened.issued_at(), opened.expires_at())
        );
    }
}

/// Milliseconds: far from, before, at and after each time at which something changes.
fn clock_of(number: u8) -> i64 {
    let changes = [
        SEALED_AT - 5000,
        CUTOFF - 5000,
        SEALED_AT,
        ends_at(SEALED_AT, TTL),
        ends_at(CUTOFF + 1, MAX_TTL),
    ];
    match number {
        b' '.. => SEALED_AT + i64::from(number),
        0 => i64::MIN,
        1 => i64::MAX,
        2 => 0,
        _ => changes[usize::from(number) % 5] + i64::from(number / 5 % 3) - 1,
    }
}

fn ends_at(issued_at: i64, ttl: i64) -> i64 {
    issued_at + 1000 * ttl.min(MAX_TTL)
}

fn ends(value: &Sealed) -> i64 {
    ends_at(value.issued_at, value.ttl)
}

/// The rule of time, in the order in which the errors are given.
fn may_open(value: &Sealed, now: i64) -> Result<(), OpenError> {
    if value.issued_at > now.saturating_add(5000) {
        Err(OpenError::NotYetValid)
    } else if now >= ends(value) {
        Err(OpenError::Expired)
    } else if value.issued_at <= CUTOFF {
        Err(OpenError::Revoked)
    } else {
        Ok(())
    }
}

fn among_others(sealer: &Sealer, kind: usize, now: UnixTime, text: &[u8]) {
    let live = |wanted: &[u8]| {
        WORLD.values.iter().find(|value| {
            value.opener == Some(kind) && value.payload == wanted && may_open(value, now.as_millis()).is_ok()
        })
    };
    let [first, .., last] = payloads();
    let (Some(one), Some(other)) = (live(&first), live(&last)) else {
        return;
    };
    let opening = sealer.opening(now);
    let found = opening.open_any([text, one.text.as_bytes()]);
    match opening.open(text) {
        Ok(opened) if opened.value() != one.payload => assert_eq!(found.err(), Some(OpenError::Conflict)),
        _ => assert_eq!(
            found.map(|opened| opened.value().to_vec()).as_ref(),
            Ok(&one.payload)
        ),
    }
    let differing = [one.text.as_bytes(), other.text.as_bytes(), text];
    assert_eq!(opening.open_any(differing).err(), Some(OpenError::Conflict));
}

/// The text that the first byte names, after each edit: what to do, where (two bytes), and with what.
fn edited(script: &[u8]) -> Vec<u8> {
    let [number, edits @ ..] = script else {
        return Vec::new();
    };
    let values = &WORLD.values;
    let mut text = values[usize::from(*number) % values.len()]
        .text
        .clone()
        .into_bytes();
    for edit in edits.chunks_exact(4).take(8) {
        let (what, with) = (edit[0], edit[3]);
        let at = usize::from(u16::from_be_bytes([edit[1], edit[2]])) % (text.len() + 1);
        match what % 8 {
            0 => text.truncate(at),
            1 => text.insert(at, with),
            2 => text.insert(at, LETTERS[usize::from(with) % 64]),
            3 if at < text.len() => drop(text.remove(at)),
            4 if at < text.len() => text[at] = LETTERS[usize::from(with) % 64],
            // One bit of the six that a letter stands for.
            5 if at < text.len() => {
                let six = LETTERS
                    .iter()
                    .position(|letter| *letter == text[at])
                    .unwrap_or_default();
                text[at] = LETTERS[six ^ (1 << (with % 6))];
            }
            // The head of this text, the tail of another.
            6 => {
                let other = values[usize::from(with) % values.len()].text.as_bytes();
                text.truncate(at);
                text.extend_from_slice(other.get(at..).unwrap_or_default());
            }
            7 if at < text.len() => text[at] ^= 1 << (with % 8),
            _ => {}
        }
    }
    text
}
