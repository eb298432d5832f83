use alloc::format;
use alloc::string::String;

use serde_json::{Value, json};

use super::Attack;
use super::good::Good;

/// 9999-12-31T23:59:59Z.
const FAR: u64 = 253_402_300_799;

/// Claims that a sound policy refuses (RFC 7519 section 4.1, RFC 8725 sections 3.8 to 3.10).
pub(super) const ATTACKS: &[Attack] = &[
    ("claims/none_at_all", |good| {
        has_any(good).then(|| good.with_claims("{}"))?
    }),
    ("claims/exp_long_past", |good| replaced(good, "exp", 1)),
    ("claims/exp_zero", |good| replaced(good, "exp", 0)),
    ("claims/exp_fraction_long_past", |good| replaced(good, "exp", 1.5)),
    ("claims/exp_missing", |good| missing(good, "exp")),
    ("claims/exp_null", |good| replaced(good, "exp", Value::Null)),
    ("claims/exp_string", |good| as_string(good, "exp")),
    ("claims/exp_true", |good| replaced(good, "exp", true)),
    ("claims/exp_array", |good| in_an_array(good, "exp")),
    ("claims/exp_object", |good| replaced(good, "exp", json!({}))),
    ("claims/exp_negative", |good| replaced(good, "exp", -1)),
    ("claims/exp_1e300", |good| replaced(good, "exp", 1e300)),
    ("claims/exp_largest_unsigned", |good| {
        replaced(good, "exp", u64::MAX)
    }),
    ("claims/exp_in_other_case", |good| renamed(good, "exp", "EXP")),
    ("claims/nbf_far_ahead", |good| set(good, "nbf", FAR)),
    ("claims/nbf_fraction_far_ahead", |good| {
        set(good, "nbf", 253_402_300_799.5)
    }),
    ("claims/nbf_string", |good| set(good, "nbf", "0")),
    ("claims/nbf_true", |good| set(good, "nbf", true)),
    ("claims/nbf_array", |good| set(good, "nbf", json!([0]))),
    ("claims/nbf_negative", |good| set(good, "nbf", -1)),
    ("claims/nbf_1e300", |good| set(good, "nbf", 1e300)),
    ("claims/iat_far_ahead", |good| set(good, "iat", FAR)),
    ("claims/iat_string", |good| set(good, "iat", "0")),
    ("claims/iat_true", |good| set(good, "iat", true)),
    ("claims/iat_array", |good| set(good, "iat", json!([0]))),
    ("claims/iat_negative", |good| set(good, "iat", -1)),
    ("claims/iat_1e300", |good| set(good, "iat", 1e300)),
    ("claims/iss_missing", |good| missing(good, "iss")),
    ("claims/iss_null", |good| replaced(good, "iss", Value::Null)),
    ("claims/iss_number", |good| replaced(good, "iss", 1)),
    ("claims/iss_object", |good| replaced(good, "iss", json!({}))),
    ("claims/iss_array", |good| in_an_array(good, "iss")),
    ("claims/iss_empty", |good| replaced(good, "iss", "")),
    ("claims/iss_other", |good| {
        replaced(good, "iss", "https://attacker.example")
    }),
    ("claims/iss_slash_after", |good| {
        changed(good, "iss", |own| format!("{own}/"))
    }),
    ("claims/iss_nul_after", |good| {
        changed(good, "iss", |own| format!("{own}\0"))
    }),
    ("claims/iss_space_before", |good| {
        changed(good, "iss", |own| format!(" {own}"))
    }),
    ("claims/iss_cut", |good| changed(good, "iss", cut)),
    ("claims/iss_in_upper_case", |good| {
        changed(good, "iss", str::to_uppercase)
    }),
    ("claims/iss_as_host_of_another", |good| {
        changed(good, "iss", |own| format!("{own}.attacker.example"))
    }),
    ("claims/aud_missing", |good| missing(good, "aud")),
    ("claims/aud_null", |good| replaced(good, "aud", Value::Null)),
    ("claims/aud_number", |good| replaced(good, "aud", 1)),
    ("claims/aud_true", |good| replaced(good, "aud", true)),
    ("claims/aud_object", |good| {
        let aud = one_audience(good)?;
        replaced(good, "aud", json!({ aud: true }))
    }),
    ("claims/aud_empty", |good| replaced(good, "aud", "")),
    ("claims/aud_empty_array", |good| replaced(good, "aud", json!([]))),
    ("claims/aud_other", |good| replaced(good, "aud", "attacker")),
    ("claims/aud_others", |good| {
        replaced(good, "aud", json!(["attacker", "victim"]))
    }),
    ("claims/aud_mixed_array", |good| {
        let aud = one_audience(good)?;
        replaced(good, "aud", json!([aud, 1]))
    }),
    ("claims/aud_null_inside", |good| {
        let aud = one_audience(good)?;
        replaced(good, "aud", json!([Value::Null, aud]))
    }),
    ("claims/aud_array_inside", |good| {
        let aud = one_audience(good)?;
        replaced(good, "aud", json!([[aud]]))
    }),
    ("claims/aud_with_commas", |good| {
        audience(good, |own| format!("attacker,{own}"))
    }),
    ("claims/aud_with_spaces", |good| {
        audience(good, |own| format!("attacker {own}"))
    }),
    ("claims/aud_slash_after", |good| {
        audience(good, |own| format!("{own}/"))
    }),
    ("claims/aud_nul_after", |good| {
        audience(good, |own| format!("{own}\0"))
    }),
    ("claims/aud_cut", |good| audience(good, cut)),
    ("claims/aud_in_upper_case", |good| {
        audience(good, str::to_uppercase)
    }),
    ("claims/sub_number", |good| set(good, "sub", 1)),
    ("claims/sub_true", |good| set(good, "sub", true)),
    ("claims/sub_array", |good| set(good, "sub", json!(["admin"]))),
    ("claims/sub_object", |good| set(good, "sub", json!({"$ne": ""}))),
    ("claims/jti_number", |good| set(good, "jti", 1)),
    ("claims/jti_object", |good| set(good, "jti", json!({"$ne": ""}))),
];

fn has_any(good: &Good) -> bool {
    ["iss", "aud", "exp"]
        .iter()
        .any(|name| good.claim(name).is_some())
}

/// The claim with this value, whether or not the good token has it.
fn set(good: &Good, name: &str, value: impl Into<Value>) -> Option<String> {
    good.with_claims(good.claims_with(name, value))
}

/// The claim with this value, where the good token has it with another.
fn replaced(good: &Good, name: &str, value: impl Into<Value>) -> Option<String> {
    let value = value.into();
    (*good.claim(name)? != value).then(|| set(good, name, value))?
}

fn missing(good: &Good, name: &str) -> Option<String> {
    good.claim(name)?;
    good.with_claims(good.claims_without(name))
}

fn renamed(good: &Good, name: &str, other: &str) -> Option<String> {
    let value = good.claim(name)?;
    let members = format!("{}:{value}", Value::from(other));
    good.with_claims(super::good::before(&members, &good.claims_without(name)))
}

fn as_string(good: &Good, name: &str) -> Option<String> {
    let text = format!("{}", good.claim(name)?);
    replaced(good, name, text)
}

fn in_an_array(good: &Good, name: &str) -> Option<String> {
    let own = good.claim(name)?;
    set(good, name, json!([own]))
}

/// The claim, which is a string, with what `change` makes of it.
fn changed(good: &Good, name: &str, change: impl Fn(&str) -> String) -> Option<String> {
    replaced(good, name, change(good.claim(name)?.as_str()?))
}

/// The audience that the policy knows, when there is but one that it can be.
fn one_audience(good: &Good) -> Option<&str> {
    match good.claim("aud")? {
        Value::Array(all) => match &all[..] {
            [one] => one.as_str(),
            _ => None,
        },
        one => one.as_str(),
    }
}

fn audience(good: &Good, change: impl Fn(&str) -> String) -> Option<String> {
    let own = one_audience(good)?;
    let other = change(own);
    (other != own).then(|| set(good, "aud", other))?
}

/// Without its last character.
fn cut(text: &str) -> String {
    let mut characters = text.chars();
    characters.next_back();
    characters.as_str().into()
}
