//! Every value is serialized once, and what is signed has no name twice.

use std::cell::Cell;
use std::collections::BTreeMap;

use cloakroom_jwt::{Algorithm, cloakroom_core::UnixTime};
use cloakroom_jwt::{
    HmacKey, Policy, Scratch, SignError, SignErrorKind, Signer, SigningInput, Typ, Untyped, Verifier,
};
use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeStruct as _, Serializer};
use serde_json::value::RawValue;

fn signer() -> Signer {
    Signer::new(HmacKey::hs256(&[0x5a; 32]).unwrap(), "JWT").unwrap()
}

#[track_caller]
fn check<T: Serialize + ?Sized>(claims: &T, expected: Result<(), SignErrorKind>) {
    assert_eq!(
        signer().sign(claims).map(|_| ()).map_err(SignError::kind),
        expected
    );
}

#[track_caller]
fn payload(token: &str) -> String {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).unwrap();
    let octets = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims);
    String::from_utf8(octets.unwrap()).unwrap()
}

/// Something else each time, and nothing at all after the first.
struct OneShot<T>(Cell<Option<T>>);

impl<T: Serialize> Serialize for OneShot<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.take().expect("serialized twice").serialize(serializer)
    }
}

fn once<T>(value: T) -> OneShot<T> {
    OneShot(Cell::new(Some(value)))
}

#[derive(Serialize)]
struct One<T> {
    sub: T,
}

#[track_caller]
fn check_once<T: Serialize>(make: impl Fn() -> T) {
    let expected = serde_json::to_string(&One { sub: make() }).unwrap();
    let sign = |claims: &dyn Fn() -> Result<String, SignError>| payload(&claims().unwrap());
    let claims = || signer().sign(&One { sub: once(make()) });
    assert_eq!(sign(&claims), expected);
    let claims = || signer().sign(&once(One { sub: make() }));
    assert_eq!(sign(&claims), expected);
    let claims = || signer().sign(&once(BTreeMap::from([("sub", once(make()))])));
    assert_eq!(sign(&claims), expected);
    assert!(signer().signing_input(&once(One { sub: once(make()) })).is_ok());
    assert!(SigningInput::new(Algorithm::Rs256, None, "JWT", &once(One { sub: once(make()) })).is_ok());
}

#[derive(Serialize)]
enum Choice {
    Nothing,
    One(u8),
    Two(u8, u8),
    Named { a: u8 },
}

#[test]
fn every_value_is_serialized_once() {
    check_once(|| "alice");
    check_once(|| "al\"ice");
    check_once(|| 'a');
    check_once(|| 7);
    check_once(|| -7_i128);
    check_once(|| 7.5);
    check_once(|| true);
    check_once(|| ());
    check_once(|| Some(1));
    check_once(|| None::<u8>);
    check_once(|| vec!["a", "b"]);
    check_once(|| (1, "a"));
    check_once(|| One { sub: 1 });
    check_once(|| BTreeMap::from([(1, 2)]));
    check_once(|| Choice::Nothing);
    check_once(|| Choice::One(1));
    check_once(|| Choice::Two(1, 2));
    check_once(|| Choice::Named { a: 1 });
    check_once(|| std::net::Ipv4Addr::LOCALHOST);
    check_once(|| serde_json::json!({"a": [{"b": null}]}));
    check_once(|| RawValue::from_string(r#"{"a" : 1}"#.into()).unwrap());
}

/// What a value says when it is asked for the second time is not signed.
#[test]
fn a_value_that_changes_says_its_first() {
    struct Counter(Cell<u32>);
    impl Serialize for Counter {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let count = self.0.get();
            self.0.set(count + 1);
            [count].serialize(serializer)
        }
    }
    let claims = One {
        sub: Counter(Cell::new(0)),
    };
    assert_eq!(payload(&signer().sign(&claims).unwrap()), r#"{"sub":[0]}"#);
    assert_eq!(payload(&signer().sign(&claims).unwrap()), r#"{"sub":[1]}"#);
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Wrapping {
    Access(Content),
}

#[derive(Serialize)]
struct Content {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Alike {
    #[serde(rename = "role")]
    one: &'static str,
    #[serde(rename = "role")]
    other: &'static str,
}

const ALIKE: Alike = Alike {
    one: "user",
    other: "admin",
};

/// A struct that writes so many names, and the first of them again.
struct Many(usize, bool);

const NAMES: [&str; 40] = [
    "n00", "n01", "n02", "n03", "n04", "n05", "n06", "n07", "n08", "n09", "n10", "n11", "n12", "n13", "n14",
    "n15", "n16", "n17", "n18", "n19", "n20", "n21", "n22", "n23", "n24", "n25", "n26", "n27", "n28", "n29",
    "n30", "n31", "n32", "n33", "n34", "n35", "n36", "n37", "n38", "n39",
];

impl Serialize for Many {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_struct("Many", self.0)?;
        for name in &NAMES[..self.0] {
            all.serialize_field(name, &1)?;
        }
        if self.1 {
            all.serialize_field(NAMES[0], &2)?;
        }
        all.end()
    }
}

/// A map whose names are given twice, in two spellings of Rust's.
struct Spelled;

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(&1, "a")?;
        map.serialize_entry("1", "b")?;
        map.end()
    }
}

#[test]
fn e7_no_claim_is_signed_twice_at_any_depth() {
    let twice = Err(SignErrorKind::Duplicate);
    check(&Wrapping::Access(Content { kind: "a" }), twice);
    check(&ALIKE, twice);
    check(&Spelled, twice);
    check(&One { sub: ALIKE }, twice);
    check(&One { sub: [[ALIKE]] }, twice);
    check(
        &One {
            sub: Wrapping::Access(Content { kind: "a" }),
        },
        twice,
    );
    check(&BTreeMap::from([("sub", vec![Spelled])]), twice);
    for count in 1..NAMES.len() {
        check(&Many(count, false), Ok(()));
        check(&Many(count, true), twice);
        check(
            &One {
                sub: Many(count, false),
            },
            Ok(()),
        );
        check(
            &One {
                sub: Many(count, true),
            },
            twice,
        );
    }
    // The same name in several objects.
    check(
        &One {
            sub: One {
                sub: [One { sub: 1 }, One { sub: 2 }],
            },
        },
        Ok(()),
    );
    check(&(One { sub: 1 }, One { sub: 2 }), Err(SignErrorKind::NotAnObject));
}

#[test]
fn names_that_look_alike_are_two() {
    #[derive(Serialize)]
    struct Similar {
        permissions_a_granted: u8,
        permissions_b_granted: u8,
        #[serde(rename = "")]
        empty: u8,
        #[serde(rename = "\n")]
        line: u8,
        #[serde(rename = "\\n")]
        spelled: u8,
    }
    let similar = Similar {
        permissions_a_granted: 1,
        permissions_b_granted: 2,
        empty: 3,
        line: 4,
        spelled: 5,
    };
    assert_eq!(
        payload(&signer().sign(&similar).unwrap()),
        serde_json::to_string(&similar).unwrap()
    );
}

#[test]
fn json_of_others_is_read_before_it_is_signed() {
    let raw = |json: &str| RawValue::from_string(json.into()).unwrap();
    check(&raw(r#"{"sub":"alice"}"#), Ok(()));
    check(&raw(r#"{"sub":1,"sub":2}"#), Err(SignErrorKind::Duplicate));
    check(&raw("[]"), Err(SignErrorKind::NotAnObject));
    check(&raw("\"{\""), Err(SignErrorKind::NotAnObject));
    for (json, expected) in [
        (r#"{"a":1}"#, Ok(())),
        (r#"[{"a":1,"\u0061":2}]"#, Err(SignErrorKind::Duplicate)),
        (r#""\ud800""#, Err(SignErrorKind::Claims)),
    ] {
        check(&One { sub: raw(json) }, expected);
        check(&One { sub: vec![raw(json)] }, expected);
    }
}

/// Sixteen levels, the claims themselves counted, as a verifier reads them.
#[test]
fn claims_nest_as_deep_as_a_verifier_reads() {
    let arrays = |depth: u32| (1..depth).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let objects =
        |depth: u32| (1..depth).fold(serde_json::json!(1), |inner, _| serde_json::json!({"a": inner}));
    let policy = Policy::new("i", "a", Typ::untyped(Untyped::OwnKeys));
    let verifier = Verifier::one(policy, [HmacKey::hs256(&[0x5a; 32]).unwrap()]).unwrap();
    for nest in [&arrays as &dyn Fn(u32) -> serde_json::Value, &objects] {
        let claims = |depth| serde_json::json!({"iss": "i", "aud": "a", "exp": 10, "deep": nest(depth)});
        let token = signer().sign(&claims(16)).unwrap();
        assert!(
            verifier
                .verify(&token, UnixTime::from_millis(0), &mut Scratch::new())
                .is_ok()
        );
        check(&claims(17), Err(SignErrorKind::Claims));
        check(&claims(100), Err(SignErrorKind::Claims));
    }
}
