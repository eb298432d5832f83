//! The keys that the Python and Node peers have, in the encodings that these crates take.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::Algorithm;
use serde_json::Value;

pub(crate) fn is_rsa(algorithm: Algorithm) -> bool {
    algorithm.name().starts_with(['R', 'P'])
}

/// Whether a verification takes long without optimization.
pub(crate) fn is_slow(algorithm: Algorithm) -> bool {
    !algorithm.name().starts_with('H')
}

/// The private JWK.
pub(crate) fn jwk(algorithm: Algorithm) -> Value {
    let all: Value = serde_json::from_str(include_str!("../../peers/test_keys.json")).unwrap();
    let name = match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => "oct",
        Algorithm::Es256 => "P-256",
        Algorithm::Es384 => "P-384",
        Algorithm::EdDsa => "Ed25519",
        _ => "RSA",
    };
    let mut key = all[name].clone();
    key["alg"] = algorithm.name().into();
    key
}

/// The octets of a member.
pub(crate) fn member(algorithm: Algorithm, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(jwk(algorithm)[name].as_str().unwrap())
        .unwrap()
}

/// The point of an EC key, uncompressed (SEC 1 section 2.3.3).
pub(crate) fn point(algorithm: Algorithm) -> Vec<u8> {
    [vec![4], member(algorithm, "x"), member(algorithm, "y")].concat()
}

/// An RSA private key (RFC 8017 appendix A.1.2).
pub(crate) fn pkcs1(algorithm: Algorithm) -> Vec<u8> {
    let members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let numbers = members.map(|name| integer(&member(algorithm, name)));
    tlv(0x30, &[integer(&[0]), numbers.concat()].concat())
}

/// A private key of an elliptic curve (RFC 5208, RFC 5915, RFC 8410).
pub(crate) fn pkcs8(algorithm: Algorithm) -> Vec<u8> {
    let secret = member(algorithm, "d");
    let curve: &[u8] = match algorithm {
        Algorithm::Es256 => b"\x2a\x86\x48\xce\x3d\x03\x01\x07",
        Algorithm::Es384 => b"\x2b\x81\x04\x00\x22",
        _ => {
            let kind = tlv(0x30, &tlv(6, b"\x2b\x65\x70"));
            let secret = tlv(4, &tlv(4, &secret));
            return tlv(0x30, &[integer(&[0]), kind, secret].concat());
        }
    };
    let kind = tlv(
        0x30,
        &[tlv(6, b"\x2a\x86\x48\xce\x3d\x02\x01"), tlv(6, curve)].concat(),
    );
    let point = tlv(0xa1, &tlv(3, &[vec![0], point(algorithm)].concat()));
    let key = tlv(0x30, &[integer(&[1]), tlv(4, &secret), point].concat());
    tlv(0x30, &[integer(&[0]), kind, tlv(4, &key)].concat())
}

fn integer(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number[0] >= 0x80 { &[0] } else { &[] };
    tlv(2, &[sign, number].concat())
}

/// Tag, length and content in DER.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut written = vec![tag];
    match u8::try_from(length) {
        Ok(short @ ..=0x7f) => written.push(short),
        Ok(long) => written.extend([0x81, long]),
        Err(_) => {
            written.push(0x82);
            written.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    written.extend_from_slice(content);
    written
}
