use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::Attack;
use super::good::{Good, Hash, after, before, encode};
use super::json::{nested, utf_16};

/// Headers that are no strict JSON object, or ask for what a verifier must not do (RFC 7515 section 4, RFC 8725 sections
/// 3.10 and 3.11).
pub(super) const ATTACKS: &[Attack] = &[
    ("header/array", |good| {
        good.with_header(format!("[{}]", good.header_text))
    }),
    ("header/string", |good| {
        good.with_header(Value::from(&*good.header_text).to_string())
    }),
    ("header/number", |good| good.with_header("1")),
    ("header/null", |good| good.with_header("null")),
    ("header/empty_object", |good| good.with_header("{}")),
    ("header/white_space_alone", |good| good.with_header(" ")),
    ("header/two_objects", |good| {
        good.with_header(good.header_text.repeat(2))
    }),
    ("header/bytes_after", |good| {
        good.with_header(format!("{}x", good.header_text))
    }),
    ("header/nul_after", |good| {
        good.with_header(format!("{}\0", good.header_text))
    }),
    ("header/trailing_comma", |good| {
        good.with_header(good.header_text.replace('}', ",}"))
    }),
    ("header/brace_missing", |good| {
        good.with_header(good.header_text.trim_end().trim_end_matches('}'))
    }),
    ("header/comment", |good| {
        good.with_header(good.header_text.replacen('{', "{/**/", 1))
    }),
    ("header/single_quotes", |good| {
        good.with_header(good.header_text.replace('"', "'"))
    }),
    ("header/byte_order_mark", |good| {
        good.with_header(format!("\u{feff}{}", good.header_text))
    }),
    ("header/utf_16_le", |good| {
        good.with_header(utf_16(&good.header_text, u16::to_le_bytes))
    }),
    ("header/utf_16_be", |good| {
        good.with_header(utf_16(&good.header_text, u16::to_be_bytes))
    }),
    ("header/not_utf_8", |good| {
        let header = before("\"attack\":\"\u{7f}\"", &good.header_text);
        let spoilt: Vec<u8> = header
            .bytes()
            .map(|byte| if byte == 0x7f { 0xff } else { byte })
            .collect();
        good.with_header(spoilt)
    }),
    ("header/control_character", |good| {
        member(good, "\"attack\":\"\n\"")
    }),
    ("header/lone_surrogate", |good| {
        member(good, r#""attack":"\ud800""#)
    }),
    ("header/nested_100_deep", |good| {
        member(good, &format!(r#""attack":{}"#, nested(100)))
    }),
    ("header/duplicate", |good| {
        member(good, r#""attack":1,"attack":1"#)
    }),
    ("header/duplicate_escaped", |good| {
        member(good, r#""attack":1,"\u0061ttack":1"#)
    }),
    ("header/duplicate_inside", |good| {
        member(good, r#""attack":{"a":1,"a":1}"#)
    }),
    ("header/duplicate_typ", |good| {
        let typ = good.header("typ").cloned().unwrap_or_else(|| "JWT".into());
        good.with_header(before(
            &format!(r#""typ":{typ},"typ":{typ}"#),
            &good.header_without("typ"),
        ))
    }),
    ("header/duplicate_kid", |good| {
        let kid = good.header("kid")?;
        good.with_header(after(&good.header_text, &format!(r#""kid":{kid}"#)))
    }),
    // RFC 7515 section 4.1.11.
    ("header/crit_unknown", |good| {
        member(good, r#""attack":1,"crit":["attack"]"#)
    }),
    ("header/crit_unknown_url", |good| {
        member(
            good,
            r#""https://attacker.example/x":1,"crit":["https://attacker.example/x"]"#,
        )
    }),
    ("header/crit_absent_member", |good| {
        member(good, r#""crit":["attack"]"#)
    }),
    ("header/crit_exp", |good| {
        member(good, r#""exp":9999999999,"crit":["exp"]"#)
    }),
    ("header/crit_empty", |good| member(good, r#""crit":[]"#)),
    ("header/crit_null", |good| member(good, r#""crit":null"#)),
    ("header/crit_string", |good| {
        member(good, r#""attack":1,"crit":"attack""#)
    }),
    ("header/crit_object", |good| {
        member(good, r#""attack":1,"crit":{"attack":true}"#)
    }),
    ("header/crit_number_inside", |good| member(good, r#""crit":[1]"#)),
    ("header/crit_empty_name", |good| {
        member(good, r#""":1,"crit":[""]"#)
    }),
    ("header/crit_registered", |good| member(good, r#""crit":["alg"]"#)),
    ("header/crit_itself", |good| member(good, r#""crit":["crit"]"#)),
    ("header/crit_name_twice", |good| {
        member(good, r#""attack":1,"crit":["attack","attack"]"#)
    }),
    ("header/crit_twice", |good| {
        member(good, r#""attack":1,"crit":["attack"],"crit":["attack"]"#)
    }),
    // RFC 7797: an extension, which RFC 7519 section 7 does not allow in a JWT.
    ("header/b64_false", |good| member(good, r#""b64":false"#)),
    ("header/b64_false_critical", |good| {
        member(good, r#""b64":false,"crit":["b64"]"#)
    }),
    ("header/b64_false_unencoded", |good| {
        let header = before(r#""b64":false,"crit":["b64"]"#, &good.header_text);
        good.signed_parts(&encode(header), &good.claims_text)
    }),
    ("header/zip", |good| member(good, r#""zip":"DEF""#)),
    ("header/zip_of_a_bomb", |good| {
        // A stored block of DEFLATE that ends early: who inflates it fails later than it should.
        let header = before(r#""zip":"DEF""#, &good.header_text);
        good.signed(header.as_bytes(), b"\x01\xff\xff\x00\x00{}")
    }),
    ("header/enc", |good| member(good, r#""enc":"A256GCM""#)),
    ("header/nested_token", |good| {
        let header = good.header_with("cty", "JWT");
        good.signed(header.as_bytes(), good.token.as_bytes())
    }),
    ("header/cty_jwt", |good| {
        good.with_header(good.header_with("cty", "JWT"))
    }),
    ("header/cty_jwt_lower_case", |good| {
        good.with_header(good.header_with("cty", "jwt"))
    }),
    ("header/kid_number", |good| {
        good.with_header(good.header_with("kid", 1))
    }),
    ("header/kid_null", |good| {
        good.with_header(good.header_with("kid", Value::Null))
    }),
    ("header/kid_array", |good| {
        let kid = good.header("kid").cloned().unwrap_or_else(|| "1".into());
        good.with_header(good.header_with("kid", json!([kid])))
    }),
    ("header/kid_of_64_kib", |good| {
        good.with_header(good.header_with("kid", "k".repeat(1 << 16)))
    }),
    ("header/64_kib_of_members", |good| {
        let members: Vec<_> = (0..6000).map(|n| format!(r#""a{n}":{n}"#)).collect();
        member(good, &members.join(","))
    }),
    // What a verifier finds that takes the key from where the header points to.
    ("header/kid_to_an_empty_file", |good| {
        from_kid(good, "../../../../../../dev/null", b"")
    }),
    ("header/kid_to_an_empty_file_by_root", |good| {
        from_kid(good, "/dev/null", b"")
    }),
    ("header/kid_to_a_known_file", |good| {
        from_kid(
            good,
            "../../../../../../proc/sys/kernel/randomize_va_space",
            b"2\n",
        )
    }),
    ("header/kid_to_a_file_nul_after", |good| {
        from_kid(good, "../../dev/null\0.pem", b"")
    }),
    ("header/kid_with_backslashes", |good| {
        from_kid(good, r"..\..\..\NUL", b"")
    }),
    ("header/kid_union_select", |good| {
        from_kid(good, "x' UNION SELECT 'attacker-chosen-secret", SECRET)
    }),
    ("header/kid_or_true", |good| from_kid(good, "' OR '1'='1", b"")),
    ("header/kid_double_quote", |good| from_kid(good, "\"", b"")),
    ("header/kid_command", |good| {
        from_kid(good, "|echo attacker-chosen-secret", SECRET)
    }),
    ("header/kid_url", |good| {
        from_kid(good, "https://attacker.example/key", SECRET)
    }),
    ("header/kid_prototype", |good| {
        from_kid(good, "__proto__", b"[object Object]")
    }),
    ("header/kid_empty", |good| from_kid(good, "", b"")),
    ("header/jwk_with_a_secret", |good| {
        let jwk = json!({"kty": "oct", "k": encode(SECRET)});
        Some(keyed_by(good, "jwk", &jwk))
    }),
    ("header/jku", |good| {
        Some(keyed_by(
            good,
            "jku",
            &json!("https://attacker.example/jwks.json"),
        ))
    }),
    ("header/x5u", |good| {
        Some(keyed_by(good, "x5u", &json!("https://attacker.example/x.pem")))
    }),
    ("header/x5c", |good| Some(keyed_by(good, "x5c", &json!(["MAA="])))),
    #[cfg(feature = "eddsa")]
    ("header/jwk_with_an_ed25519_key", |good| {
        use crate::{Ed25519SigningKey, SigningKey};
        by_stranger(good, &SigningKey::from(Ed25519SigningKey::from_seed(SEED)))
    }),
    #[cfg(feature = "es256")]
    ("header/jwk_with_a_p_256_key", |good| {
        use crate::{Es256SigningKey, SigningKey};
        by_stranger(good, &SigningKey::from(Es256SigningKey::from_scalar(SEED).ok()?))
    }),
    ("typ/other", |good| typ(good, "attack+jwt")),
    ("typ/dpop", |good| typ(good, "dpop+jwt")),
    ("typ/logout", |good| typ(good, "logout+jwt")),
    ("typ/security_event", |good| typ(good, "secevent+jwt")),
    ("typ/introspection", |good| typ(good, "token-introspection+jwt")),
    ("typ/access_token", |good| typ(good, "at+jwt")),
    ("typ/absent", |good| {
        is_explicit(good).then(|| good.with_header(good.header_without("typ")))?
    }),
    ("typ/jwt", |good| {
        is_explicit(good).then(|| good.with_header(good.header_with("typ", "JWT")))?
    }),
    ("typ/empty", |good| good.with_header(good.header_with("typ", ""))),
    ("typ/null", |good| {
        good.with_header(good.header_with("typ", Value::Null))
    }),
    ("typ/number", |good| good.with_header(good.header_with("typ", 1))),
    ("typ/array", |good| {
        let own = good.header("typ").cloned().unwrap_or_else(|| "JWT".into());
        good.with_header(good.header_with("typ", json!([own])))
    }),
    ("typ/space_after", |good| {
        let own = good.header("typ")?.as_str()?;
        good.with_header(good.header_with("typ", format!("{own} ")))
    }),
    ("typ/nul_after", |good| {
        let own = good.header("typ")?.as_str()?;
        good.with_header(good.header_with("typ", format!("{own}\0")))
    }),
    ("typ/other_top_level_type", |good| {
        let own = good.header("typ")?.as_str()?.trim_start_matches("application/");
        good.with_header(good.header_with("typ", format!("text/{own}")))
    }),
];

const SECRET: &[u8] = b"attacker-chosen-secret";

/// Of the attacker's own key.
#[cfg(any(feature = "eddsa", feature = "es256"))]
const SEED: &[u8; 32] = b"a scalar and a seed of attackers";

/// The good header with `members` before its own.
fn member(good: &Good, members: &str) -> Option<String> {
    good.with_header(before(members, &good.header_text))
}

/// Signed with what lies where `kid` points to.
fn from_kid(good: &Good, kid: &str, secret: &[u8]) -> Option<String> {
    if good.header("kid").and_then(Value::as_str) == Some(kid) {
        return None;
    }
    let hash = Hash::of(good.algorithm);
    let Value::Object(mut header) = serde_json::from_str(&good.header_with("alg", hash.alg())).ok()? else {
        return None;
    };
    header.insert("kid".into(), kid.into());
    Some(good.forged(&Value::Object(header).to_string(), hash, secret))
}

/// Signed with the attacker's secret, which the header's `name` brings along.
fn keyed_by(good: &Good, name: &str, value: &Value) -> String {
    let hash = Hash::of(good.algorithm);
    let header = before(
        &format!("{}:{value}", Value::from(name)),
        &good.header_with("alg", hash.alg()),
    );
    good.forged(&header, hash, SECRET)
}

/// Signed with the attacker's key pair, whose public half the header brings along.
#[cfg(any(feature = "eddsa", feature = "es256"))]
fn by_stranger(good: &Good, key: &crate::SigningKey) -> Option<String> {
    let jwk = super::confusion::jwk(&key.verifying_key().public_parts()?);
    let header = before(
        &format!(r#""jwk":{jwk}"#),
        &good.header_with("alg", key.algorithm().name()),
    );
    let input = format!("{}.{}", encode(header), good.claims_part);
    let signature = key.sign(input.as_bytes())?;
    Some(format!("{input}.{}", encode(signature)))
}

/// The type of another kind of token, unless it is the good one's.
fn typ(good: &Good, typ: &str) -> Option<String> {
    (!own_typ(good).eq_ignore_ascii_case(typ)).then(|| good.with_header(good.header_with("typ", typ)))?
}

/// Whether the good token says what kind it is, so that one that does not is of another.
fn is_explicit(good: &Good) -> bool {
    let own = own_typ(good);
    !own.is_empty() && !own.eq_ignore_ascii_case("JWT")
}

fn own_typ(good: &Good) -> &str {
    let own = good.header("typ").and_then(Value::as_str).unwrap_or_default();
    match own.split_once('/') {
        Some((top, rest)) if top.eq_ignore_ascii_case("application") => rest,
        _ => own,
    }
}
