//! Claims of every shape are spelled as `serde_json` spells them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::{HmacKey, SignError, SignErrorKind, Signer};
use proptest::prelude::*;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use serde_json::{Map, Value};

fn signed<T: Serialize + ?Sized>(claims: &T) -> Result<String, SignErrorKind> {
    let signer = Signer::new(HmacKey::hs256(&[0x5a; 32]).unwrap(), "JWT").unwrap();
    let token = signer.sign(claims).map_err(SignError::kind)?;
    let octets = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    Ok(String::from_utf8(octets).unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ -~]{0,80}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            object(inner, 6),
        ]
    })
}

fn object(value: impl Strategy<Value = Value>, most: usize) -> impl Strategy<Value = Value> {
    let name = prop_oneof![any::<String>(), "[a-c]{0,3}", "permission_[a-z]_granted"];
    prop::collection::btree_map(name, value, 0..=most)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_object_is_spelled_as_serde_json_does(claims in object(value(), 12)) {
        prop_assert_eq!(signed(&claims), Ok(serde_json::to_string(&claims).unwrap()));
    }
}

/// One member.
struct Pair<N, V>(N, V);

impl<N: Serialize, V: Serialize> Serialize for Pair<N, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&self.0, &self.1)?;
        map.end()
    }
}

struct Bytes;

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&[0, 7, 255])
    }
}

#[derive(Serialize)]
struct Wrapper<T>(T);

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Tuple(u8, &'static str);

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
enum Choice {
    #[serde(rename = "no\"thing")]
    Nothing,
    #[serde(rename = "o\"ne")]
    One(u8),
    #[serde(rename = "t\nwo")]
    Two(u8, u8),
    #[serde(rename = "na\\med")]
    Named {
        a: u8,
    },
    NoneNamed {},
}

#[track_caller]
fn same<T: Serialize>(claims: &T) {
    let expected = serde_json::to_string(claims).map_err(|_| SignErrorKind::Claims);
    assert_eq!(signed(claims), expected);
}

#[test]
fn names_are_spelled_as_serde_json_does() {
    same(&Pair("a", 1));
    same(&Pair("\"\\\n\u{1}é", 1));
    same(&Pair("", 1));
    same(&Pair('a', 1));
    same(&Pair('"', 1));
    same(&Pair(true, 1));
    same(&Pair(false, 1));
    same(&Pair(-1_i8, 1));
    same(&Pair(u64::MAX, 1));
    same(&Pair(i128::MIN, 1));
    same(&Pair(u128::MAX, 1));
    same(&Pair(0.1_f32, 1));
    same(&Pair(1e300, 1));
    same(&Pair(-0.0, 1));
    same(&Pair(f64::NAN, 1));
    same(&Pair(f32::INFINITY, 1));
    same(&Pair(Some("a"), 1));
    same(&Pair(None::<u8>, 1));
    same(&Pair((), 1));
    same(&Pair(Unit, 1));
    same(&Pair(Wrapper("a"), 1));
    same(&Pair(Wrapper(1), 1));
    same(&Pair(Choice::Nothing, 1));
    same(&Pair(Choice::One(1), 1));
    same(&Pair(Choice::Two(1, 2), 1));
    same(&Pair(Choice::Named { a: 1 }, 1));
    same(&Pair([1], 1));
    same(&Pair((1, 2), 1));
    same(&Pair(Tuple(1, "a"), 1));
    same(&Pair(Bytes, 1));
    same(&Pair(Empty {}, 1));
    same(&Pair(BTreeMap::from([("a", 1)]), 1));
    same(&Pair(std::net::Ipv4Addr::LOCALHOST, 1));
}

#[test]
fn values_are_spelled_as_serde_json_does() {
    same(&Pair("v", Bytes));
    same(&Pair("v", Unit));
    same(&Pair("v", Tuple(1, "\"")));
    same(&Pair("v", Empty {}));
    same(&Pair(
        "v",
        [
            Choice::Nothing,
            Choice::One(1),
            Choice::Two(1, 2),
            Choice::Named { a: 1 },
        ],
    ));
    same(&Pair("v", [Choice::NoneNamed {}]));
    same(&Pair("v", Wrapper(Choice::One(1))));
    same(&Pair("v", Some(Some(BTreeMap::<u8, u8>::new()))));
    same(&Pair("v", ([0_u8; 0], [[0_u8; 0]; 2])));
    same(&Pair(
        "v",
        (f64::NAN, f32::NEG_INFINITY, -0.0, 1e21, 5e-324, f32::MIN_POSITIVE),
    ));
    same(&Pair("v", (u128::MAX, i128::MIN, '\u{10ffff}', '\u{7f}')));
    same(&Pair("v", std::net::Ipv6Addr::LOCALHOST));
    same(&Pair("v", serde_json::value::to_raw_value(&[1, 2]).unwrap()));
}
