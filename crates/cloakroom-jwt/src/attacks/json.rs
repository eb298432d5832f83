use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::Value;

use super::Attack;
use super::good::{Good, after, before};

/// Claims that are no JSON object, are one only for a lenient parser, or mean two things (RFC 7519 section 4, RFC 8725
/// section 3.7).
pub(super) const ATTACKS: &[Attack] = &[
    ("json/array", |good| {
        good.with_claims(format!("[{}]", good.claims_text))
    }),
    ("json/string", |good| {
        good.with_claims(Value::from(&*good.claims_text).to_string())
    }),
    ("json/number", |good| good.with_claims("1")),
    ("json/true", |good| good.with_claims("true")),
    ("json/null", |good| good.with_claims("null")),
    ("json/white_space_alone", |good| good.with_claims(" \t\r\n")),
    ("json/two_objects", |good| {
        good.with_claims(good.claims_text.repeat(2))
    }),
    ("json/empty_object_before", |good| {
        good.with_claims(format!("{{}}{}", good.claims_text))
    }),
    ("json/bytes_after", |good| {
        good.with_claims(format!("{}x", good.claims_text))
    }),
    ("json/nul_after", |good| {
        good.with_claims(format!("{}\0", good.claims_text))
    }),
    ("json/form_feed_after", |good| {
        good.with_claims(format!("{}\x0c", good.claims_text))
    }),
    ("json/no_break_space_after", |good| {
        good.with_claims(format!("{}\u{a0}", good.claims_text))
    }),
    ("json/trailing_comma", |good| {
        let text = good.claims_text.trim_end();
        good.with_claims(format!("{},}}", &text[..text.len() - 1]))
    }),
    ("json/leading_comma", |good| {
        good.with_claims(good.claims_text.replacen('{', "{,", 1))
    }),
    ("json/brace_missing", |good| {
        let text = good.claims_text.trim_end();
        good.with_claims(&text[..text.len() - 1])
    }),
    ("json/comment", |good| {
        good.with_claims(good.claims_text.replacen('{', "{/**/", 1))
    }),
    ("json/line_comment", |good| {
        good.with_claims(good.claims_text.replacen('{', "{//\n", 1))
    }),
    ("json/single_quotes", |good| member(good, "'attack':1")),
    ("json/name_without_quotes", |good| member(good, "attack:1")),
    ("json/not_a_number", |good| member(good, r#""attack":NaN"#)),
    ("json/infinity", |good| member(good, r#""attack":Infinity"#)),
    ("json/leading_zero", |good| member(good, r#""attack":01"#)),
    ("json/leading_plus", |good| member(good, r#""attack":+1"#)),
    ("json/hexadecimal", |good| member(good, r#""attack":0x1"#)),
    ("json/point_without_digits", |good| member(good, r#""attack":1."#)),
    ("json/exponent_without_digits", |good| {
        member(good, r#""attack":1e"#)
    }),
    ("json/capital_true", |good| member(good, r#""attack":True"#)),
    ("json/control_character", |good| member(good, "\"attack\":\"\n\"")),
    ("json/nul_in_a_string", |good| member(good, "\"attack\":\"\0\"")),
    ("json/unknown_escape", |good| member(good, r#""attack":"\x41""#)),
    ("json/lone_surrogate", |good| member(good, r#""attack":"\ud800""#)),
    ("json/lone_low_surrogate", |good| {
        member(good, r#""attack":"\udc00""#)
    }),
    ("json/lone_surrogate_in_a_name", |good| {
        member(good, r#""\ud800":1"#)
    }),
    ("json/surrogates_reversed", |good| {
        member(good, r#""attack":"\udc00\ud800""#)
    }),
    ("json/byte_order_mark", |good| {
        good.with_claims(format!("\u{feff}{}", good.claims_text))
    }),
    ("json/utf_16_le", |good| {
        good.with_claims(utf_16(&good.claims_text, u16::to_le_bytes))
    }),
    ("json/utf_16_be", |good| {
        good.with_claims(utf_16(&good.claims_text, u16::to_be_bytes))
    }),
    ("json/utf_16_with_byte_order_mark", |good| {
        let text = format!("\u{feff}{}", good.claims_text);
        good.with_claims(utf_16(&text, u16::to_le_bytes))
    }),
    ("json/utf_32", |good| {
        let octets = good.claims_text.chars().flat_map(|c| u32::from(c).to_le_bytes());
        good.with_claims(octets.collect::<Vec<_>>())
    }),
    ("json/latin_1", |good| octets(good, b"\xe9")),
    ("json/overlong_utf_8", |good| octets(good, b"\xc0\xaf")),
    ("json/surrogate_in_utf_8", |good| octets(good, b"\xed\xa0\x80")),
    ("json/above_unicode", |good| octets(good, b"\xf4\x90\x80\x80")),
    ("json/cut_utf_8", |good| octets(good, b"\xe2\x82")),
    ("json/nested_100_deep", |good| {
        member(good, &format!(r#""attack":{}"#, nested(100)))
    }),
    ("json/nested_1000_deep", |good| {
        member(good, &format!(r#""attack":{}"#, nested(1000)))
    }),
    ("json/nested_100000_deep", |good| {
        member(good, &format!(r#""attack":{}"#, nested(100_000)))
    }),
    ("json/nested_objects_100_deep", |good| {
        let (open, close) = (r#"{"a":"#.repeat(100), "}".repeat(100));
        member(good, &format!(r#""attack":{open}1{close}"#))
    }),
    ("json/nested_and_not_closed", |good| {
        good.with_claims(format!(r#"{{"attack":{}"#, "[".repeat(2000)))
    }),
    ("json/duplicate", |good| member(good, r#""attack":1,"attack":1"#)),
    ("json/duplicate_escaped", |good| {
        member(good, r#""attack":1,"att\u0061ck":1"#)
    }),
    ("json/duplicate_escaped_twice", |good| {
        member(good, r#""attack\/":1,"attack\u002F":1,"attack\u002f":1"#)
    }),
    ("json/duplicate_outside_ascii", |good| {
        member(good, "\"\u{e9}\":1,\"\\u00e9\":1")
    }),
    ("json/duplicate_outside_the_plane", |good| {
        member(good, "\"\u{1f600}\":1,\"\\ud83d\\ude00\":1")
    }),
    ("json/duplicate_empty_name", |good| member(good, r#""":1,"":2"#)),
    ("json/duplicate_inside", |good| {
        member(good, r#""attack":{"a":1,"b":2,"a":1}"#)
    }),
    ("json/duplicate_inside_an_array", |good| {
        member(good, r#""attack":[[{"a":1,"a":1}]]"#)
    }),
    ("json/duplicate_inside_deep", |good| {
        member(good, r#""attack":{"a":{"a":{"a":{"b":[{"a":1,"\u0061":1}]}}}}"#)
    }),
    ("json/duplicate_far_apart", |good| {
        let between: Vec<_> = (0..400).map(|n| format!(r#""a{n}":{n}"#)).collect();
        member(good, &format!(r#""attack":1,{},"attack":1"#, between.join(",")))
    }),
    ("json/duplicate_iss_first", |good| {
        first(good, "iss", r#""https://attacker.example""#)
    }),
    ("json/duplicate_iss_last", |good| {
        last(good, "iss", r#""https://attacker.example""#)
    }),
    ("json/duplicate_iss_equal", |good| {
        let iss = good.claim("iss")?.to_string();
        last(good, "iss", &iss)
    }),
    ("json/duplicate_aud_first", |good| {
        first(good, "aud", r#""attacker""#)
    }),
    ("json/duplicate_aud_last", |good| {
        last(good, "aud", r#""attacker""#)
    }),
    ("json/duplicate_exp_first", |good| {
        first(good, "exp", "99999999999")
    }),
    ("json/duplicate_exp_last", |good| last(good, "exp", "99999999999")),
    ("json/duplicate_sub_first", |good| {
        first(good, "sub", r#""admin""#)
    }),
    ("json/duplicate_sub_last", |good| last(good, "sub", r#""admin""#)),
    ("json/duplicate_sub_escaped_first", |good| {
        good.claim("sub")?;
        good.with_claims(before(r#""s\u0075b":"admin""#, &good.claims_text))
    }),
    ("json/duplicate_sub_escaped_last", |good| {
        good.claim("sub")?;
        good.with_claims(after(&good.claims_text, r#""\u0073ub":"admin""#))
    }),
];

/// The good claims with `members` before their own.
fn member(good: &Good, members: &str) -> Option<String> {
    good.with_claims(before(members, &good.claims_text))
}

/// A second claim of that name before the good one.
fn first(good: &Good, name: &str, value: &str) -> Option<String> {
    good.claim(name)?;
    member(good, &format!(r#""{name}":{value}"#))
}

/// A second claim of that name after the good one.
fn last(good: &Good, name: &str, value: &str) -> Option<String> {
    good.claim(name)?;
    good.with_claims(after(&good.claims_text, &format!(r#""{name}":{value}"#)))
}

/// A claim whose string is these octets.
fn octets(good: &Good, octets: &[u8]) -> Option<String> {
    let rest = good.claims_text.trim_start().get(1..)?;
    good.with_claims([br#"{"attack":""#, octets, b"\",", rest.as_bytes()].concat())
}

/// Arrays in arrays, so many of them.
pub(super) fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

pub(super) fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}
