use cloakroom_core::UnixTime;
use proptest::prelude::*;

use super::{Entry, export};
use crate::{Key, KeyRing, KeyState};

/// Three keys in base64, and the ids of the first two.
const A: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const A_ID: &str = "324f1d7c";
const B: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pn8=";
const SHORT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==";

#[track_caller]
fn refused(json: &str, entry: Option<usize>, line: &str) {
    let error = KeyRing::parse(json).expect_err("a ring that must be refused");
    assert_eq!(error.to_string(), format!("key ring: {line}"), "{json}");
    assert_eq!(error.entry(), entry, "{json}");
    let debug = format!("{error:?}");
    for secret in [A, B, SHORT, "hunter2"] {
        assert!(
            !debug.contains(secret) && !error.to_string().contains(secret),
            "{debug}"
        );
    }
}

#[test]
fn the_documented_file_parses() {
    let json = format!(
        r#"{{"keys":[{{"state":"active","key":"{B}"}},{{"id":"{A_ID}","state":"revoked"}}],"cutoff_ms":1750000000000}}"#
    );
    let ring = KeyRing::parse(&json).unwrap();
    let b = Key::from_base64(B).unwrap();
    assert_eq!(
        ring.entries().collect::<Vec<_>>(),
        [
            (b.id(), KeyState::Active),
            (A_ID.parse().unwrap(), KeyState::Revoked)
        ]
    );
    assert_eq!(ring.cutoff(), Some(UnixTime::from_millis(1_750_000_000_000)));
    assert!(ring.find(A_ID.parse().unwrap()).is_none());
    assert!(ring.find(b.id()).unwrap().same_secret(&b));
}

#[test]
fn white_space_member_order_and_letter_case_of_ids_do_not_matter() {
    let json = format!(
        "\n{{ \"cutoff_ms\" : 0, \"keys\" : [\t{{ \"key\" : \"{A}\", \"id\" : \"324F1D7C\", \"state\" : \"active\" }} ] }}\n"
    );
    let ring = KeyRing::parse(&json).unwrap();
    assert_eq!(ring.active().id().to_string(), A_ID);
    assert_eq!(ring.cutoff(), Some(UnixTime::EPOCH));
}

#[test]
fn c6_every_refused_configuration_has_one_line() {
    let a = format!(r#"{{"state":"active","key":"{A}"}}"#);
    let two = |second: &str| format!(r#"{{"keys":[{a},{second}]}}"#);
    let one = |entry: &str| format!(r#"{{"keys":[{entry}]}}"#);

    refused("", None, "not JSON at line 1 column 0");
    refused("{", None, "not JSON at line 1 column 1");
    refused(
        &format!("{{\"keys\":[\n{a}"),
        None,
        &format!("not JSON at line 2 column {}", a.len()),
    );
    refused(
        &format!("{} x", one(&a)),
        None,
        &format!("not JSON at line 1 column {}", one(&a).len() + 2),
    );
    refused(
        &format!("{}{}", one(&a), one(&a)),
        None,
        &format!("not JSON at line 1 column {}", one(&a).len() + 1),
    );
    refused(
        &format!("\u{feff}{}", one(&a)),
        None,
        "not JSON at line 1 column 1",
    );
    refused("[]", None, "the ring is not an object");
    refused(&format!("\"{A}\""), None, "the ring is not an object");
    refused("null", None, "the ring is not an object");
    refused("{}", None, "`keys` is missing");
    refused(r#"{"keys":{}}"#, None, "`keys` is not an array");
    refused(&format!(r#"{{"keys":"{A}"}}"#), None, "`keys` is not an array");
    refused(r#"{"keys":[]}"#, None, "no key is active");
    refused(
        &format!(r#"{{"keys":[{a}],"{A}":1}}"#),
        None,
        "a member that is not known",
    );
    refused(
        &format!(r#"{{"keys":[{a}],"keys":[{a}]}}"#),
        None,
        "`keys` stands twice",
    );
    refused(
        r#"{"\u006beys":[]}"#,
        None,
        "a member's name is not written plainly",
    );

    refused(
        &format!(r#"{{"keys":["{A}"]}}"#),
        Some(0),
        "keys[0]: not an object",
    );
    refused(&two("null"), Some(1), "keys[1]: not an object");
    refused(&one("{}"), Some(0), "keys[0]: `state` is missing");
    refused(
        &one(r#"{"state":"active"}"#),
        Some(0),
        "keys[0]: `key` is missing",
    );
    refused(
        &two(r#"{"state":"revoked"}"#),
        Some(1),
        "keys[1]: `id` is missing",
    );
    refused(
        &one(&format!(r#"{{"state":"active","key":"{A}","{A}":1}}"#)),
        Some(0),
        "keys[0]: a member that is not known",
    );
    refused(
        &one(&format!(r#"{{"key":"{A}","state":"active","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `key` stands twice",
    );
    refused(
        &one(&format!(r#"{{"state":"active","state":"active","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `state` stands twice",
    );
    refused(
        &one(&format!(r#"{{"state":"{A}","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `state` is none of active, announced, retiring, revoked",
    );
    refused(
        &one(&format!(r#"{{"state":"Active","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `state` is none of active, announced, retiring, revoked",
    );
    refused(
        &one(&format!(r#"{{"state":1,"key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `state` is not a string without escapes",
    );
    refused(
        &two(r#"{"state":"retiring","key":7}"#),
        Some(1),
        "keys[1]: `key` is not a string without escapes",
    );
    refused(
        &two(r#"{"state":"retiring","key":null}"#),
        Some(1),
        "keys[1]: `key` is not a string without escapes",
    );
    refused(
        &one(&format!(
            r#"{{"state":"active","key":"{}"}}"#,
            A.replace("AAEC", "\\u0041AEC")
        )),
        Some(0),
        "keys[0]: `key` is not a string without escapes",
    );
    refused(
        &one(&format!(r#"{{"id":7,"state":"active","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `id` is not a string without escapes",
    );
    refused(
        &one(&format!(r#"{{"id":"324f1d7","state":"active","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `id` is not 8 hexadecimal digits",
    );
    refused(
        &one(&format!(r#"{{"id":"324f1d7d","state":"active","key":"{A}"}}"#)),
        Some(0),
        "keys[0]: `id` is not the id of `key`; it is computed and may be left out",
    );
    refused(
        &two(&format!(r#"{{"id":"00000000","state":"revoked","key":"{A}"}}"#)),
        Some(1),
        "keys[1]: a revoked key is listed by its `id` alone, without `key`",
    );
    refused(
        &two(r#"{"id":"00000000","state":"revoked"}"#),
        Some(1),
        "keys[1]: a revoked key demands `cutoff_ms`: its forgeries may live on under others",
    );
    refused(
        &two(&format!(r#"{{"state":"announced","key":"{A}"}}"#)),
        Some(1),
        "keys[1]: the secret is the one of keys[0]",
    );
    refused(
        &format!(r#"{{"keys":[{a},{{"id":"{A_ID}","state":"revoked"}}],"cutoff_ms":1}}"#),
        Some(1),
        "keys[1]: the id is the one of keys[0]",
    );
    refused(
        &two(&format!(r#"{{"state":"active","key":"{B}"}}"#)),
        Some(1),
        "keys[1]: a second active key, after keys[0]",
    );
    refused(
        &one(&format!(r#"{{"state":"retiring","key":"{B}"}}"#)),
        None,
        "no key is active",
    );

    let key = |key: &str| one(&format!(r#"{{"state":"active","key":"{key}"}}"#));
    refused(&key(SHORT), Some(0), "keys[0]: `key`: a key has 32 to 256 bytes");
    refused(
        &key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        Some(0),
        "keys[0]: `key`: a key has at least 8 distinct byte values: this looks like a placeholder",
    );
    refused(
        &key("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSwgMTIzNDU2"),
        Some(0),
        "keys[0]: `key`: a key is not text: a password, PEM, or hexadecimal or base64 that was not decoded",
    );
    for text in [&A[..43], "hunter2", "", &format!(" {A}"), &A.replace('8', "9")] {
        let line = "keys[0]: `key`: a key is written in standard base64, padded and canonical";
        match text {
            "" => refused(&key(text), Some(0), "keys[0]: `key`: a key has 32 to 256 bytes"),
            _ => refused(&key(text), Some(0), line),
        }
    }

    let cutoff = |value: &str| format!(r#"{{"keys":[{a}],"cutoff_ms":{value}}}"#);
    for value in [
        "null",
        "\"1\"",
        "1.0",
        "1e3",
        "[1]",
        "281474976710656.5",
        "99999999999999999999",
    ] {
        refused(&cutoff(value), None, "`cutoff_ms` is not an integer");
    }
    for value in ["-1", "281474976710656", "18446744073709551615"] {
        refused(
            &cutoff(value),
            None,
            "`cutoff_ms` is not from 0 to 281474976710655",
        );
    }
    refused(&cutoff("1,\"cutoff_ms\":2"), None, "`cutoff_ms` stands twice");
    assert!(KeyRing::parse(&cutoff("281474976710655")).is_ok());
}

#[test]
fn export_never_grows_its_string() {
    let live = |state, key: &Key| Entry {
        id: key.id(),
        state,
        key: Some(key.clone()),
    };
    let bytes: Vec<u8> = (0..=255).collect();
    let (long, b) = (Key::from_bytes(&bytes).unwrap(), Key::from_base64(B).unwrap());
    let entries = vec![
        live(KeyState::Announced, &long),
        live(KeyState::Active, &b),
        Entry {
            id: A_ID.parse().unwrap(),
            state: KeyState::Revoked,
            key: None,
        },
    ];
    let json = export(&entries, Some(UnixTime::from_millis((1 << 48) - 1)));
    // `String` grows to at least twice its capacity, so an exact bound means that it never did.
    assert!(
        json.capacity() < json.len() + 64,
        "{} of {}",
        json.len(),
        json.capacity()
    );
    assert!(KeyRing::parse(&json).is_ok());
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    prop::collection::vec(any::<[u8; 32]>(), 1..8).prop_filter_map("keys that differ", |secrets| {
        let keys: Vec<_> = secrets
            .iter()
            .filter_map(|bytes| Key::from_bytes(bytes).ok())
            .collect();
        let mut ids: Vec<_> = keys.iter().map(Key::id).collect();
        ids.sort();
        ids.dedup();
        (ids.len() == keys.len() && !keys.is_empty()).then_some(keys)
    })
}

proptest! {
    #[test]
    fn parsing_an_export_gives_the_ring_back(keys in keys(), states: [u8; 8], cutoff in 0_i64..1 << 48) {
        let entries: Vec<_> = keys.iter().enumerate().map(|(index, key)| {
            let state = if index == 0 { KeyState::Active } else { KeyState::ALL[1 + usize::from(states[index] % 3)] };
            Entry { id: key.id(), state, key: (state != KeyState::Revoked).then(|| key.clone()) }
        }).collect();
        let revoked = entries.iter().any(|entry| entry.state == KeyState::Revoked);
        let cutoff = (revoked || cutoff % 2 == 0).then_some(UnixTime::from_millis(cutoff));
        let ring = KeyRing::new(entries, cutoff).unwrap();

        let again = KeyRing::parse(&ring.export()).unwrap();
        prop_assert_eq!(again.export(), ring.export());
        prop_assert_eq!(again.cutoff(), ring.cutoff());
        prop_assert!(again.entries().eq(ring.entries()));
        prop_assert!(again.keys().zip(ring.keys()).all(|(a, b)| a.0.same_secret(b.0)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(json in r#"[{}\[\]":,a-z0-9_\\ ]{0,80}"#) {
        let _ = KeyRing::parse(&json);
    }
}
