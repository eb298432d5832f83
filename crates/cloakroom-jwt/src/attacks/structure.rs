use alloc::format;
use alloc::string::{String, ToString as _};

use base64::alphabet;
use serde_json::json;

use super::Attack;
use super::good::{Good, encode};

const MEBI: usize = 1 << 20;

/// Texts that are not three parts of canonical base64url (RFC 7515 sections 2, 3.1 and 7.1).
pub(super) const ATTACKS: &[Attack] = &[
    ("structure/empty", |_| Some(String::new())),
    ("structure/one_part", |good| Some(good.header_part.clone())),
    ("structure/one_dot", |_| Some(".".into())),
    ("structure/two_dots", |_| Some("..".into())),
    ("structure/four_parts_empty_last", |good| {
        Some(good.token.clone() + ".")
    }),
    ("structure/four_parts", |good| {
        Some(format!("{}.{}", good.token, good.signature_part))
    }),
    ("structure/five_parts", |good| {
        let Good {
            token,
            claims_part,
            signature_part,
            ..
        } = good;
        Some(format!("{token}.{claims_part}.{signature_part}"))
    }),
    ("structure/five_parts_empty", |good| {
        Some(format!(
            "{}..{}..{}",
            good.header_part, good.claims_part, good.signature_part
        ))
    }),
    ("structure/a_million_dots", |_| Some(".".repeat(1_000_000))),
    ("structure/a_million_dots_after", |good| {
        Some(good.token.clone() + &".".repeat(1_000_000))
    }),
    ("structure/header_of_8_mib", |good| {
        let huge = "A".repeat(8 * MEBI);
        Some(format!("{huge}.{}.{}", good.claims_part, good.signature_part))
    }),
    ("structure/signature_of_8_mib", |good| {
        Some(good.token.clone() + &"A".repeat(8 * MEBI))
    }),
    ("structure/header_empty", |good| {
        Some(signed_or_stale(good, "", &good.claims_part))
    }),
    ("structure/claims_empty", |good| {
        Some(signed_or_stale(good, &good.header_part, ""))
    }),
    ("structure/space_before", |good| Some(format!(" {}", good.token))),
    ("structure/space_after", |good| Some(format!("{} ", good.token))),
    ("structure/newline_after", |good| {
        Some(format!("{}\n", good.token))
    }),
    ("structure/crlf_after", |good| Some(format!("{}\r\n", good.token))),
    ("structure/nul_after", |good| Some(format!("{}\0", good.token))),
    ("structure/tab_inside_the_signature", |good| {
        Some(inside_the_signature(good, '\t'))
    }),
    ("structure/newline_inside_the_signature", |good| {
        Some(inside_the_signature(good, '\n'))
    }),
    ("structure/padding_inside_the_signature", |good| {
        Some(inside_the_signature(good, '='))
    }),
    ("structure/plus_inside_the_signature", |good| {
        Some(inside_the_signature(good, '+'))
    }),
    ("structure/non_ascii_inside_the_signature", |good| {
        Some(inside_the_signature(good, 'É'))
    }),
    ("structure/space_inside_the_header", |good| {
        let (first, rest) = good.header_part.split_at(1);
        Some(signed_or_stale(
            good,
            &format!("{first} {rest}"),
            &good.claims_part,
        ))
    }),
    ("structure/newline_inside_the_claims", |good| {
        let (first, rest) = good.claims_part.split_at(4);
        Some(signed_or_stale(
            good,
            &good.header_part,
            &format!("{first}\n{rest}"),
        ))
    }),
    ("structure/spaces_around_the_dots", |good| {
        Some(good.token.replace('.', " . "))
    }),
    ("structure/signature_padded", |good| {
        Some(format!("{}{}", good.token, padding(&good.signature_part)))
    }),
    ("structure/header_padded", |good| {
        let header = format!("{}{}", good.header_part, padding(&good.header_part));
        Some(signed_or_stale(good, &header, &good.claims_part))
    }),
    ("structure/claims_padded", |good| {
        let claims = format!("{}{}", good.claims_part, padding(&good.claims_part));
        Some(signed_or_stale(good, &good.header_part, &claims))
    }),
    ("structure/signature_in_the_standard_alphabet", |good| {
        let signature = standard(&good.signature_part)?;
        Some(format!("{}.{}.{signature}", good.header_part, good.claims_part))
    }),
    ("structure/claims_in_the_standard_alphabet", |good| {
        // `?` and `>` in three places, one of which falls on a group of six bits of its own.
        let claims = good.claims_with("attack", "???>>>~~~");
        let claims = standard(&encode(claims))?;
        Some(signed_or_stale(good, &good.header_part, &claims))
    }),
    ("structure/signature_not_canonical", |good| {
        let signature = spare_bits(&good.signature_part)?;
        Some(format!("{}.{}.{signature}", good.header_part, good.claims_part))
    }),
    ("structure/header_not_canonical", |good| {
        let header = spare_bits(&good.header_part).or_else(|| {
            // One space more leaves spare bits.
            spare_bits(&encode(format!("{} ", good.header_text)))
        })?;
        Some(signed_or_stale(good, &header, &good.claims_part))
    }),
    ("structure/claims_not_canonical", |good| {
        let claims = spare_bits(&good.claims_part)
            .or_else(|| spare_bits(&encode(format!("{} ", good.claims_text))))?;
        Some(signed_or_stale(good, &good.header_part, &claims))
    }),
    ("structure/percent_encoded_dots", |good| {
        Some(good.token.replace('.', "%2E"))
    }),
    ("structure/bearer_before", |good| {
        Some(format!("Bearer {}", good.token))
    }),
    ("structure/quoted", |good| Some(format!("\"{}\"", good.token))),
    ("structure/two_tokens", |good| {
        Some(format!("{0},{0}", good.token))
    }),
    ("structure/byte_order_mark_before", |good| {
        Some(format!("\u{feff}{}", good.token))
    }),
    ("structure/json_flattened", |good| {
        Some(
            json!({
                "protected": good.header_part,
                "payload": good.claims_part,
                "signature": good.signature_part,
            })
            .to_string(),
        )
    }),
    ("structure/json_general", |good| {
        Some(
            json!({
                "payload": good.claims_part,
                "signatures": [{"protected": good.header_part, "signature": good.signature_part}],
            })
            .to_string(),
        )
    }),
    ("structure/json_text_of_the_parts", |good| {
        Some(format!(
            "{}.{}.{}",
            good.header_text, good.claims_text, good.signature_part
        ))
    }),
];

fn signed_or_stale(good: &Good, header: &str, claims: &str) -> String {
    good.signed_parts(header, claims)
        .unwrap_or_else(|| format!("{header}.{claims}.{}", good.signature_part))
}

fn inside_the_signature(good: &Good, character: char) -> String {
    let mut token = good.token.clone();
    token.insert(good.token.len() - 4, character);
    token
}

/// What a padded encoder would have written after `part`; one `=` too many where it would write nothing.
fn padding(part: &str) -> &'static str {
    match part.len() % 4 {
        2 => "==",
        _ => "=",
    }
}

/// The same octets in the standard alphabet, where that differs.
fn standard(part: &str) -> Option<String> {
    let text = part.replace('-', "+").replace('_', "/");
    (text != part).then_some(text)
}

/// The same octets, with a last character whose spare bits are not zero, where there are any.
fn spare_bits(part: &str) -> Option<String> {
    let letters = alphabet::URL_SAFE.as_str().as_bytes();
    let (rest, last) = part.split_at_checked(part.len().checked_sub(1)?)?;
    let six = letters.iter().position(|letter| last.as_bytes() == [*letter])?;
    let letter = *letters.get(six + 1)?;
    (!part.len().is_multiple_of(4)).then(|| format!("{rest}{}", char::from(letter)))
}
