//! What is asked of an Ed25519 key and of a signature here, so that all backends accept the same ones, whatever features
//! other crates of the build turn on.

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

/// The order L of the base point, little-endian (RFC 8032 section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Whether a signature is R | s with a sound R and s < L.
///
/// Beside that, verifying means to compute R and to compare its one encoding with the signature's bytes.
pub(super) fn is_sound_signature(signature: &[u8]) -> bool {
    let Ok::<&[u8; 64], _>(signature) = signature.try_into() else {
        return false;
    };
    let (r, s) = signature.split_at(32);
    let s_is_reduced = s.iter().rev().lt(ORDER.iter().rev());
    s_is_reduced && r.first_chunk().is_some_and(is_sound)
}

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

#[cfg(test)]
mod tests {
    use super::{ORDER, SMALL_ORDER, is_sound_signature};

    #[test]
    fn e15_ed25519_s_is_below_the_order_in_every_build() {
        let mut signature = [0; 64];
        signature[0] = 9;
        let with_s = |s: &[u8; 32]| {
            let mut signature = signature;
            signature[32..].copy_from_slice(s);
            signature
        };
        assert!(is_sound_signature(&with_s(&[0; 32])));
        let mut below = ORDER;
        below[0] -= 1;
        assert!(is_sound_signature(&with_s(&below)));
        assert!(!is_sound_signature(&with_s(&ORDER)));
        for at in 0..32 {
            let mut above = ORDER;
            above[at] = above[at].saturating_add(1);
            assert!(!is_sound_signature(&with_s(&above)), "byte {at}");
        }
        let mut above = ORDER;
        above[31] = 0x1f;
        assert!(!is_sound_signature(&with_s(&above)));
        for point in SMALL_ORDER {
            signature[..32].copy_from_slice(&point);
            assert!(!is_sound_signature(&signature));
        }
        assert!(!is_sound_signature(&signature[..63]));
    }
}
