//! C5, C11: how long values are, and what padding hides.

#![allow(
    clippy::unwrap_used,
    reason = "these are tests, and clippy sees that in their functions alone"
)]

mod common;

use std::num::NonZeroU16;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_cookie::CookieName;
use cloakroom_seal::{Mode, OpenError, SealError, Sealer, sealed_len};
use common::{MODES, NAME, NOW, PAYLOAD, TTL, forge, key, ring, sealer, sealer_for};

fn bucket(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap()
}

fn encrypted(size: u16) -> Sealer {
    sealer(Mode::Encrypted, &ring()).bucket(bucket(size)).unwrap()
}

#[test]
fn c5_name_and_value_never_pass_4096_characters() {
    for name_len in [1, 2, 3, 4, 9, 2000] {
        let name = CookieName::new("n".repeat(name_len)).unwrap();
        for mode in MODES {
            let sealer = sealer_for(mode, &ring(), &name, "p");
            let longest = (0..4096)
                .rev()
                .find(|&length| name_len + sealed_len(mode, length) <= 4096)
                .unwrap();
            for length in (0..140).chain(1000..1030).chain(longest - 30..=longest) {
                let value = sealer.seal(&vec![b'x'; length], NOW, TTL).unwrap();
                assert!(name_len + value.len() <= 4096);
                assert_eq!(value.len(), sealed_len(mode, length));
                assert_eq!(value.len(), sealer.sealed_len(length));
                assert_eq!(
                    sealer.opening(NOW).open(&value).unwrap().value(),
                    vec![b'x'; length]
                );
            }
            for length in longest + 1..longest + 10 {
                assert_eq!(
                    sealer.seal(&vec![b'x'; length], NOW, TTL),
                    Err(SealError::TooLarge)
                );
            }
        }
    }
}

#[test]
fn c5_huge_payloads_are_refused_without_arithmetic_trouble() {
    let payload = vec![0; 1 << 20];
    for sealer in [
        sealer(Mode::Signed, &ring()),
        sealer(Mode::Encrypted, &ring()),
        encrypted(1000),
    ] {
        assert_eq!(sealer.seal(&payload, NOW, TTL), Err(SealError::TooLarge));
        assert_eq!(sealer.sealed_len(usize::MAX), usize::MAX);
    }
}

#[test]
fn c5_more_than_4096_characters_are_rejected_before_any_work() {
    let (key, issued_at) = (key(0), u64::try_from(NOW.as_millis()).unwrap());
    let forge_signed = |length| forge::signed(&key, 1, issued_at, 60, &vec![b'x'; length]);
    let forge_encrypted = |length| {
        forge::encrypted(
            &key,
            2,
            issued_at,
            60,
            &[&vec![b'x'; length][..], &[0x80]].concat(),
        )
    };
    let (signed, encrypted) = (sealer(Mode::Signed, &ring()), sealer(Mode::Encrypted, &ring()));
    // 3072 bytes are 4096 characters. Both values have right tags.
    let (fits, over) = (forge_signed(3072 - 47), forge_signed(3072 - 46));
    assert_eq!((fits.len(), over.len()), (4096, 4098));
    assert!(signed.opening(NOW).open(&fits).is_ok());
    assert_eq!(signed.opening(NOW).open(&over).err(), Some(OpenError::Rejected));
    let (fits, over) = (forge_encrypted(3072 - 44), forge_encrypted(3072 - 43));
    assert!(encrypted.opening(NOW).open(&fits).is_ok());
    assert_eq!(
        encrypted.opening(NOW).open(&over).err(),
        Some(OpenError::Rejected)
    );

    // Nothing is allocated for them.
    let huge = "A".repeat(1 << 20);
    for text in [
        &huge[..],
        &huge[..4097],
        &over,
        &huge[..62],
        &huge[..58],
        &huge[..65],
        "",
    ] {
        for sealer in [&signed, &encrypted] {
            let counted = allocation_counter::measure(|| {
                assert_eq!(sealer.opening(NOW).open(text).err(), Some(OpenError::Rejected));
            });
            assert!(
                counted.count_total == 0 || text.len() == 62,
                "{} characters",
                text.len()
            );
        }
    }
}

#[test]
fn c5_one_allocation_at_most() {
    for mode in MODES {
        for length in [0, 64, 1024, 3000] {
            let (sealer, payload) = (sealer(mode, &ring()), vec![b'x'; length]);
            // The first use of the thread's generator allocates it.
            let mut value = sealer.seal(&payload, NOW, TTL).unwrap();
            let counted = allocation_counter::measure(|| value = sealer.seal(&payload, NOW, TTL).unwrap());
            assert_eq!(counted.count_total, 1, "sealing {length} bytes, {mode:?}");
            let counted = allocation_counter::measure(|| drop(sealer.opening(NOW).open(&value).unwrap()));
            assert_eq!(counted.count_total, 1, "opening {length} bytes, {mode:?}");
        }
    }
}

#[test]
fn c11_any_bucket_opens_with_any_other() {
    let sizes = [1, 2, 3, 15, 16, 17, 64, 255, 256, 1000, 3000];
    for from in sizes {
        for length in [0, 1, 2, 15, 16, 62, 63, 64, 255, 256, 999] {
            let payload = vec![0x80; length];
            let value = encrypted(from).seal(&payload, NOW, TTL).unwrap();
            assert_eq!(value.len(), encrypted(from).sealed_len(length));
            for to in sizes {
                let opened = encrypted(to).opening(NOW).open(&value).unwrap();
                assert_eq!(opened.value(), payload, "from {from} to {to}, {length} bytes");
            }
        }
    }
}

#[test]
fn c11_lengths_in_one_bucket_are_equal() {
    for size in [1, 2, 16, 100, 256] {
        let sealer = encrypted(size);
        for length in 0..600 {
            // The payload and its one byte of padding fill `buckets` buckets.
            let buckets = (length + 1_usize).div_ceil(usize::from(size));
            let expected = sealed_len(Mode::Encrypted, buckets * usize::from(size) - 1);
            let value = sealer.seal(&vec![0; length], NOW, TTL).unwrap();
            assert_eq!(value.len(), expected, "{length} bytes in buckets of {size}");
        }
    }
}

#[test]
fn c11_payloads_that_look_like_padding_return() {
    let payloads: [&[u8]; 8] = [
        b"",
        b"\0",
        b"\0\0\0\0",
        b"\x80",
        b"\x80\0",
        b"\x80\0\0",
        b"a\x80",
        b"a\x80\x80\0",
    ];
    for payload in payloads {
        for size in [1, 2, 16] {
            let value = encrypted(size).seal(payload, NOW, TTL).unwrap();
            assert_eq!(encrypted(1).opening(NOW).open(&value).unwrap().value(), payload);
        }
    }
}

#[test]
fn c11_wrong_padding_under_a_right_tag_is_rejected() {
    let sealer = sealer(Mode::Encrypted, &ring());
    let (key, issued_at) = (key(0), u64::try_from(NOW.as_millis()).unwrap());
    let open = |padded: &[u8]| {
        let value = forge::encrypted(&key, 2, issued_at, 60, padded);
        sealer
            .opening(NOW)
            .open(value)
            .map(|opened| opened.value().to_vec())
    };
    assert_eq!(open(b"abc\x80").unwrap(), b"abc");
    assert_eq!(open(b"abc\x80\0\0").unwrap(), b"abc");
    assert_eq!(open(b"\x80").unwrap(), b"");
    for padded in [
        &b"abc"[..],
        b"abc\x81",
        b"abc\x80\x01",
        b"abc\x80\0\x01",
        b"abc\0",
        b"\0",
        b"\0\0\0\0",
        b"abc\x08",
        b"abc\x7f\0",
    ] {
        assert_eq!(open(padded), Err(OpenError::Rejected), "{padded:?}");
    }
    // No padding, and not even the times: the tag is right, and the value too short.
    for length in 0..=10 {
        let value = forge::raw_encrypted(&key, 2, &[0x80; 10][..length]);
        assert_eq!(URL_SAFE_NO_PAD.decode(&value).unwrap().len(), 33 + length);
        assert_eq!(sealer.opening(NOW).open(value).err(), Some(OpenError::Rejected));
    }
}

#[test]
fn c11_buckets_that_cannot_work_are_refused() {
    let refused = |sealer: Sealer, size| sealer.bucket(bucket(size)).unwrap_err().to_string();
    assert_eq!(
        refused(sealer(Mode::Signed, &ring()), 16),
        "a signed value is not padded"
    );
    // `__Host-id` leaves 4087 characters: 3065 bytes, 43 of them not payload.
    let encrypted = || sealer(Mode::Encrypted, &ring());
    assert_eq!(
        refused(encrypted(), 3023),
        "one bucket would have more than 4096 characters"
    );
    assert_eq!(
        refused(encrypted(), u16::MAX),
        "one bucket would have more than 4096 characters"
    );
    let sealer = encrypted().bucket(bucket(3022)).unwrap();
    assert_eq!(
        NAME.as_bytes().len() + sealer.seal(PAYLOAD, NOW, TTL).unwrap().len(),
        4096
    );
    assert_eq!(sealer.seal(&[0; 3022], NOW, TTL), Err(SealError::TooLarge));
}
