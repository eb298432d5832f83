//! C8: the published vectors. `vectors.json` is what this file writes, so that another implementation can read it;
//! the README describes it. `CLOAKROOM_WRITE_VECTORS=1 cargo test -p cloakroom-seal --test vectors` writes it anew.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]
mod common;

use std::num::NonZeroU16;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::{Key, KeyRing, Label};
use cloakroom_seal::{Mode, OpenError, Sealer};
use common::{Counting, MODES, NAME, NOW, PAYLOAD, PURPOSE, TTL, forge, key, now, ring, sealer, sealer_for};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");
const SIGNED: &str = "ATJPHXwBl3Qg3HsAAKjAeyJzdWIiOiJ1MSJ9I9liF5xOusyrFJnlX7Sib29k9ZABMqhK9Tg3kDg54E8";
const ENCRYPTED: &str = "AjJPHXygoaKjpKWmp6ipqqvuKQGidvHYklAO382O8_RdOw3k5S8u5exWUKyeN98NxidGBQUeUPU";
const ISSUED_AT: u64 = 1_750_000_000_123;

#[test]
fn c8_vectors_reproduce() {
    for (mode, expected) in [(Mode::Signed, SIGNED), (Mode::Encrypted, ENCRYPTED)] {
        let sealer = sealer(mode, &ring());
        let value = sealer.seal_with(&mut Counting(0xa0), PAYLOAD, NOW, TTL).unwrap();
        assert_eq!(value, expected);
        let opened = sealer.opening(now(1)).open(expected).unwrap();
        assert_eq!(
            (opened.value(), opened.issued_at(), opened.expires_at()),
            (PAYLOAD, NOW, now(43_200_000))
        );
    }
}

#[test]
fn c8_the_file_is_what_this_crate_writes() {
    let document = document();
    if std::env::var_os("CLOAKROOM_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, serde_json::to_string_pretty(&document).unwrap() + "\n").unwrap();
    }
    assert!(
        file() == document,
        "vectors.json differs from what this crate writes"
    );
}

fn file() -> Value {
    serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap()
}

#[test]
fn c8_each_case_of_the_file_holds() {
    let document = file();
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.len() > 60, "{} cases", cases.len());
    for case in cases {
        assert_eq!(outcome(&document, case), case["result"], "{}", case["name"]);
    }
}

/// What opening a case of the file gives, in the file's own words.
fn outcome(document: &Value, case: &Value) -> Value {
    let text = |member: &str| case[member].as_str().unwrap().to_owned();
    let millis = |member: &str| case[member].as_i64().map(UnixTime::from_millis);
    let ring = KeyRing::parse(&document["rings"][text("ring")].to_string()).unwrap();
    let name = CookieName::new(text("cookie_name")).unwrap();
    let mode = if text("mode") == "signed" {
        Mode::Signed
    } else {
        Mode::Encrypted
    };
    let max_ttl = Duration::from_secs(case["max_ttl_s"].as_u64().unwrap());
    let sealer = sealer_for(mode, &ring, &name, &text("purpose"))
        .max_ttl(max_ttl)
        .unwrap();
    let mut opening = sealer.opening(millis("now_ms").unwrap());
    if let Some(cutoff) = millis("cutoff_ms") {
        opening = opening.cutoff(cutoff);
    }
    match opening.open(text("value")) {
        Ok(opened) => json!({
            "payload_hex": hex(opened.value()),
            "issued_at_ms": opened.issued_at().as_millis(),
            "expires_at_ms": opened.expires_at().as_millis(),
            "needs_reseal": opened.needs_reseal(),
        }),
        Err(error) => json!({ "error": kind(error) }),
    }
}

fn kind(error: OpenError) -> &'static str {
    match error {
        OpenError::NotYetValid => "not_yet_valid",
        OpenError::Expired => "expired",
        OpenError::Revoked => "revoked",
        _ => "rejected",
    }
}

fn document() -> Value {
    let (old, new) = (key(0), key(0x80));
    let announced = ring().announce(new.clone()).unwrap();
    let rotated = announced.activate(new.id()).unwrap();
    let revoked = rotated.revoke(old.id(), now(-1_000)).unwrap();
    let rings = [
        ("one", ring()),
        ("announced", announced),
        ("rotated", rotated),
        ("revoked", revoked),
        ("other", KeyRing::single(new.clone())),
        ("cut_off", ring().raise_cutoff(NOW).unwrap()),
    ];
    let mut cases = Cases {
        rings: &rings,
        list: Vec::new(),
    };
    cases.sealed();
    cases.rotated();
    cases.timed();
    cases.altered();
    cases.spelled();
    cases.forged();
    let parse = |ring: &KeyRing| serde_json::from_str::<Value>(&ring.export()).unwrap();
    json!({
        "format": "cloakroom-seal/v1",
        "rings": rings.iter().map(|(name, ring)| ((*name).to_owned(), parse(ring))).collect::<serde_json::Map<_, _>>(),
        "sub_keys": sub_keys(&[("one", &old), ("other", &new)]),
        "cases": cases.list,
    })
}

fn sub_keys(keys: &[(&str, &Key)]) -> Value {
    let parts = [(PURPOSE, NAME.as_str()), ("p", "id"), ("Grüße", "__Secure-a")];
    keys.iter()
        .flat_map(|(ring, key)| {
            parts.into_iter().flat_map(move |(purpose, name)| {
                let labels = [
                    (
                        "seal/signed",
                        Label::seal_signed(purpose.as_bytes(), name.as_bytes()).unwrap(),
                    ),
                    (
                        "seal/encrypted",
                        Label::seal_encrypted(purpose.as_bytes(), name.as_bytes()).unwrap(),
                    ),
                ];
                labels.map(|(text, label)| {
                    json!({
                        "ring": ring,
                        "key_id": key.id().to_string(),
                        "label": text,
                        "purpose": purpose,
                        "cookie_name": name,
                        "sub_key_hex": hex(key.derive(label).expose()),
                    })
                })
            })
        })
        .collect()
}

/// A value and how it was sealed, where a sealer did it.
struct Sealed {
    value: String,
    by: Value,
}

impl From<String> for Sealed {
    fn from(value: String) -> Self {
        Self {
            value,
            by: Value::Null,
        }
    }
}

struct Cases<'a> {
    rings: &'a [(&'a str, KeyRing)],
    list: Vec<Value>,
}

/// How a case is opened; most cases differ from the default in one thing.
struct Opening<'a> {
    ring: &'a str,
    mode: Mode,
    cookie_name: &'a str,
    purpose: &'a str,
    now: UnixTime,
    max_ttl: u64,
    cutoff: Option<UnixTime>,
}

impl Opening<'_> {
    fn of(mode: Mode) -> Self {
        Self {
            ring: "one",
            mode,
            cookie_name: "__Host-id",
            purpose: PURPOSE,
            now: NOW,
            max_ttl: 30 * 86_400,
            cutoff: None,
        }
    }
}

impl Cases<'_> {
    fn add(&mut self, name: impl Into<String>, opening: &Opening<'_>, sealed: impl Into<Sealed>) {
        let Sealed { value, by } = sealed.into();
        let mut case = json!({
            "name": format!("{}: {}", word(opening.mode), name.into()),
            "ring": opening.ring,
            "mode": word(opening.mode),
            "cookie_name": opening.cookie_name,
            "purpose": opening.purpose,
            "now_ms": opening.now.as_millis(),
            "max_ttl_s": opening.max_ttl,
            "cutoff_ms": opening.cutoff.map(UnixTime::as_millis),
            "value": value,
            "sealed": by,
        });
        let rings: serde_json::Map<_, _> = self
            .rings
            .iter()
            .map(|(name, ring)| ((*name).to_owned(), serde_json::from_str(&ring.export()).unwrap()))
            .collect();
        case["result"] = outcome(&json!({ "rings": rings }), &case);
        self.list.push(case);
    }

    /// Seals under the active key of `ring`, with the nonce a0 .. ab.
    fn seal(
        &self,
        ring: &str,
        mode: Mode,
        bucket: u16,
        payload: &[u8],
        at: UnixTime,
        ttl: Duration,
    ) -> Sealed {
        let (_, ring) = self.rings.iter().find(|(name, _)| *name == ring).unwrap();
        let mut sealer: Sealer = sealer(mode, ring)
            .max_ttl(Duration::from_secs(400 * 86_400))
            .unwrap();
        if mode == Mode::Encrypted {
            sealer = sealer.bucket(NonZeroU16::new(bucket).unwrap()).unwrap();
        }
        let value = sealer.seal_with(&mut Counting(0xa0), payload, at, ttl).unwrap();
        let nonce: Vec<u8> = (0xa0..0xac).collect();
        let encrypted = mode == Mode::Encrypted;
        let by = json!({
            "key_id": ring.active().id().to_string(),
            "issued_at_ms": at.as_millis(),
            "ttl_s": ttl.as_secs(),
            "payload_hex": hex(payload),
            "nonce_hex": encrypted.then(|| hex(&nonce)),
            "bucket": encrypted.then_some(bucket),
        });
        Sealed { value, by }
    }

    fn plain(&self, mode: Mode) -> Sealed {
        self.seal("one", mode, 1, PAYLOAD, NOW, TTL)
    }

    fn sealed(&mut self) {
        for mode in MODES {
            let sealed = self.plain(mode);
            self.add("the published vector", &Opening::of(mode), sealed);
            for length in [0_u8, 1, 2, 3, 64, 255] {
                let payload: Vec<u8> = (0..length).map(|i| i ^ 0x55).collect();
                let sealed = self.seal("one", mode, 1, &payload, NOW, TTL);
                self.add(format!("a payload of {length} bytes"), &Opening::of(mode), sealed);
            }
        }
        for bucket in [2, 13, 16, 64, 256] {
            let sealed = self.seal("one", Mode::Encrypted, bucket, PAYLOAD, NOW, TTL);
            self.add(
                format!("padded to a bucket of {bucket}"),
                &Opening::of(Mode::Encrypted),
                sealed,
            );
        }
        let sealed = self.seal("one", Mode::Encrypted, 16, b"\x80\0\0", NOW, TTL);
        self.add(
            "a payload that looks like padding",
            &Opening::of(Mode::Encrypted),
            sealed,
        );
    }

    fn rotated(&mut self) {
        for mode in MODES {
            for (name, by, ring) in [
                ("a retiring key", "one", "rotated"),
                ("an announced key", "rotated", "announced"),
                ("the new active key", "rotated", "rotated"),
                ("an unknown key", "one", "other"),
                ("a revoked key", "one", "revoked"),
                ("a good key beside a revoked one", "rotated", "revoked"),
            ] {
                let sealed = self.seal(by, mode, 1, PAYLOAD, NOW, TTL);
                self.add(
                    name,
                    &Opening {
                        ring,
                        ..Opening::of(mode)
                    },
                    sealed,
                );
            }
        }
    }

    fn timed(&mut self) {
        let day = Duration::from_secs(86_400);
        for mode in MODES {
            for (name, millis) in [
                ("a retiring key, 1 ms ahead", -1),
                ("a retiring key, just issued", 0),
            ] {
                let sealed = self.plain(mode);
                let opening = Opening {
                    ring: "rotated",
                    now: now(millis),
                    ..Opening::of(mode)
                };
                self.add(name, &opening, sealed);
            }
            for (name, millis) in [
                ("5.001 s ahead", -5_001),
                ("5 s ahead", -5_000),
                ("1 ms ahead", -1),
                ("the last millisecond of its ttl", 43_199_999),
                ("the end of its ttl", 43_200_000),
            ] {
                let sealed = self.plain(mode);
                self.add(
                    name,
                    &Opening {
                        now: now(millis),
                        ..Opening::of(mode)
                    },
                    sealed,
                );
            }
            for (name, millis) in [
                ("the last millisecond of the greatest ttl", 30 * 86_400_000 - 1),
                ("the end of the greatest ttl", 30 * 86_400_000),
            ] {
                let sealed = self.seal("one", mode, 1, PAYLOAD, NOW, day * 400);
                self.add(
                    name,
                    &Opening {
                        now: now(millis),
                        ..Opening::of(mode)
                    },
                    sealed,
                );
            }
            let sealed = self.seal("one", mode, 1, PAYLOAD, NOW, day * 400);
            let opening = Opening {
                now: now(399 * 86_400_000),
                max_ttl: 400 * 86_400,
                ..Opening::of(mode)
            };
            self.add("a greatest ttl of 400 days", &opening, sealed);
            for (name, millis) in [
                ("1 ms after a cut-off", -1),
                ("at a cut-off", 0),
                ("1 ms before a cut-off", 1),
            ] {
                let sealed = self.plain(mode);
                self.add(
                    name,
                    &Opening {
                        cutoff: Some(now(millis)),
                        ..Opening::of(mode)
                    },
                    sealed,
                );
            }
            let sealed = self.plain(mode);
            self.add(
                "at the ring's own cut-off",
                &Opening {
                    ring: "cut_off",
                    ..Opening::of(mode)
                },
                sealed,
            );
            let sealed = self.plain(mode);
            let opening = Opening {
                ring: "cut_off",
                cutoff: Some(now(-1)),
                ..Opening::of(mode)
            };
            self.add("an argument cannot lower the ring's cut-off", &opening, sealed);
            for (name, at) in [
                ("issued in 1970", 0),
                ("issued in the last millisecond", (1 << 48) - 1),
            ] {
                let at = UnixTime::from_millis(at);
                let sealed = self.seal("one", mode, 1, PAYLOAD, at, TTL);
                self.add(
                    name,
                    &Opening {
                        now: at,
                        ..Opening::of(mode)
                    },
                    sealed,
                );
            }
        }
    }

    fn altered(&mut self) {
        for (mode, value) in [(Mode::Signed, SIGNED), (Mode::Encrypted, ENCRYPTED)] {
            let opening = Opening::of(mode);
            let raw = URL_SAFE_NO_PAD.decode(value).unwrap();
            for (name, byte) in [
                ("version", 0),
                ("key id", 1),
                ("byte 5", 5),
                ("byte 17", 17),
                ("tag", raw.len() - 1),
            ] {
                let mut altered = raw.clone();
                altered[byte] ^= 1;
                self.add(
                    format!("a bit flipped: {name}"),
                    &opening,
                    URL_SAFE_NO_PAD.encode(altered),
                );
            }
            let last = value.len() - 1;
            let spare = if mode == Mode::Signed { "9" } else { "V" };
            for (name, altered) in [
                ("cut by a character", value[..last].to_owned()),
                ("cut by a byte", URL_SAFE_NO_PAD.encode(&raw[..raw.len() - 1])),
                (
                    "longer by a byte",
                    URL_SAFE_NO_PAD.encode([&raw[..], &[0]].concat()),
                ),
                ("one character more", format!("{value}A")),
                ("padding", format!("{value}=")),
                ("white space before it", format!(" {value}")),
                ("a line break after it", format!("{value}\n")),
                ("spare bits set", format!("{}{spare}", &value[..last])),
                ("empty", String::new()),
                (
                    "too short by a byte",
                    URL_SAFE_NO_PAD.encode(&raw[..if mode == Mode::Signed { 46 } else { 43 }]),
                ),
                (
                    "the other mode",
                    if mode == Mode::Signed { ENCRYPTED } else { SIGNED }.to_owned(),
                ),
            ] {
                self.add(name, &opening, altered);
            }
            self.add(
                "another cookie-name",
                &Opening {
                    cookie_name: "__Secure-id",
                    ..Opening::of(mode)
                },
                value.to_owned(),
            );
            self.add(
                "a cookie-name in another case",
                &Opening {
                    cookie_name: "__Host-ID",
                    ..Opening::of(mode)
                },
                value.to_owned(),
            );
            self.add(
                "another purpose",
                &Opening {
                    purpose: "logout",
                    ..Opening::of(mode)
                },
                value.to_owned(),
            );
        }
    }

    /// Right tags, and texts at the two limits of the alphabet and of the length.
    fn spelled(&mut self) {
        let telling = |text: &str| text.contains('-') && text.contains('_');
        let mut sealed = (0..).map(|i: u8| {
            // In a signed value these bytes are `----____`; an encrypted one is searched for.
            let payload = [0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, i];
            MODES.map(|mode| self.seal("one", mode, 1, &payload, NOW, TTL))
        });
        let texts = sealed.find(|texts| texts.iter().all(|sealed| telling(&sealed.value)));
        for (mode, sealed) in MODES.into_iter().zip(texts.unwrap()) {
            let (opening, text) = (Opening::of(mode), sealed.value.clone());
            self.add("both characters beyond letters and digits", &opening, sealed);
            for (name, altered) in [
                ("the standard alphabet: +", text.replace('-', "+")),
                ("the standard alphabet: /", text.replace('_', "/")),
                (
                    "the standard alphabet: both",
                    text.replace('-', "+").replace('_', "/"),
                ),
            ] {
                self.add(name, &opening, altered);
            }
        }
        for (name, characters, bytes) in [
            ("4096 characters", 4096, 3072),
            ("4098 characters under a right tag", 4098, 3073),
            ("4100 characters under a right tag", 4100, 3075),
        ] {
            let value = forge::signed(&key(0), 1, ISSUED_AT, 60, &vec![b'x'; bytes - 47]);
            assert_eq!(value.len(), characters);
            self.add(name, &Opening::of(Mode::Signed), value);
            let mut padded = b"abc\x80".to_vec();
            padded.resize(bytes - 43, 0);
            let value = forge::encrypted(&key(0), 2, ISSUED_AT, 60, &padded);
            assert_eq!(value.len(), characters);
            self.add(name, &Opening::of(Mode::Encrypted), value);
        }
    }

    fn forged(&mut self) {
        let (signed, encrypted) = (Opening::of(Mode::Signed), Opening::of(Mode::Encrypted));
        for version in [0, 2, 3, 255] {
            let value = forge::signed(&key(0), version, ISSUED_AT, 60, PAYLOAD);
            self.add(format!("version {version} under a right tag"), &signed, value);
        }
        for version in [0, 1, 3, 255] {
            let padded = [PAYLOAD, &[0x80]].concat();
            let value = forge::encrypted(&key(0), version, ISSUED_AT, 60, &padded);
            self.add(format!("version {version} under a right tag"), &encrypted, value);
        }
        for (name, padded) in [
            ("one byte of padding", &b"abc\x80"[..]),
            ("padding without 80", b"abc"),
            ("padding of zeros alone", b"\0\0\0\0"),
            ("81 in place of 80", b"abc\x81\0"),
            ("a byte after the zeros", b"abc\x80\0\x01"),
        ] {
            let value = forge::encrypted(&key(0), 2, ISSUED_AT, 60, padded);
            self.add(format!("{name} under a right tag"), &encrypted, value);
        }
        let value = forge::raw_encrypted(&key(0), 2, &[0; 10]);
        self.add("no padding at all under a right tag", &encrypted, value);
        let value = forge::signed(&key(0), 1, ISSUED_AT, 0, PAYLOAD);
        self.add("a ttl of 0 under a right tag", &signed, value);
        let value = forge::signed(&key(0), 1, (1 << 48) - 1, u32::MAX, PAYLOAD);
        let opening = Opening {
            now: UnixTime::from_millis((1 << 48) - 1),
            ..Opening::of(Mode::Signed)
        };
        self.add("the greatest times under a right tag", &opening, value);
    }
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Signed => "signed",
        Mode::Encrypted => "encrypted",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
