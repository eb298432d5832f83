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

fn active() -> String {
    format!(r#"{{"state":"active","key":"{A}"}}"#)
}

/// A ring with this entry alone.
fn one(entry: &str) -> String {
    format!(r#"{{"keys":[{entry}]}}"#)
}

/// A ring with a good active key before this entry.
fn two(second: &str) -> String {
    format!(r#"{{"keys":[{},{second}]}}"#, active())
}

#[test]
fn c6_what_is_no_ring_is_refused() {
    let (a, good) = (active(), one(&active()));
    let syntax = |json: &str, line: usize, column: usize| {
        refused(json, None, &format!("not JSON at line {line} column {column}"));
    };
    syntax("", 1, 0);
    syntax("{", 1, 1);
    syntax(&format!("{{\"keys\":[\n{a}"), 2, a.len());
    syntax(&format!("{good} x"), 1, good.len() + 2);
    syntax(&format!("{good}{good}"), 1, good.len() + 1);
    syntax(&format!("\u{feff}{good}"), 1, 1);

    for (json, line) in [
        ("[]", "the ring is not an object"),
        ("null", "the ring is not an object"),
        (&format!("\"{A}\""), "the ring is not an object"),
        ("{}", "`keys` is missing"),
        (r#"{"keys":{}}"#, "`keys` is not an array"),
        (&format!(r#"{{"keys":"{A}"}}"#), "`keys` is not an array"),
        (r#"{"keys":[]}"#, "no key is active"),
        (
            &format!(r#"{{"keys":[{a}],"{A}":1}}"#),
            "a member that is not known",
        ),
        (
            &format!(r#"{{"keys":[{a}],"keys":[{a}]}}"#),
            "`keys` stands twice",
        ),
        (
            r#"{"\u006beys":[]}"#,
            "a backslash at line 1 column 3: strings have no escapes",
        ),
    ] {
        refused(json, None, line);
    }
}

#[test]
fn c6_what_is_no_entry_is_refused() {
    let plain = |name: &str| format!("`{name}` is not a string");
    for (entry, line) in [
        ("null", "not an object"),
        (&format!(r#""{A}""#), "not an object"),
        ("{}", "`state` is missing"),
        (r#"{"state":"retiring"}"#, "`key` is missing"),
        (r#"{"state":"revoked"}"#, "`id` is missing"),
        (
            &format!(r#"{{"state":"retiring","key":"{B}","{A}":1}}"#),
            "a member that is not known",
        ),
        (
            &format!(r#"{{"key":"{B}","state":"retiring","key":"{B}"}}"#),
            "`key` stands twice",
        ),
        (
            &format!(r#"{{"state":"retiring","state":"retiring","key":"{B}"}}"#),
            "`state` stands twice",
        ),
        (
            r#"{"id":"00000000","id":"00000000","state":"revoked"}"#,
            "`id` stands twice",
        ),
        (&format!(r#"{{"state":1,"key":"{B}"}}"#), &plain("state")),
        (r#"{"state":"retiring","key":7}"#, &plain("key")),
        (r#"{"state":"retiring","key":null}"#, &plain("key")),
        (
            &format!(r#"{{"id":7,"state":"retiring","key":"{B}"}}"#),
            &plain("id"),
        ),
        (
            &format!(r#"{{"id":"324f1d7","state":"retiring","key":"{B}"}}"#),
            "`id` is not 8 hexadecimal digits",
        ),
    ] {
        refused(&two(entry), Some(1), &format!("keys[1]: {line}"));
    }
    let escaped = two(&format!(
        "\n{{\"state\":\"retiring\",\"key\":\"\\u0041{}\"}}",
        &A[1..]
    ));
    refused(
        &escaped,
        None,
        "a backslash at line 2 column 28: strings have no escapes",
    );
    for state in ["", "Active", "hunter2", A] {
        let line = "keys[0]: `state` is none of active, announced, retiring, revoked";
        refused(
            &one(&format!(r#"{{"state":"{state}","key":"{A}"}}"#)),
            Some(0),
            line,
        );
    }
}

#[test]
fn c6_what_contradicts_itself_is_refused() {
    for (entry, line) in [
        (
            &format!(r#"{{"id":"{A_ID}","state":"announced","key":"{B}"}}"#)[..],
            "`id` is not the id of `key`; it is computed and may be left out",
        ),
        (
            &format!(r#"{{"id":"00000000","state":"revoked","key":"{B}"}}"#),
            "a revoked key is listed by its `id` alone, without `key`",
        ),
        (
            r#"{"id":"00000000","state":"revoked"}"#,
            "a revoked key demands `cutoff_ms`: its forgeries may live on under others",
        ),
        (
            &format!(r#"{{"state":"announced","key":"{A}"}}"#),
            "the secret is the one of keys[0]",
        ),
        (
            &format!(r#"{{"id":"{A_ID}","state":"revoked"}}"#),
            "the id is the one of keys[0]",
        ),
        (
            &format!(r#"{{"state":"active","key":"{B}"}}"#),
            "a second active key, after keys[0]",
        ),
    ] {
        refused(&two(entry), Some(1), &format!("keys[1]: {line}"));
    }
    refused(
        &one(&format!(r#"{{"state":"retiring","key":"{B}"}}"#)),
        None,
        "no key is active",
    );
    let revoked_twice = r#"{"id":"00000000","state":"revoked"},{"id":"00000000","state":"revoked"}"#;
    let json = format!(r#"{{"cutoff_ms":1,"keys":[{},{revoked_twice}]}}"#, active());
    refused(&json, Some(2), "keys[2]: the id is the one of keys[1]");
}

#[test]
fn c6_what_is_no_key_is_refused() {
    let base64 = "a key is written in standard base64, padded and canonical";
    for (text, line) in [
        (SHORT, "a key has 32 to 256 bytes"),
        ("", "a key has 32 to 256 bytes"),
        (
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "a key has at least 8 distinct byte values: this looks like a placeholder",
        ),
        (
            "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZSwgMTIzNDU2",
            "a key is not text: a password, PEM, or hexadecimal or base64 that was not decoded",
        ),
        (&A[..43], base64),
        ("hunter2", base64),
        (&format!(" {A}"), base64),
        (&A.replace('8', "9"), base64),
    ] {
        let entry = format!(r#"{{"state":"active","key":"{text}"}}"#);
        refused(&one(&entry), Some(0), &format!("keys[0]: `key`: {line}"));
    }
}

#[test]
fn c6_what_is_no_cutoff_is_refused() {
    let cutoff = |value: &str| format!(r#"{{"keys":[{}],"cutoff_ms":{value}}}"#, active());
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
