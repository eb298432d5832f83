//! C13: a generator that repeats its state.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

mod common;

use std::path::Path;

use cloakroom_seal::{Mode, SealError, Ticket};
use common::{Counting, MODES, NOW, PAYLOAD, TTL, ring, sealer};
use rand::SeedableRng as _;
use rand::rngs::ChaCha20Rng;
use rand_core::{TryCryptoRng, TryRng};

#[test]
fn c13_a_repeated_state_shows_equality_at_most() {
    let sealer = sealer(Mode::Encrypted, &ring());
    // A fork or a cloned machine: two generators in one state.
    let fork = || ChaCha20Rng::seed_from_u64(7);
    let (mut parent, mut child) = (fork(), fork());
    let a = sealer
        .seal_with(&mut parent, b"payload of one", NOW, TTL)
        .unwrap();
    let b = sealer.seal_with(&mut child, b"payload of two", NOW, TTL).unwrap();
    // They share the first 17 bytes, the nonce among them, and 22 characters of text; nothing of what follows.
    assert_eq!(a[..22], b[..22]);
    let equal = a[23..]
        .bytes()
        .zip(b[23..].bytes())
        .filter(|(a, b)| a == b)
        .count();
    assert!(
        equal < 8,
        "{equal} of {} characters are equal by chance",
        a.len() - 23
    );
    for (value, payload) in [(&a, b"payload of one"), (&b, b"payload of two")] {
        assert_eq!(sealer.opening(NOW).open(value).unwrap().value(), payload);
    }
    // Equal plaintexts under a repeated nonce are seen to be equal: that is all.
    let equal = sealer
        .seal_with(&mut fork(), b"payload of one", NOW, TTL)
        .unwrap();
    assert_eq!(equal, a);
    // The same payload at another time is another plaintext.
    let later = sealer
        .seal_with(&mut fork(), b"payload of one", common::now(1), TTL)
        .unwrap();
    assert_ne!(later, a);
}

#[test]
fn c13_two_tickets_of_one_moment_differ() {
    let issue = || Ticket::issue("u1", NOW).unwrap();
    let (a, b) = (issue(), issue());
    assert_ne!(a.ticket_id(), b.ticket_id());
    // No generator can be passed in: the id comes from the operating system each time.
    assert_eq!((a.subject(), a.authenticated_at()), ("u1", NOW));
    assert_eq!(
        format!("{a:?}"),
        "Ticket { authenticated_at: UnixTime(1750000000123), .. }"
    );
}

/// Ids from a generator would differ, too, and no test of values could tell: so this one reads the code.
#[test]
fn c13_ids_come_from_the_operating_system_and_nonces_alone_from_a_generator() {
    let expected = [
        ("sealer.rs", "fn seal_at<R: TryCryptoRng + ?Sized>("),
        ("sealer.rs", "pub fn seal_with<R: TryCryptoRng + ?Sized>("),
        (
            "sealer.rs",
            "rng.try_fill_bytes(&mut nonce).map_err(|_| SealError::Random)?;",
        ),
        ("sealer.rs", "rng: &mut R,"),
        ("sealer.rs", "rng: &mut R,"),
        ("sealer.rs", "self.seal_at(&mut rand::rng(), payload, times)"),
        ("sealer.rs", "self.seal_at(rng, payload, times)"),
        ("sealer.rs", "self.seal_with(&mut rand::rng(), payload, now, ttl)"),
        ("sealer.rs", "use rand_core::TryCryptoRng;"),
        (
            "ticket.rs",
            "getrandom::fill(&mut id).map_err(|error| RandomError::Source(error.into()))?;",
        ),
    ];
    let lines = random_lines();
    let lines: Vec<_> = lines.iter().map(|(file, line)| (&**file, &**line)).collect();
    assert_eq!(lines, expected);
}

const WORDS: [&str; 9] = [
    "getrandom",
    "rand::",
    "rand_core",
    "use rand;",
    "use rand as",
    "rng",
    "Rng",
    "fill(",
    "fill_bytes(",
];

/// Each line of this crate's code that names a source of randomness, with its file; neither comments nor unit tests.
fn random_lines() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut lines) = (vec![source.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "tests.rs" {
                let name = path.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
                lines.extend(
                    code.filter(|line| WORDS.iter().any(|word| line.contains(word)))
                        .map(|line| (name.clone(), line.to_owned())),
                );
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn c13_nonces_of_the_threads_generator_differ() {
    let sealer = sealer(Mode::Encrypted, &ring());
    let mut values: Vec<_> = (0..100)
        .map(|_| sealer.seal(PAYLOAD, NOW, TTL).unwrap())
        .collect();
    let of_thread = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                (0..100)
                    .map(|_| sealer.seal(PAYLOAD, NOW, TTL).unwrap())
                    .collect::<Vec<_>>()
            })
            .join()
            .unwrap()
    });
    values.extend(of_thread);
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 200);
}

#[test]
fn signed_values_take_nothing_from_the_generator() {
    let sealer = sealer(Mode::Signed, &ring());
    let mut rng = Counting(0xa0);
    let value = sealer.seal_with(&mut rng, PAYLOAD, NOW, TTL).unwrap();
    assert_eq!(rng.0, 0xa0);
    assert_eq!(sealer.seal(PAYLOAD, NOW, TTL).unwrap(), value);
}

struct Broken;

impl TryRng for Broken {
    type Error = std::io::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(std::io::ErrorKind::Other.into())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(std::io::ErrorKind::Other.into())
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(std::io::ErrorKind::Other.into())
    }
}

impl TryCryptoRng for Broken {}

#[test]
fn a_broken_generator_is_an_error() {
    let [signed, encrypted] =
        MODES.map(|mode| sealer(mode, &ring()).seal_with(&mut Broken, PAYLOAD, NOW, TTL));
    assert!(signed.is_ok());
    assert_eq!(encrypted, Err(SealError::Random));
}
