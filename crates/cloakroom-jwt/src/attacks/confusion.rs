use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Attack;
use super::good::{Good, Hash, encode};
use crate::key::parts::{Curve, PublicParts};

/// The public key of an asymmetric algorithm, in each form in which a library may keep it, as the secret of an HMAC
/// (RFC 8725 section 2.1).
macro_rules! keyed_with {
    ($($form:literal: $bytes:expr,)*) => {
        &[$(
            (concat!("alg/hs256_keyed_with_", $form), |good| keyed(good, Hash::Sha256, $bytes)),
            (concat!("alg/hs384_keyed_with_", $form), |good| keyed(good, Hash::Sha384, $bytes)),
            (concat!("alg/hs512_keyed_with_", $form), |good| keyed(good, Hash::Sha512, $bytes)),
        )*]
    };
}

pub(super) const ATTACKS: &[Attack] = keyed_with! {
    "spki_pem": |key| Some(pem("PUBLIC KEY", &key.spki, "\n") + "\n"),
    "spki_pem_without_last_newline": |key| Some(pem("PUBLIC KEY", &key.spki, "\n")),
    "spki_pem_with_crlf": |key| Some(pem("PUBLIC KEY", &key.spki, "\r\n") + "\r\n"),
    "spki_base64": |key| Some(STANDARD.encode(&key.spki)),
    "spki_der": |key| Some(key.spki.clone()),
    "raw_key": |key| Some(key.raw.clone()),
    "pkcs1_pem": |key| key.modulus.as_ref().map(|_| pem("RSA PUBLIC KEY", &key.raw, "\n") + "\n"),
    "jwk": |key| Some(key.jwk.clone()),
    "modulus": |key| key.modulus.clone(),
    "x_coordinate": |key| key.x.clone(),
};

/// A public key in the forms in which it goes about.
struct PublicKey {
    /// `SubjectPublicKeyInfo` (RFC 5280 section 4.1).
    spki: Vec<u8>,
    /// What `SubjectPublicKeyInfo` holds: the point (SEC 1 section 2.3.3), the octets of RFC 8032, or `RSAPublicKey` (RFC 8017).
    raw: Vec<u8>,
    jwk: String,
    modulus: Option<Vec<u8>>,
    x: Option<Vec<u8>>,
}

fn keyed<B: AsRef<[u8]>>(
    good: &Good,
    hash: Hash,
    secret: impl Fn(&PublicKey) -> Option<B>,
) -> Option<String> {
    let key = public_key(good)?;
    Some(good.forged(&good.header_with("alg", hash.alg()), hash, secret(&key)?.as_ref()))
}

fn public_key(good: &Good) -> Option<PublicKey> {
    let parts = good.public.as_ref()?;
    let (algorithm, raw, x, modulus) = match parts {
        PublicParts::Ec(curve, point) => {
            let x = point.get(1..=curve.field_len()).map(<[u8]>::to_vec);
            let algorithm = match curve {
                Curve::P256 => P_256,
                Curve::P384 => P_384,
            };
            (algorithm, point.clone(), x, None)
        }
        PublicParts::Ed25519(x) => (ED25519, x.clone(), None, None),
        PublicParts::Rsa { n, e } => {
            let raw = der(SEQUENCE, &[&integer(n), &integer(e)]);
            (RSA, raw, None, Some(n.clone()))
        }
    };
    Some(PublicKey {
        spki: der(SEQUENCE, &[algorithm, &der(BIT_STRING, &[&[0], &raw])]),
        raw,
        jwk: jwk(parts),
        modulus,
        x,
    })
}

/// The public members (RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2), in the order of a thumbprint.
pub(super) fn jwk(parts: &PublicParts) -> String {
    match parts {
        PublicParts::Ec(curve, point) => {
            let crv = match curve {
                Curve::P256 => "P-256",
                Curve::P384 => "P-384",
            };
            let (x, y) = point.split_at(1).1.split_at(curve.field_len());
            let (x, y) = (encode(x), encode(y));
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        }
        PublicParts::Ed25519(x) => {
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x))
        }
        PublicParts::Rsa { n, e } => {
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n))
        }
    }
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// `AlgorithmIdentifier`s: id-ecPublicKey with secp256r1 and secp384r1 (RFC 5480), id-Ed25519 (RFC 8410), rsaEncryption
/// with NULL (RFC 3279).
const P_256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P_384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// A DER value of at most 65,535 octets, which holds `contents` one after the other.
pub(super) fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let [.., high, low] = contents.len().to_be_bytes();
    let mut value = match (high, low) {
        (0, 0..0x80) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    value.extend_from_slice(&contents);
    value
}

/// A DER INTEGER from an unsigned big-endian number.
pub(super) fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let number = &number[zeros..];
    match number.first() {
        Some(0..0x80) => der(INTEGER, &[number]),
        _ => der(INTEGER, &[&[0], number]),
    }
}

fn pem(label: &str, der: &[u8], newline: &str) -> String {
    let mut text = format!("-----BEGIN {label}-----{newline}");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push_str(newline);
    }
    text + &format!("-----END {label}-----")
}
