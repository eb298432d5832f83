use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use super::Attack;
use super::confusion::{der, integer};
use super::good::Good;
use crate::Algorithm;

/// Signatures that are not the good one (RFC 7515 section 5.2).
pub(super) const ATTACKS: &[Attack] = &[
    ("signature/empty", |good| Some(good.with_signature(&[]))),
    ("signature/absent_with_its_dot", |good| {
        Some(format!("{}.{}", good.header_part, good.claims_part))
    }),
    ("signature/one_octet", |good| {
        Some(good.with_signature(&good.signature[..1]))
    }),
    ("signature/16_octets", |good| {
        Some(good.with_signature(&good.signature[..16]))
    }),
    ("signature/half", |good| {
        Some(good.with_signature(&good.signature[..good.signature.len() / 2]))
    }),
    ("signature/without_first_octet", |good| {
        Some(good.with_signature(&good.signature[1..]))
    }),
    ("signature/without_last_octet", |good| {
        Some(good.with_signature(&good.signature[..good.signature.len() - 1]))
    }),
    ("signature/without_last_character", |good| {
        Some(good.token[..good.token.len() - 1].into())
    }),
    ("signature/one_character_more", |good| {
        Some(good.token.clone() + "A")
    }),
    ("signature/zero_octet_after", |good| {
        Some(good.with_signature(&[&good.signature[..], &[0]].concat()))
    }),
    ("signature/zero_octet_before", |good| {
        Some(good.with_signature(&[&[0], &good.signature[..]].concat()))
    }),
    ("signature/twice", |good| {
        Some(good.with_signature(&good.signature.repeat(2)))
    }),
    ("signature/first_bit_flipped", |good| flipped(good, 0, 0x80)),
    ("signature/last_bit_flipped", |good| {
        flipped(good, good.signature.len() - 1, 1)
    }),
    ("signature/middle_bit_flipped", |good| {
        flipped(good, good.signature.len() / 2, 0x10)
    }),
    ("signature/inverted", |good| {
        Some(good.with_signature(&good.signature.iter().map(|octet| !octet).collect::<Vec<_>>()))
    }),
    ("signature/reversed", |good| {
        Some(good.with_signature(&good.signature.iter().rev().copied().collect::<Vec<_>>()))
    }),
    ("signature/halves_swapped", |good| {
        let (first, second) = good.signature.split_at(good.signature.len() / 2);
        Some(good.with_signature(&[second, first].concat()))
    }),
    ("signature/all_zero", |good| {
        Some(good.with_signature(&vec![0; good.signature.len()]))
    }),
    ("signature/all_ones", |good| {
        Some(good.with_signature(&vec![0xff; good.signature.len()]))
    }),
    ("signature/one", |good| {
        let mut one = vec![0; good.signature.len()];
        *one.last_mut()? = 1;
        Some(good.with_signature(&one))
    }),
    ("signature/of_the_claims_alone", |good| {
        let token = good.signed_parts("", &good.claims_part)?;
        let (_, signature) = token.rsplit_once('.')?;
        Some(format!("{}.{}.{signature}", good.header_part, good.claims_part))
    }),
    ("signature/of_other_claims", |good| {
        let claims = super::good::before(r#""role":"admin""#, &good.claims_without("role"));
        Some(good.stale(good.header_text.as_bytes(), claims.as_bytes()))
    }),
    ("signature/of_another_header", |good| {
        let header = good.header_with("attack", true);
        Some(good.stale(header.as_bytes(), good.claims_text.as_bytes()))
    }),
    // ECDSA: r and s must lie in 1..n, and stand in as many octets as the order has (RFC 7518 section 3.4).
    ("signature/ecdsa_r_zero", |good| {
        ecdsa(good, |_, s, zero| [zero, s].concat())
    }),
    ("signature/ecdsa_s_zero", |good| {
        ecdsa(good, |r, _, zero| [r, zero].concat())
    }),
    ("signature/ecdsa_r_and_s_zero", |good| {
        ecdsa(good, |_, _, zero| [zero, zero].concat())
    }),
    ("signature/ecdsa_r_is_the_order", |good| {
        let order = order(good.algorithm)?;
        ecdsa(good, |_, s, _| [order, s].concat())
    }),
    ("signature/ecdsa_s_is_the_order", |good| {
        let order = order(good.algorithm)?;
        ecdsa(good, |r, _, _| [r, order].concat())
    }),
    ("signature/ecdsa_r_and_s_are_the_order", |good| {
        let order = order(good.algorithm)?;
        ecdsa(good, |_, _, _| [order, order].concat())
    }),
    ("signature/ecdsa_der", |good| {
        ecdsa(good, |r, s, _| der(0x30, &[&integer(r), &integer(s)]))
    }),
    ("signature/ecdsa_der_of_zeros", |good| {
        ecdsa(good, |_, _, zero| der(0x30, &[&integer(zero), &integer(zero)]))
    }),
    // Ed25519: S must be below the order L (RFC 8032 section 5.1.7).
    ("signature/ed25519_s_plus_the_order", |good| {
        ed25519(good, |r, s| [r, &plus_order(s)].concat())
    }),
    ("signature/ed25519_r_is_the_identity", |good| {
        ed25519(good, |_, _| [&[1][..], &[0; 63]].concat())
    }),
];

fn flipped(good: &Good, octet: usize, bit: u8) -> Option<String> {
    let mut signature = good.signature.clone();
    *signature.get_mut(octet)? ^= bit;
    Some(good.with_signature(&signature))
}

/// What `make` does of r, s and a zero of the same length.
fn ecdsa(good: &Good, make: impl Fn(&[u8], &[u8], &[u8]) -> Vec<u8>) -> Option<String> {
    order(good.algorithm)?;
    let (r, s) = good.signature.split_at(good.signature.len() / 2);
    Some(good.with_signature(&make(r, s, &vec![0; r.len()])))
}

/// The order n of the group (SEC 2 sections 2.4.2 and 2.5.1).
fn order(algorithm: Algorithm) -> Option<&'static [u8]> {
    match algorithm {
        Algorithm::Es256 => Some(
            b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\
              \xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
        ),
        Algorithm::Es384 => Some(
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
              \xff\xff\xff\xff\xff\xff\xff\xff\xc7\x63\x4d\x81\xf4\x37\x2d\xdf\
              \x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73",
        ),
        _ => None,
    }
}

fn ed25519(good: &Good, make: impl Fn(&[u8], &[u8]) -> Vec<u8>) -> Option<String> {
    (good.algorithm == Algorithm::EdDsa).then(|| {
        let (r, s) = good.signature.split_at(good.signature.len() / 2);
        good.with_signature(&make(r, s))
    })
}

/// L = 2^252 + 27742317777372353535851937790883648493, little-endian.
const ED25519_ORDER: &[u8; 32] = b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\
                                   \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10";

/// S + L, which fits: S is below L, and 2 L below 2^256.
fn plus_order(s: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let add = |(a, b): (&u8, &u8)| {
        let sum = u16::from(*a) + u16::from(*b) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    };
    s.iter().zip(ED25519_ORDER).map(add).collect()
}
