use cloakroom_jwt::ErrorKind::{Claims, Header, Malformed, Signature, TooLarge};

use crate::common::{HEADER, SECRET, check, claims, encode, good, mac, policy, sign, sign_encoded};

#[test]
fn a_good_token_is_accepted() {
    check(policy(), &good(), None);
}

#[test]
fn e5_exactly_three_parts() {
    let token = good();
    let parts: Vec<_> = token.split('.').collect();
    for bad in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        parts[0].into(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.", parts[0]),
        format!(".{}.{}", parts[1], parts[2]),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{}", parts[2]),
        format!("{token}.{}.{}", parts[1], parts[2]),
        format!("{}..{}.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}..{}", parts[0], parts[1], parts[2]),
    ] {
        check(policy(), &bad, Some(Malformed));
    }
    // An empty payload is well-formed base64url, and an empty signature is one of the wrong length.
    check(policy(), &format!("{}..{}", parts[0], parts[2]), Some(Signature));
    check(policy(), &format!("{}.{}.", parts[0], parts[1]), Some(Signature));
    check(policy(), &sign(HEADER, ""), Some(Claims));
}

#[test]
fn e5_no_other_alphabet_in_any_part() {
    let token = good();
    let lengths: Vec<_> = token.split('.').map(str::len).collect();
    let starts = [0, lengths[0] + 1, lengths[0] + lengths[1] + 2];
    for foreign in [
        " ", "\t", "\n", "\r", "=", "==", "+", "/", "%", "\0", "ä", "~", ",",
    ] {
        for (start, length) in starts.into_iter().zip(&lengths) {
            for place in [
                start,
                start + 1,
                start + length / 2,
                start + length - 1,
                start + length,
            ] {
                let mut added = token.clone();
                added.insert_str(place, foreign);
                check(policy(), &added, Some(Malformed));
            }
        }
    }
    for foreign in ['+', '/', '=', ' '] {
        for place in (0..token.len()).filter(|&place| &token[place..=place] != ".") {
            let mut replaced = token.clone();
            replaced.replace_range(place..=place, &foreign.to_string());
            check(policy(), &replaced, Some(Malformed));
        }
    }
}

#[test]
fn e5_foreign_characters_are_refused_though_they_are_signed() {
    let (header, payload) = (encode(HEADER), encode(claims("")));
    for foreign in ["=", "==", "+", "/", " ", "\n"] {
        for place in [0, 1, 8, 64, payload.len()] {
            let mut changed = payload.clone();
            changed.insert_str(place, foreign);
            check(
                policy(),
                &sign_encoded(SECRET, &header, &changed),
                Some(Malformed),
            );
        }
        for place in [0, 1, 8, header.len()] {
            let mut changed = header.clone();
            changed.insert_str(place, foreign);
            check(
                policy(),
                &sign_encoded(SECRET, &changed, &payload),
                Some(Malformed),
            );
        }
    }
}

#[test]
fn e5_each_octet_string_has_one_text() {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    /// All texts that differ from `text` in the spare bits of the last character alone.
    fn siblings(text: &str) -> Vec<String> {
        let spare = match text.len() % 4 {
            2 => 16,
            3 => 4,
            _ => 1,
        };
        let (start, last) = text.split_at(text.len() - 1);
        let value = ALPHABET.iter().position(|&c| c == last.as_bytes()[0]).unwrap();
        (1..spare)
            .map(|bits| format!("{start}{}", char::from(ALPHABET[value + bits])))
            .collect()
    }

    let mut seen = 0;
    for spaces in 0..3 {
        let header = encode(format!("{HEADER}{}", " ".repeat(spaces)));
        let payload = encode(format!("{}{}", claims(""), " ".repeat(spaces)));
        let signature = encode(mac(SECRET, &format!("{header}.{payload}")));
        check(policy(), &format!("{header}.{payload}.{signature}"), None);
        for header in siblings(&header) {
            seen += 1;
            check(
                policy(),
                &sign_encoded(SECRET, &header, &payload),
                Some(Malformed),
            );
        }
        for payload in siblings(&payload) {
            seen += 1;
            check(
                policy(),
                &sign_encoded(SECRET, &header, &payload),
                Some(Malformed),
            );
        }
        for signature in siblings(&signature) {
            seen += 1;
            check(
                policy(),
                &format!("{header}.{payload}.{signature}"),
                Some(Malformed),
            );
        }
    }
    assert!(seen > 30, "{seen}");
    // A group of one character stands for nothing.
    let (header, payload) = (encode(HEADER), encode(claims("")));
    let cut = |text: &str| text[..text.len() / 4 * 4 - 3].to_owned();
    let signature = encode(mac(SECRET, &format!("{header}.{payload}")));
    for bad in [
        sign_encoded(SECRET, &cut(&header), &payload),
        sign_encoded(SECRET, &header, &cut(&payload)),
        sign_encoded(SECRET, &header, &payload[..1]),
        format!("{header}.{payload}.{}", cut(&signature)),
        format!("{header}.{payload}.{}", &signature[..1]),
    ] {
        check(policy(), &bad, Some(Malformed));
    }
}

#[test]
fn e5_what_is_too_long_is_not_looked_at() {
    check(policy(), &".".repeat(1_000_000), Some(TooLarge));
    check(policy(), &"A".repeat(100_000_000), Some(TooLarge));
    check(
        policy(),
        &format!("{}.A.A", "A".repeat(100_000_000)),
        Some(TooLarge),
    );
    // Exactly the limit, and one more.
    let token = good();
    check(policy().max_len(token.len()), &token, None);
    check(policy().max_len(token.len() - 1), &token, Some(TooLarge));
}

#[test]
fn e5_a_million_dots_within_the_limit_are_malformed() {
    check(policy().max_len(65536), &".".repeat(65536), Some(Malformed));
    let token = format!("{}{}", encode(HEADER), ".".repeat(8000));
    check(policy(), &token, Some(Malformed));
}

#[test]
fn e5_a_header_above_a_kibibyte_is_refused() {
    let header = |length: usize| {
        let empty = r#"{"alg":"HS256","typ":"at+jwt","x":""}"#;
        empty.replace(
            r#""x":"""#,
            &format!(r#""x":"{}""#, "x".repeat(length - empty.len())),
        )
    };
    check(policy(), &sign(header(1024), claims("")), None);
    check(policy(), &sign(header(1025), claims("")), Some(TooLarge));
    check(policy(), &sign(header(4000), claims("")), Some(TooLarge));
    check(
        policy(),
        &sign(header(1024).replace("HS256", "hs256"), claims("")),
        Some(Header),
    );
}

#[test]
fn e25_json_serializations_are_refused() {
    let token = good();
    let parts: Vec<_> = token.split('.').collect();
    for json in [
        format!(
            r#"{{"payload":"{}","protected":"{}","signature":"{}"}}"#,
            parts[1], parts[0], parts[2]
        ),
        format!(
            r#"{{"payload":"{}","signatures":[{{"protected":"{}","signature":"{}"}}]}}"#,
            parts[1], parts[0], parts[2]
        ),
        format!(r#"{{"a":"{token}"}}"#),
    ] {
        check(policy(), &json, Some(Malformed));
    }
}

#[test]
fn e5_structure_comes_before_the_header() {
    for header in [r#"{"alg":"none"}"#, "{}", HEADER] {
        let header = encode(header);
        for rest in ["e30.e3+", "e3+.e30", "e30.e30.e30", "e30", "e30.e30=", "e30 .e30"] {
            check(policy(), &format!("{header}.{rest}"), Some(Malformed));
        }
    }
}
