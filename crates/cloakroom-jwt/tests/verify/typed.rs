//! Typed claims are what `serde_json` reads, whether or not something in the token is spelled with an escape.

use std::collections::BTreeMap;
use std::fmt;

use cloakroom_jwt::Scratch;
use serde::Deserialize;
use serde::de::{Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::common::{HEADER, at, claims, policy, sign, verifier};

/// What a token may say behind the five registered claims.
const CLAIMS: [&str; 24] = [
    "",
    r#""role":"admin""#,
    r#""role":"admin","level":3,"flags":{"true":1,"false":2},"numbers":{"1":"a","-2":"b"}"#,
    r#""role":null,"level":3.5"#,
    r#""role":["admin"],"level":-1,"flags":{"yes":1}"#,
    r#""role":{"admin":null},"numbers":{"01":"a"}"#,
    r#""role":{"admin":[1]}"#,
    r#""kind":"red","pair":[1,"two"],"unit":null,"level":18446744073709551616"#,
    r#""kind":{"mixed":[1,2]},"pair":[1,"two",3]"#,
    r#""kind":{"mixed":[1,2],"red":null},"unit":0"#,
    r#""level":1e400"#,
    r#""1":"one","-2":2"#,
    r#""1.5":"one""#,
    r#""1e2":"x""#,
    r#"" 1":"one""#,
    r#""1 ":"one""#,
    r#""01":"one""#,
    r#""+1":"one""#,
    r#""300":"one""#,
    r#""true":true,"false":false"#,
    r#""true ":true"#,
    r#""":0"#,
    r#""a":"x","b":{"c":true}"#,
    r#""$serde_json::private::RawValue":"1""#,
];

/// Asserts that each token is read as `T` just as `serde_json` reads its claims.
#[track_caller]
fn agrees<T: fmt::Debug + for<'a> Deserialize<'a>>() {
    let name = std::any::type_name::<T>();
    let (verifier, mut scratch) = (verifier(policy()), Scratch::new());
    for more in CLAIMS {
        let plain = claims(more);
        let escaped = [
            plain.replace("\"role\"", "\"rol\\u0065\""),
            plain.replace("\"admin\"", "\"\\u0061dmin\""),
            plain.replace("\"anna\"", "\"\\u0061nna\""),
            plain.replace("\"sub\"", "\"s\\u0075b\""),
        ];
        let mut is_read = Vec::new();
        for json in [&plain].into_iter().chain(&escaped) {
            let token = sign(HEADER, json);
            let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
            let found = verified.claims::<T>().ok();
            let expected = serde_json::from_str::<T>(json).ok();
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{name}: {json}");
            is_read.push(found.is_some());
        }
        assert!(
            is_read.windows(2).all(|pair| pair[0] == pair[1]),
            "{name}: {more}"
        );
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Name(String);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Nested(Option<Name>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Known {
    Iss,
    Sub,
    Aud,
    Iat,
    Exp,
    Role,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Few {
    Iss,
    #[serde(other)]
    Other,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u64),
    Text(String),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Unit;

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug")]
struct Pair(u8, Name);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "shown by Debug")]
enum Kind {
    Red,
    Mixed(u8, u8),
}

#[test]
fn names_are_of_any_type_that_serde_json_takes() {
    agrees::<BTreeMap<String, Option<IgnoredAny>>>();
    agrees::<BTreeMap<Box<str>, Value>>();
    agrees::<BTreeMap<Name, Value>>();
    agrees::<BTreeMap<Nested, Value>>();
    agrees::<BTreeMap<Option<String>, Value>>();
    agrees::<BTreeMap<Option<Option<Name>>, Value>>();
    agrees::<BTreeMap<Known, Value>>();
    agrees::<BTreeMap<Few, Option<IgnoredAny>>>();
    agrees::<BTreeMap<Either, Value>>();
    agrees::<BTreeMap<u64, Value>>();
    agrees::<BTreeMap<bool, Value>>();
    agrees::<BTreeMap<char, Value>>();
    agrees::<BTreeMap<(), Value>>();
    agrees::<BTreeMap<Unit, Value>>();
    agrees::<BTreeMap<Vec<u8>, Value>>();
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug")]
struct Typed {
    role: Option<String>,
    level: Option<i128>,
    flags: Option<BTreeMap<bool, u8>>,
    numbers: Option<BTreeMap<i8, String>>,
    kind: Option<Kind>,
    pair: Option<Pair>,
    unit: Option<Unit>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug")]
struct Flat {
    sub: Name,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<Name, Value>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "shown by Debug")]
struct Inner {
    level: Option<f64>,
    role: Option<Either>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "shown by Debug")]
struct Exact {
    iss: String,
    sub: String,
    aud: String,
    iat: u64,
    exp: f32,
    role: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "shown by Debug")]
enum Untagged {
    Exact(Exact),
    Numbers(BTreeMap<u64, Value>),
    Typed(Box<Typed>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
#[allow(dead_code, reason = "shown by Debug")]
enum Tagged {
    Admin { level: Option<u8> },
}

#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Whole(#[allow(dead_code, reason = "shown by Debug")] Typed);

#[derive(Debug, Deserialize)]
struct Newtype(#[allow(dead_code, reason = "shown by Debug")] Option<Flat>);

#[derive(Debug, Deserialize)]
struct Raw {
    #[allow(dead_code, reason = "shown by Debug")]
    sub: Box<RawValue>,
    #[serde(default)]
    #[allow(dead_code, reason = "shown by Debug")]
    level: Option<Box<RawValue>>,
}

#[test]
fn claims_are_of_any_type_that_serde_json_takes() {
    agrees::<Value>();
    agrees::<Typed>();
    agrees::<Flat>();
    agrees::<Exact>();
    agrees::<Untagged>();
    agrees::<Tagged>();
    agrees::<Whole>();
    agrees::<Newtype>();
    agrees::<Raw>();
    agrees::<Box<RawValue>>();
    agrees::<BTreeMap<Name, Box<RawValue>>>();
    agrees::<Option<Typed>>();
    agrees::<Unit>();
    agrees::<Pair>();
    agrees::<Kind>();
    agrees::<()>();
    agrees::<(u8, u8)>();
    agrees::<Vec<Value>>();
    agrees::<IgnoredAny>();
}

/// Asks in the way that `HOW` numbers, and tells what came.
#[derive(Debug)]
struct Asked<const HOW: usize>(#[allow(dead_code, reason = "shown by Debug")] String);

impl<'de, const HOW: usize> Deserialize<'de> for Asked<HOW> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let seen = Seen::<HOW>;
        match HOW {
            0 => from.deserialize_any(seen),
            1 => from.deserialize_bool(seen),
            2 => from.deserialize_i8(seen),
            3 => from.deserialize_i16(seen),
            4 => from.deserialize_i32(seen),
            5 => from.deserialize_i64(seen),
            6 => from.deserialize_i128(seen),
            7 => from.deserialize_u8(seen),
            8 => from.deserialize_u16(seen),
            9 => from.deserialize_u32(seen),
            10 => from.deserialize_u64(seen),
            11 => from.deserialize_u128(seen),
            12 => from.deserialize_f32(seen),
            13 => from.deserialize_f64(seen),
            14 => from.deserialize_char(seen),
            15 => from.deserialize_str(seen),
            16 => from.deserialize_string(seen),
            17 => from.deserialize_bytes(seen),
            18 => from.deserialize_byte_buf(seen),
            19 => from.deserialize_option(seen),
            20 => from.deserialize_unit(seen),
            21 => from.deserialize_unit_struct("Asked", seen),
            22 => from.deserialize_newtype_struct("Asked", seen),
            23 => from.deserialize_seq(seen),
            24 => from.deserialize_tuple(2, seen),
            25 => from.deserialize_tuple_struct("Asked", 2, seen),
            26 => from.deserialize_map(seen),
            27 => from.deserialize_struct("Asked", &["a", "admin"], seen),
            28 => from.deserialize_identifier(seen),
            29 => from.deserialize_ignored_any(seen),
            _ => from.deserialize_enum("Asked", &["admin", "a"], seen),
        }
        .map(Self)
    }
}

struct Seen<const HOW: usize>;

impl<'de, const HOW: usize> Visitor<'de> for Seen<HOW> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
        Ok(format!("bool {value}"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(format!("i64 {value}"))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<String, E> {
        Ok(format!("i128 {value}"))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(format!("u64 {value}"))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<String, E> {
        Ok(format!("u128 {value}"))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Ok(format!("f64 {value}"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(format!("str {value:?}"))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<String, E> {
        Ok(format!("borrowed str {value:?}"))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<String, E> {
        Ok(format!("bytes {value:?}"))
    }

    fn visit_borrowed_bytes<E: Error>(self, value: &'de [u8]) -> Result<String, E> {
        Ok(format!("borrowed bytes {value:?}"))
    }

    fn visit_none<E: Error>(self) -> Result<String, E> {
        Ok("none".into())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        Ok(format!("some {:?}", Asked::<0>::deserialize(from)?))
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok("unit".into())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        Ok(format!("newtype {:?}", Asked::<0>::deserialize(from)?))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<String, A::Error> {
        let mut seen = Vec::new();
        while let Some(next) = from.next_element::<Asked<0>>()? {
            seen.push(next);
        }
        Ok(format!("seq {seen:?}"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<String, A::Error> {
        let mut seen = Vec::new();
        while let Some(next) = from.next_entry::<Asked<0>, Asked<0>>()? {
            seen.push(next);
        }
        Ok(format!("map {seen:?}"))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, from: A) -> Result<String, A::Error> {
        let (name, rest) = from.variant::<Asked<28>>()?;
        let rest = match HOW {
            30 => rest.unit_variant().map(|()| String::new()),
            31 => rest
                .newtype_variant::<Asked<0>>()
                .map(|value| format!("{value:?}")),
            32 => rest.tuple_variant(1, Seen::<0>),
            _ => rest.struct_variant(&["a"], Seen::<0>),
        }?;
        Ok(format!("enum {name:?} {rest}"))
    }
}

/// Passes over the first five claims, and asks for the names and values of the others as `K` and `V`.
#[derive(Debug)]
#[allow(dead_code, reason = "shown by Debug")]
struct Entries<K, V>(Vec<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<K, V>(std::marker::PhantomData<(K, V)>);
        impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Reader<K, V> {
            type Value = Entries<K, V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("claims")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Entries<K, V>, A::Error> {
                for _ in 0..5 {
                    from.next_entry::<IgnoredAny, IgnoredAny>()?;
                }
                let mut entries = Vec::new();
                while let Some(entry) = from.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        from.deserialize_map(Reader(std::marker::PhantomData))
    }
}

#[test]
fn names_values_and_the_whole_answer_every_question_alike() {
    /// For each of the ways to ask.
    macro_rules! each {
        ($($how:literal)*) => {$(
            agrees::<Asked<$how>>();
            agrees::<Entries<Asked<$how>, IgnoredAny>>();
            agrees::<Entries<IgnoredAny, Asked<$how>>>();
        )*};
    }
    each! { 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 }
    agrees::<Entries<Box<RawValue>, Box<RawValue>>>();
}

/// Takes `N` names, and a value after each when `VALUES`.
#[derive(Debug)]
struct First<const N: usize, const VALUES: bool>;

impl<'de, const N: usize, const VALUES: bool> Deserialize<'de> for First<N, VALUES> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<const N: usize, const VALUES: bool>;
        impl<'de, const N: usize, const VALUES: bool> Visitor<'de> for Reader<N, VALUES> {
            type Value = First<N, VALUES>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("claims")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<First<N, VALUES>, A::Error> {
                for _ in 0..N {
                    from.next_key::<String>()?;
                    if VALUES {
                        from.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(First)
            }
        }
        from.deserialize_map(Reader)
    }
}

#[test]
fn claims_that_a_type_does_not_take_are_an_error() {
    agrees::<First<0, true>>();
    agrees::<First<1, false>>();
    agrees::<First<2, false>>();
    agrees::<First<4, true>>();
    agrees::<First<5, true>>();
    agrees::<First<6, true>>();
    agrees::<First<7, false>>();
}
