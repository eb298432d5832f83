//! Rejecting: what a hostile token costs, held against the HMAC of an honest one.

use std::cell::RefCell;
use std::hint::black_box;

use cloakroom_jwt::{ErrorKind, Scratch};

use super::tokens::Size;
use super::{bare_verify, hmac_key, now, verifier};
use crate::workload::{Target, Workload};

/// No more than looking at the length, or for the dots.
const SIZE: Target = Target::AtMost(0.1);
/// Reading the header, and never the signature.
const HEADER: Target = Target::AtMost(1.0);

/// Tokens that are too long, of too many parts, and below a header that no key here accepts.
pub(super) fn workloads() -> Vec<Workload> {
    let letters = |length| &*"A".repeat(length).leak();
    let under = |header| Size::Small.token_under(header);
    vec![
        reject("8 KiB and a byte", letters(8193), ErrorKind::TooLarge, SIZE),
        reject("1 MB", letters(1_000_000), ErrorKind::TooLarge, SIZE),
        reject("100 MB", letters(100_000_000), ErrorKind::TooLarge, SIZE),
        reject(
            "1e6 dots",
            ".".repeat(1_000_000).leak(),
            ErrorKind::TooLarge,
            SIZE,
        ),
        reject(
            "8 KiB of dots",
            ".".repeat(8192).leak(),
            ErrorKind::Malformed,
            SIZE,
        ),
        reject(
            "alg none",
            under(r#"{"alg":"none","typ":"at+jwt","kid":"2026-11"}"#),
            ErrorKind::Header,
            HEADER,
        ),
        reject(
            "another algorithm",
            under(r#"{"alg":"RS256","typ":"at+jwt","kid":"2026-11"}"#),
            ErrorKind::Algorithm,
            HEADER,
        ),
        reject(
            "unknown key",
            under(r#"{"alg":"HS256","typ":"at+jwt","kid":"2026-12"}"#),
            ErrorKind::UnknownKey,
            HEADER,
        ),
    ]
}

fn reject(case: &str, token: &'static str, kind: ErrorKind, target: Target) -> Workload {
    let (verifier, scratch) = (verifier(hmac_key()), RefCell::new(Scratch::new()));
    Workload::new(format!("jwt reject/{case}"), 1, move || {
        let mut scratch = scratch.borrow_mut();
        let outcome = black_box(&verifier).verify(black_box(token), now(), &mut scratch);
        u64::from(outcome.is_err_and(|error| error.kind() == kind))
    })
    .target(target, bare_verify(Size::Small.token()))
}
