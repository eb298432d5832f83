use alloc::format;
use alloc::string::String;

use serde_json::{Value, json};

use super::Attack;
use super::good::{Good, Hash, after, before};
use crate::Algorithm;

/// What the header may claim about the algorithm (RFC 8725 sections 2.1, 3.1 and 3.2).
pub(super) const ATTACKS: &[Attack] = &[
    ("alg/none", |good| Some(unsigned(good, "none"))),
    ("alg/none_capitalized", |good| Some(unsigned(good, "None"))),
    ("alg/none_upper_case", |good| Some(unsigned(good, "NONE"))),
    ("alg/none_mixed_case", |good| Some(unsigned(good, "NoNe"))),
    ("alg/none_other_mixed_case", |good| Some(unsigned(good, "nOnE"))),
    ("alg/none_space_after", |good| Some(unsigned(good, "none "))),
    ("alg/none_space_before", |good| Some(unsigned(good, " none"))),
    ("alg/none_nul_after", |good| Some(unsigned(good, "none\0"))),
    ("alg/none_escaped", |good| {
        let header = before(r#""alg":"\u006eone""#, &good.header_without("alg"));
        Some(without_signature(good, &header))
    }),
    ("alg/none_with_the_signature", |good| {
        Some(good.stale(
            good.header_with("alg", "none").as_bytes(),
            good.claims_text.as_bytes(),
        ))
    }),
    ("alg/none_in_two_parts", |good| {
        let token = without_signature(good, &good.header_with("alg", "none"));
        Some(token.trim_end_matches('.').into())
    }),
    ("alg/none_before_the_good_one", |good| {
        Some(without_signature(
            good,
            &before(r#""alg":"none""#, &good.header_text),
        ))
    }),
    ("alg/none_after_the_good_one", |good| {
        Some(without_signature(
            good,
            &after(&good.header_text, r#""alg":"none""#),
        ))
    }),
    ("alg/missing_unsigned", |good| {
        Some(without_signature(good, &good.header_without("alg")))
    }),
    ("alg/null_unsigned", |good| {
        Some(without_signature(good, &good.header_with("alg", Value::Null)))
    }),
    ("alg/empty_unsigned", |good| Some(unsigned(good, ""))),
    ("alg/missing", |good| {
        Some(good.with_header_or_stale(good.header_without("alg")))
    }),
    ("alg/empty", |good| Some(odd(good, ""))),
    ("alg/null", |good| Some(odd(good, Value::Null))),
    ("alg/true", |good| Some(odd(good, true))),
    ("alg/number", |good| Some(odd(good, 256))),
    ("alg/array", |good| Some(odd(good, json!([own(good)])))),
    ("alg/object", |good| Some(odd(good, json!({ own(good): true })))),
    ("alg/lower_case", |good| Some(odd(good, own(good).to_lowercase()))),
    ("alg/space_after", |good| {
        Some(odd(good, format!("{} ", own(good))))
    }),
    ("alg/space_before", |good| {
        Some(odd(good, format!(" {}", own(good))))
    }),
    ("alg/nul_after", |good| {
        Some(odd(good, format!("{}\0", own(good))))
    }),
    ("alg/member_in_upper_case", |good| {
        let header = before(&format!(r#""ALG":"{}""#, own(good)), &good.header_without("alg"));
        Some(good.with_header_or_stale(header))
    }),
    ("alg/duplicate", |good| {
        let member = format!(r#""alg":"{}""#, own(good));
        Some(good.with_header_or_stale(before(&member, &good.header_text)))
    }),
    ("alg/duplicate_none_first", |good| {
        Some(good.with_header_or_stale(before(r#""alg":"none""#, &good.header_text)))
    }),
    ("alg/duplicate_none_last", |good| {
        Some(good.with_header_or_stale(after(&good.header_text, r#""alg":"none""#)))
    }),
    ("alg/duplicate_escaped_first", |good| {
        Some(good.with_header_or_stale(before(r#""al\u0067":"none""#, &good.header_text)))
    }),
    ("alg/duplicate_escaped_last", |good| {
        Some(good.with_header_or_stale(after(&good.header_text, r#""\u0061lg":"none""#)))
    }),
    ("alg/named_hs256", |good| named(good, "HS256")),
    ("alg/named_hs384", |good| named(good, "HS384")),
    ("alg/named_hs512", |good| named(good, "HS512")),
    ("alg/named_es256", |good| named(good, "ES256")),
    ("alg/named_es384", |good| named(good, "ES384")),
    ("alg/named_es512", |good| named(good, "ES512")),
    ("alg/named_es256k", |good| named(good, "ES256K")),
    ("alg/named_eddsa", |good| named(good, "EdDSA")),
    ("alg/named_ed25519", |good| named(good, "Ed25519")),
    ("alg/named_ed448", |good| named(good, "Ed448")),
    ("alg/named_rs256", |good| named(good, "RS256")),
    ("alg/named_rs384", |good| named(good, "RS384")),
    ("alg/named_rs512", |good| named(good, "RS512")),
    ("alg/named_ps256", |good| named(good, "PS256")),
    ("alg/named_ps384", |good| named(good, "PS384")),
    ("alg/named_ps512", |good| named(good, "PS512")),
    ("alg/named_rs1", |good| named(good, "RS1")),
    ("alg/named_dir", |good| named(good, "dir")),
    ("alg/named_rsa_oaep", |good| named(good, "RSA-OAEP")),
    ("alg/named_a_password", |good| named(good, "PBES2-HS256+A128KW")),
    ("alg/secret_empty", |good| Some(known_secret(good, b""))),
    ("alg/secret_nul", |good| Some(known_secret(good, b"\0"))),
    ("alg/secret_32_zeros", |good| Some(known_secret(good, &[0; 32]))),
    ("alg/secret_64_zeros", |good| Some(known_secret(good, &[0; 64]))),
    ("alg/secret_secret", |good| Some(known_secret(good, b"secret"))),
    ("alg/secret_your_256_bit_secret", |good| {
        Some(known_secret(good, b"your-256-bit-secret"))
    }),
    ("alg/secret_is_the_algorithm", |good| {
        Some(known_secret(good, own(good).as_bytes()))
    }),
    ("alg/secret_is_the_issuer", |good| {
        Some(known_secret(good, good.claim("iss")?.as_str()?.as_bytes()))
    }),
    ("alg/secret_is_the_key_id", |good| {
        Some(known_secret(good, good.header("kid")?.as_str()?.as_bytes()))
    }),
];

/// The name that the good token gives the algorithm: an Ed25519 key has two.
fn own(good: &Good) -> &str {
    good.header("alg").and_then(Value::as_str).unwrap_or_default()
}

fn unsigned(good: &Good, alg: &str) -> String {
    without_signature(good, &good.header_with("alg", alg))
}

fn without_signature(good: &Good, header: &str) -> String {
    format!("{}.{}.", super::good::encode(header), good.claims_part)
}

fn odd(good: &Good, alg: impl Into<Value>) -> String {
    good.with_header_or_stale(good.header_with("alg", alg))
}

/// The good key's signature under the name of another algorithm.
fn named(good: &Good, alg: &str) -> Option<String> {
    (Algorithm::from_name(alg.as_bytes()) != Some(good.algorithm))
        .then(|| good.with_header_or_stale(good.header_with("alg", alg)))
}

/// Signed by somebody who guesses.
fn known_secret(good: &Good, secret: &[u8]) -> String {
    let hash = Hash::of(good.algorithm);
    good.forged(&good.header_with("alg", hash.alg()), hash, secret)
}
