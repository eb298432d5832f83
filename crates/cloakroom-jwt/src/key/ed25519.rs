//! What every backend asks of an Ed25519 key and of a signature's R, so that all of them accept the same ones.

use cloakroom_core::Secret;

use super::parts::{PrivateKind, PrivateParts, PublicParts};
use super::{InvalidKey, InvalidKeyKind};

/// The y coordinates of the eight points of small order, little-endian (p = 2^255 - 19): 0, 1, -1, and the two of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        minus_one
    },
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
];

/// Whether the encoding of a point is canonical and not one of small order.
pub(super) fn is_sound(point: &[u8; 32]) -> bool {
    let mut y = *point;
    y[31] &= 0x7f;
    is_reduced(&y) && !SMALL_ORDER.contains(&y)
}

/// Whether y < p (RFC 8032 section 5.1.3 step 1).
fn is_reduced(y: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = y;
    *low < 0xed || *high < 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

pub(super) fn public_bytes(parts: PublicParts) -> Result<[u8; 32], InvalidKey> {
    match parts {
        PublicParts::Ed25519(bytes) => bytes.try_into().map_err(|_| InvalidKeyKind::Value.into()),
        _ => Err(InvalidKeyKind::OtherType.into()),
    }
}

pub(super) fn seed(parts: &PrivateParts) -> Result<Secret<[u8; 32]>, InvalidKey> {
    if parts.kind != PrivateKind::Ed25519 {
        return Err(InvalidKeyKind::OtherType.into());
    }
    let seed = parts.secret.expose().as_slice().try_into();
    seed.map(Secret::new).map_err(|_| InvalidKeyKind::Value.into())
}
