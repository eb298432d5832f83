extern crate std;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use proptest::prelude::*;
use serde_json::Value;

use super::{Index, Kind, MAX_DEPTH, SLACK, scan};

/// The members that the scanner finds, each with its value as `serde_json` reads it.
fn scanned(json: &str) -> Option<Vec<(String, Value)>> {
    let mut octets = json.as_bytes().to_vec();
    octets.extend([0; SLACK]);
    let mut index = Index::new();
    scan(json, &octets, &mut index).ok()?;
    let members = index.members.iter().map(|member| {
        let value = member.value(json, &index.text);
        let value = match member.kind {
            Kind::String => Value::from(value),
            _ => serde_json::from_str(value).unwrap_or(Value::Null),
        };
        (member.name(json, &index.text).to_string(), value)
    });
    Some(members.collect())
}

/// How deep arrays and objects nest, and whether an object has two members of one name, by another road: every object is
/// read member by member.
fn shape(json: &str) -> Option<(u32, bool)> {
    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

    struct Shape(u32, bool);
    impl<'de> Deserialize<'de> for Shape {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Look)
        }
    }
    struct Look;
    impl<'de> Visitor<'de> for Look {
        type Value = Shape;
        fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("JSON")
        }
        fn visit_unit<E>(self) -> Result<Shape, E> {
            Ok(Shape(0, false))
        }
        fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
            Ok(Shape(0, false))
        }
        fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
            Ok(Shape(0, false))
        }
        fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
            Ok(Shape(0, false))
        }
        fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
            Ok(Shape(0, false))
        }
        fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
            Ok(Shape(0, false))
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
            let mut all = Shape(0, false);
            while let Some(Shape(depth, twice)) = seq.next_element()? {
                all = Shape(all.0.max(depth), all.1 | twice);
            }
            Ok(Shape(all.0 + 1, all.1))
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
            let mut all = Shape(0, false);
            let mut names = std::collections::HashSet::new();
            while let Some((name, Shape(depth, twice))) = map.next_entry::<String, Shape>()? {
                all = Shape(all.0.max(depth), all.1 | twice | !names.insert(name));
            }
            Ok(Shape(all.0 + 1, all.1))
        }
    }
    let Shape(depth, twice) = serde_json::from_str(json).ok()?;
    Some((depth, twice))
}

/// Asserts that the scanner takes `json` if and only if `serde_json` reads an object from it that is not too deep and
/// names nothing twice, and that they read the same.
#[track_caller]
fn agree(json: &str) {
    let found = scanned(json);
    let other = match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(object)) => Some(object),
        // A number without a place in an f64 is a number all the same.
        Err(error) if error.to_string().contains("number out of range") => return,
        _ => None,
    };
    match (found, other) {
        (None, None) => {}
        (Some(members), Some(object)) => {
            let (depth, twice) = shape(json).unwrap();
            assert!(depth <= MAX_DEPTH && !twice, "{json}");
            assert_eq!(members.len(), object.len(), "{json}");
            for (name, value) in &members {
                assert_eq!(object.get(name), Some(value), "{json}");
            }
        }
        (None, Some(_)) => {
            let (depth, twice) = shape(json).unwrap();
            assert!(depth > MAX_DEPTH || twice, "{json}");
        }
        (Some(_), None) => panic!("accepted: {json}"),
    }
}

#[test]
fn every_prefix_and_every_changed_octet_agree() {
    let json = r#" {"a":[1,-2.5e+3,{"b":null,"c":[true,false,"\ud83d\ude00\n"]}], "\u0061b":"x\\y", "":{}, "ab ":"","z":"12345678"} "#;
    agree(json);
    for end in 0..json.len() {
        agree(&json[..end]);
        for octet in *b"\"\\{}[]:,0-e.au \n\t" {
            let mut changed = json.as_bytes().to_vec();
            changed[end] = octet;
            agree(core::str::from_utf8(&changed).unwrap());
            let mut more = json.as_bytes().to_vec();
            more.insert(end, octet);
            agree(core::str::from_utf8(&more).unwrap());
        }
        let mut fewer = json.as_bytes().to_vec();
        fewer.remove(end);
        agree(core::str::from_utf8(&fewer).unwrap());
    }
}

#[test]
fn a_text_without_its_zeros_is_refused() {
    for octets in [&b"{}"[..], b"{}\0\0\0\0\0\0\0", b"{}\0\0\0\0\0\0\0\0\0"] {
        assert!(scan("{}", octets, &mut Index::new()).is_err());
    }
}

#[test]
fn keys_tell_short_names_apart() {
    let names: Vec<&[u8]> = vec![
        b"",
        b"\0",
        b"\0\0",
        b"a",
        b"a\0",
        b"iss",
        b"iss\0",
        b"sub",
        b"1234567",
        b"1234567\0",
    ];
    for (index, left) in names.iter().enumerate() {
        for right in &names[..index] {
            assert_ne!(super::key(left), super::key(right), "{left:?} {right:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn texts_of_json_characters_agree(inner in "([\\[\\]{}:,\"\\\\ue0-2.a-]|\"a\":|\"b\",|null|true|\\\\u0061|\\[1\\]|\\{\\}){0,24}") {
        agree(&inner);
        agree(&format!("{{{inner}}}"));
        agree(&format!("{{\"a\":{inner}}}"));
        agree(&format!("{{\"a\":\"{inner}\"}}"));
        agree(&format!("{{\"{inner}\":1}}"));
    }

    #[test]
    fn members_agree(members in proptest::collection::vec(("[a-c]|\\\\u006[1-3]|[a-c]{7,9}", "[0-9]{1,3}|\\{\"[ab]\":1,\"[ab]\":2\\}|\"[a-z\\\\\"]{0,9}\""), 0..24)) {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        agree(&format!("{{{}}}", members.join(",")));
    }

    #[test]
    fn any_text_agrees(text in any::<String>()) {
        agree(&text);
        agree(&format!("{{\"a\":\"{text}\"}}"));
    }
}
