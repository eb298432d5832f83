//! Sealed values: signing and verifying beside HMAC-SHA256, sealing and opening beside AES-256-GCM-SIV.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use aes_gcm_siv::aead::AeadInOut as _;
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _, Nonce};
use cloakroom_cookie::CookieName;
use cloakroom_core::UnixTime;
use cloakroom_keyring::{Key, KeyRing};
use cloakroom_seal::Sealer;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::workload::{Subject, Target, Workload};

const TEXT_NAME: &str = "__Host-id";
const NAME: CookieName = CookieName::from_static(TEXT_NAME);
const NOW: UnixTime = UnixTime::from_millis(1_750_000_000_123);
const TTL: Duration = Duration::from_hours(12);

const SECRET: [u8; 32] = *b"\x00\x01\x02\x03\x04\x05\x06\x07benches are no secret, a";
const ONE_KEY_OR_MANY: Target = Target::Within(0.03);

/// The four operations at two sizes, then two of them with rings of one key and of sixteen.
pub(crate) fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    // At 1 KiB every operation has the same target; at 64 bytes each has its own.
    for (size, [sign, verify, seal, open]) in [(64, [1.6, 1.4, 1.3, 1.25]), (1024, [1.3; 4])] {
        let case = if size == 64 { "64 B" } else { "1 KiB" };
        all.extend([
            signing(case, size, sign),
            verifying(case, size, verify),
            sealing(case, size, seal),
            opening(case, size, open),
        ]);
    }
    all.extend([Mode::Signed, Mode::Encrypted].map(ring_size));
    all
}

#[derive(Clone, Copy)]
enum Mode {
    Signed,
    Encrypted,
}

impl Mode {
    fn sealer(self, ring: &KeyRing) -> Sealer {
        match self {
            Self::Signed => Sealer::signed(ring, &NAME, "login"),
            Self::Encrypted => Sealer::encrypted(ring, &NAME, "login"),
        }
        .expect("the purpose is neither empty nor long")
    }
}

fn key(number: u8) -> Key {
    let mut bytes = SECRET;
    bytes[31] = number;
    Key::from_bytes(&bytes).expect("32 bytes, many values, not text")
}

/// One active key, and as many announced ones as make up `size`.
fn ring(size: u8) -> KeyRing {
    (1..size).fold(KeyRing::single(key(0)), |ring, number| {
        ring.announce(key(number)).expect("a new key")
    })
}

/// Text, since some of the peers seal text alone.
fn payload(size: usize) -> &'static str {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = (0..size)
        .map(|at| char::from(alphabet[at * 7 % 64]))
        .collect::<String>();
    text.leak()
}

fn first_eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn our_seal(case: String, sealer: Sealer, payload: &'static str) -> Workload {
    let length = sealer
        .seal(payload.as_bytes(), NOW, TTL)
        .map_or(0, |text| text.len() as u64);
    Workload::new(case, length, move || {
        let text = black_box(&sealer).seal(black_box(payload.as_bytes()), black_box(NOW), TTL);
        black_box(text).map_or(0, |text| text.len() as u64)
    })
    .allocating(1)
}

fn our_open(sealer: Sealer, text: String) -> impl Fn() -> u64 {
    move || {
        let opened = black_box(&sealer)
            .opening(black_box(NOW))
            .open(black_box(text.as_bytes()));
        black_box(opened).map_or(0, |opened| first_eight(opened.value()))
    }
}

/// Seals with ours and checks that it opens to what was sealed.
fn sealed(sealer: &Sealer, payload: &str) -> String {
    let text = sealer
        .seal(payload.as_bytes(), NOW, TTL)
        .expect("the payload fits a cookie");
    let opened = sealer
        .opening(NOW)
        .open(text.as_bytes())
        .expect("what was sealed opens");
    assert_eq!(opened.value(), payload.as_bytes());
    text
}

fn signing(case: &str, size: usize, target: f64) -> Workload {
    let payload = payload(size);
    let (mac, tag) = bare_mac(payload);
    let (theirs, biscotti) = (cookie_key(), biscotti_processor(Mode::Signed));
    our_seal(format!("sign/{case}"), Mode::Signed.sealer(&ring(1)), payload)
        .target(
            Target::AtMost(target),
            Subject::new("HMAC-SHA256", first_eight(&tag), move || {
                let mut mac = black_box(&mac).clone();
                mac.update(black_box(payload.as_bytes()));
                first_eight(&mac.finalize().into_bytes())
            }),
        )
        .beside(Subject::new("cookie signed jar", (size + 44) as u64, move || {
            let mut jar = cookie::CookieJar::new();
            jar.signed_mut(&theirs)
                .add(cookie::Cookie::new(TEXT_NAME, black_box(payload)));
            jar.get(TEXT_NAME).map_or(0, |cookie| cookie.value().len() as u64)
        }))
        .beside(biscotti_out(&biscotti, payload))
}

fn verifying(case: &str, size: usize, target: f64) -> Workload {
    let payload = payload(size);
    let answer = first_eight(payload.as_bytes());
    let (mac, tag) = bare_mac(payload);
    let sealer = Mode::Signed.sealer(&ring(1));
    let text = sealed(&sealer, payload);
    let theirs = cookie_key();
    let mut jar = cookie::CookieJar::new();
    jar.signed_mut(&theirs)
        .add(cookie::Cookie::new(TEXT_NAME, payload));
    let cookie = jar.get(TEXT_NAME).expect("it was just added").clone();
    Workload::new(format!("verify/{case}"), answer, our_open(sealer, text))
        .allocating(1)
        .target(
            Target::AtMost(target),
            Subject::new("HMAC-SHA256", 1, move || {
                let mut mac = black_box(&mac).clone();
                mac.update(black_box(payload.as_bytes()));
                u64::from(mac.verify_slice(black_box(&tag)).is_ok())
            }),
        )
        .beside(Subject::new("cookie signed jar", answer, move || {
            let verified = black_box(&jar).signed(&theirs).verify(black_box(&cookie).clone());
            verified.map_or(0, |cookie| first_eight(cookie.value().as_bytes()))
        }))
        .beside(biscotti_in(Mode::Signed, payload))
}

fn sealing(case: &str, size: usize, target: f64) -> Workload {
    let payload = payload(size);
    let (theirs, biscotti) = (cookie_key(), biscotti_processor(Mode::Encrypted));
    // Nonce and tag, 12 and 16 bytes, in padded base64.
    let length = (size + 28).div_ceil(3) * 4;
    our_seal(format!("seal/{case}"), Mode::Encrypted.sealer(&ring(1)), payload)
        .target(Target::AtMost(target), Bare::payload(payload).encrypting())
        .target(Target::AtMost(target), Bare::our_bytes(payload).encrypting())
        .beside(Subject::new("cookie private jar", length as u64, move || {
            let mut jar = cookie::CookieJar::new();
            jar.private_mut(&theirs)
                .add(cookie::Cookie::new(TEXT_NAME, black_box(payload)));
            jar.get(TEXT_NAME).map_or(0, |cookie| cookie.value().len() as u64)
        }))
        .beside(biscotti_out(&biscotti, payload))
}

fn opening(case: &str, size: usize, target: f64) -> Workload {
    let payload = payload(size);
    let answer = first_eight(payload.as_bytes());
    let sealer = Mode::Encrypted.sealer(&ring(1));
    let text = sealed(&sealer, payload);
    let theirs = cookie_key();
    let mut jar = cookie::CookieJar::new();
    jar.private_mut(&theirs)
        .add(cookie::Cookie::new(TEXT_NAME, payload));
    let cookie = jar.get(TEXT_NAME).expect("it was just added").clone();
    Workload::new(format!("open/{case}"), answer, our_open(sealer, text))
        .allocating(1)
        .target(Target::AtMost(target), Bare::payload(payload).decrypting())
        .target(Target::AtMost(target), Bare::our_bytes(payload).decrypting())
        .beside(Subject::new("cookie private jar", answer, move || {
            let decrypted = black_box(&jar)
                .private(&theirs)
                .decrypt(black_box(&cookie).clone());
            decrypted.map_or(0, |cookie| first_eight(cookie.value().as_bytes()))
        }))
        .beside(biscotti_in(Mode::Encrypted, payload))
}

/// AES-256-GCM-SIV alone, in place, with its key schedule kept.
struct Bare {
    name: &'static str,
    cipher: Aes256GcmSiv,
    nonce: Nonce,
    aad: &'static [u8],
    text: Vec<u8>,
}

impl Bare {
    /// The payload and nothing else.
    fn payload(payload: &str) -> Self {
        Self {
            name: "AES-256-GCM-SIV",
            cipher: Aes256GcmSiv::new(&SECRET.into()),
            nonce: Nonce::from(*b"twelve bytes"),
            aad: &[],
            text: payload.as_bytes().to_vec(),
        }
    }

    /// As many bytes as our format encrypts and authenticates: 10 of times before the payload, 1 of padding after it,
    /// and 17 of associated data. What is left of the difference to it is ours.
    fn our_bytes(payload: &str) -> Self {
        let mut bare = Self {
            name: "AES-256-GCM-SIV, our bytes",
            aad: &[2; 17],
            ..Self::payload(payload)
        };
        bare.text.extend([0x80; 11]);
        bare
    }

    fn encrypting(self) -> Subject {
        let mut buffer = self.text.clone();
        let tag = self.encrypt(&mut buffer);
        let buffer = RefCell::new(buffer);
        Subject::new(self.name, tag, move || self.encrypt(&mut buffer.borrow_mut()))
    }

    fn encrypt(&self, buffer: &mut [u8]) -> u64 {
        buffer.copy_from_slice(black_box(&self.text));
        let tag =
            black_box(&self.cipher).encrypt_inout_detached(black_box(&self.nonce), self.aad, buffer.into());
        tag.map_or(0, |tag| first_eight(&tag))
    }

    fn decrypting(self) -> Subject {
        let mut encrypted = self.text.clone();
        let text = encrypted.as_mut_slice().into();
        let tag = self
            .cipher
            .encrypt_inout_detached(&self.nonce, self.aad, text)
            .expect("it is short");
        let buffer = RefCell::new(encrypted.clone());
        Subject::new(self.name, first_eight(&self.text), move || {
            let mut buffer = buffer.borrow_mut();
            buffer.copy_from_slice(black_box(&encrypted));
            let text = buffer.as_mut_slice().into();
            let cipher = black_box(&self.cipher);
            let opened =
                cipher.decrypt_inout_detached(black_box(&self.nonce), self.aad, text, black_box(&tag));
            opened.map_or(0, |()| first_eight(&buffer))
        })
    }
}

/// The ring of one key opens its only key's value; the ring of sixteen opens a value under its last key.
fn ring_size(mode: Mode) -> Workload {
    let payload = payload(64);
    let answer = first_eight(payload.as_bytes());
    let (one, sixteen) = (mode.sealer(&ring(1)), mode.sealer(&ring(16)));
    let text = sealed(&one, payload);
    let under_last = sealed(&mode.sealer(&KeyRing::single(key(15))), payload);
    let operation = match mode {
        Mode::Signed => "verify",
        Mode::Encrypted => "open",
    };
    Workload::new(
        format!("{operation}/64 B, last of 16 keys"),
        answer,
        our_open(sixteen, under_last),
    )
    .allocating(1)
    .target(
        ONE_KEY_OR_MANY,
        Subject::new("ours, 1 key", answer, our_open(one, text)),
    )
}

/// HMAC with its key's midstates kept, and the right tag by way of a new one.
fn bare_mac(payload: &str) -> (Hmac<Sha256>, [u8; 32]) {
    let new =
        || <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&SECRET).expect("a key of any length will do");
    (new(), new().chain_update(payload).finalize().into_bytes().into())
}

fn cookie_key() -> cookie::Key {
    cookie::Key::from(&SECRET.repeat(2))
}

fn biscotti_processor(mode: Mode) -> biscotti::Processor {
    use biscotti::config::{CryptoAlgorithm, CryptoRule};
    let mut config = biscotti::ProcessorConfig::default();
    config.percent_encode = false;
    config.crypto_rules.push(CryptoRule {
        cookie_names: vec![TEXT_NAME.to_owned()],
        algorithm: match mode {
            Mode::Signed => CryptoAlgorithm::Signing,
            Mode::Encrypted => CryptoAlgorithm::Encryption,
        },
        key: biscotti::Key::from(SECRET.repeat(2)),
        fallbacks: Vec::new(),
    });
    config.into()
}

fn biscotti_out(processor: &biscotti::Processor, payload: &'static str) -> Subject {
    let processor = processor.clone();
    let seal = move || {
        let cookie = biscotti::ResponseCookie::new(TEXT_NAME, black_box(payload));
        processor.process_outgoing(cookie).value().len() as u64
    };
    Subject::new("biscotti", seal(), seal)
}

fn biscotti_in(mode: Mode, payload: &'static str) -> Subject {
    let processor = biscotti_processor(mode);
    let cookie = processor.process_outgoing(biscotti::ResponseCookie::new(TEXT_NAME, payload));
    let text = cookie.value().to_owned();
    Subject::new("biscotti", first_eight(payload.as_bytes()), move || {
        let opened = processor.process_incoming(TEXT_NAME, black_box(&text));
        opened.map_or(0, |cookie| first_eight(cookie.value().as_bytes()))
    })
}
