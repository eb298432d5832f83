//! One signature has one encoding: ECDSA and Ed25519.

use cloakroom_jwt::{
    Ed25519SigningKey, Ed25519VerifyingKey, ErrorKind, Es256SigningKey, Es384SigningKey, InvalidKeyKind,
    SigningKey, VerifyingKey, aws_lc,
};

use super::common::{self, signature_of, verify};

/// The orders of P-256 and P-384.
const N256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const N384: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

fn hex(text: &str) -> Vec<u8> {
    let bytes = (0..text.len()).step_by(2);
    bytes
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// `a - b`, big-endian.
fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = a.to_vec();
    let mut borrow = 0;
    for (out, b) in out.iter_mut().zip(b).rev() {
        let value = i16::from(*out) - i16::from(*b) - borrow;
        borrow = i16::from(value < 0);
        *out = u8::try_from(value.rem_euclid(256)).unwrap();
    }
    out
}

/// r and s as DER writes them.
fn to_der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let start = number.iter().position(|byte| *byte != 0).unwrap();
        let mut content = number[start..].to_vec();
        if content[0] >= 0x80 {
            content.insert(0, 0);
        }
        [&[2, u8::try_from(content.len()).unwrap()][..], &content].concat()
    };
    let (r, s) = signature.split_at(signature.len() / 2);
    let content = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(content.len()).unwrap()][..], &content].concat()
}

fn ecdsa() -> Vec<(SigningKey, &'static str, &'static str)> {
    vec![
        (
            Es256SigningKey::from_scalar(&[7; 32]).unwrap().into(),
            r#"{"alg":"ES256"}"#,
            N256,
        ),
        (
            aws_lc::Es256SigningKey::from_scalar(&[7; 32]).unwrap().into(),
            r#"{"alg":"ES256"}"#,
            N256,
        ),
        (
            Es384SigningKey::from_scalar(&[7; 48]).unwrap().into(),
            r#"{"alg":"ES384"}"#,
            N384,
        ),
        (
            aws_lc::Es384SigningKey::from_scalar(&[7; 48]).unwrap().into(),
            r#"{"alg":"ES384"}"#,
            N384,
        ),
    ]
}

/// The token whose header is `header` and whose signature is `signature` fails at its signature.
#[track_caller]
fn refused(header: &str, key: &VerifyingKey, signature: &[u8]) {
    let outcome = verify(&common::token(header, signature), key);
    assert_eq!(outcome, Err(ErrorKind::Signature));
}

#[test]
fn e15_ecdsa_signatures_are_r_and_s_in_range() {
    for (key, header, n) in ecdsa() {
        let n = hex(n);
        let token = cloakroom_jwt::jws::sign_bytes(b"{}", &key).unwrap();
        let good = signature_of(&token);
        let (r, s) = good.split_at(n.len());
        let key = key.verifying_key();
        assert!(verify(&common::token(header, &good), &key).is_ok());
        // The other s of the same signature is as good (RFC 7518 section 3.4 has no rule about it).
        let other = [r, &difference(&n, s)].concat();
        assert!(verify(&common::token(header, &other), &key).is_ok());

        let zero = vec![0; n.len()];
        let most = vec![0xff; n.len()];
        for bad in [
            [&zero[..], &zero],
            [&zero, s],
            [r, &zero],
            [&n, s],
            [r, &n],
            [&n, &n],
            [&most, s],
            [r, &most],
            [s, r],
        ] {
            refused(header, &key, &bad.concat());
        }
        // r and s of other lengths, both, either, neither.
        for bad in [
            &[][..],
            r,
            &good[1..],
            &good[..good.len() - 1],
            &[&good[..], &[0]].concat(),
            &[&[0], &good[..]].concat(),
            &[&good[..], &good].concat(),
            &[&[0], r, &[0], s].concat(),
        ] {
            refused(header, &key, bad);
        }
        refused(header, &key, &to_der(&good));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            refused(header, &key, &bad);
        }
    }
}

/// L, the order of the base point, little-endian.
const L: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// The points of small order with their sign bit clear (order 1, 2, 4, 8, 8).
const SMALL: [&str; 5] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
];

/// y from p upwards, which is another way to write y - p: p itself to 2^255 - 1.
const NOT_REDUCED: [&str; 4] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn points(list: &[&str]) -> Vec<[u8; 32]> {
    let clear = list.iter().map(|point| <[u8; 32]>::try_from(hex(point)).unwrap());
    let with_sign = clear.clone().map(|mut point| {
        point[31] |= 0x80;
        point
    });
    clear.chain(with_sign).collect()
}

#[test]
fn e15_ed25519_keys_are_canonical_and_of_large_order() {
    for bytes in points(&SMALL).into_iter().chain(points(&NOT_REDUCED)) {
        assert_eq!(
            Ed25519VerifyingKey::from_bytes(&bytes).unwrap_err().kind(),
            InvalidKeyKind::Value
        );
        assert_eq!(
            aws_lc::Ed25519VerifyingKey::from_bytes(&bytes)
                .unwrap_err()
                .kind(),
            InvalidKeyKind::Value
        );
    }
    // The greatest y there is, p - 3 with a root and p - 1 without one, are told apart.
    let mut no_point = [0; 32];
    no_point[0] = 2;
    assert_eq!(
        Ed25519VerifyingKey::from_bytes(&no_point).unwrap_err().kind(),
        InvalidKeyKind::Value
    );
}

#[test]
fn e15_ed25519_signatures_are_canonical() {
    let header = r#"{"alg":"EdDSA"}"#;
    let rust = Ed25519SigningKey::from_seed(&[7; 32]);
    let aws = aws_lc::Ed25519SigningKey::from_seed(&[7; 32]).unwrap();
    let token = cloakroom_jwt::jws::sign_bytes(b"{}", &SigningKey::from(&rust)).unwrap();
    let good = signature_of(&token);
    let (r, s) = good.split_at(32);
    for key in [
        VerifyingKey::from(rust.verifying_key()),
        aws.verifying_key().into(),
    ] {
        let refused = |signature: &[u8]| {
            let outcome = verify(&common::token(header, signature), &key);
            assert_eq!(outcome, Err(ErrorKind::Signature), "{signature:02x?}");
        };
        assert!(verify(&common::token(header, &good), &key).is_ok());
        // s + L is the same number to a verifier that does not look (RFC 8032 section 5.1.7).
        let mut carry = 0;
        let s_plus_l: Vec<u8> = (s.iter().zip(hex(L)))
            .map(|(a, b)| {
                let sum = u16::from(*a) + u16::from(b) + carry;
                carry = sum >> 8;
                sum.to_le_bytes()[0]
            })
            .collect();
        refused(&[r, &s_plus_l].concat());
        refused(&[r, &hex(L)].concat());
        refused(&[r, &[0; 32]].concat());
        for bytes in points(&SMALL).into_iter().chain(points(&NOT_REDUCED)) {
            refused(&[&bytes, s].concat());
            refused(&[bytes, [0; 32]].concat());
        }
        for length in [0, 32, 63] {
            refused(&good[..length]);
        }
        refused(&[&good[..], &[0]].concat());
        for at in 0..64 {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            refused(&bad);
        }
    }
}
