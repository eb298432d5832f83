use cloakroom_jwt::{HmacKey, Scratch, Signer, Verifier, danger};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{
    HEADER, SECRET, at, claims, encode, good, policy, reason, sign, sign_encoded, untyped, verifier,
};

/// Any JSON value whose object members differ in their names.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn every_truncation_is_rejected() {
    let (verifier, token) = (verifier(policy()), good());
    for end in 0..token.len() {
        assert_ne!(reason(&verifier, &token[..end], at(0)), None, "{end}");
        assert_ne!(
            reason(&verifier, &token[token.len() - end..], at(0)),
            None,
            "{end}"
        );
    }
}

#[test]
fn every_flip_of_one_bit_is_rejected() {
    let (verifier, token) = (verifier(policy()), good());
    let mut scratch = Scratch::new();
    for place in 0..token.len() {
        for bit in 0..7 {
            let mut flipped = token.clone().into_bytes();
            flipped[place] ^= 1 << bit;
            let flipped = String::from_utf8(flipped).unwrap();
            assert!(
                verifier.verify(&flipped, at(0), &mut scratch).is_err(),
                "bit {bit} of {place}"
            );
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(token in any::<String>()) {
        prop_assert!(reason(&verifier(policy()), &token, at(0)).is_some());
        prop_assert!(verifier(policy()).unverified_route(&token).is_none());
        prop_assert!(danger::claims_without_verification::<Value>(&token).is_err());
    }

    #[test]
    fn no_signed_octets_panic(header: Vec<u8>, payload: Vec<u8>) {
        prop_assert!(reason(&verifier(untyped()), &sign(&header, &payload), at(0)).is_some());
        prop_assert!(reason(&verifier(policy()), &sign(HEADER, &payload), at(0)).is_some());
    }

    #[test]
    fn no_signed_text_panics(header in "[{}\\[\\]\":,a-e0-2\\\\u]{0,20}", payload in "[{}\\[\\]\":,a-e0-2\\\\u]{0,40}") {
        prop_assert!(reason(&verifier(untyped()), &sign(&header, &payload), at(0)).is_some());
        prop_assert!(reason(&verifier(policy()), &sign(HEADER, &payload), at(0)).is_some());
    }

    #[test]
    fn no_times_panic(now: i64, exp: u64, nbf: u64, iat: u64) {
        let times = format!(r#"{{"iss":"x","exp":{exp},"nbf":{nbf},"iat":{iat}}}"#);
        let now = cloakroom_jwt::cloakroom_core::UnixTime::from_millis(now);
        prop_assert!(reason(&verifier(policy()), &sign(HEADER, times), now).is_some());
    }

    #[test]
    fn claims_are_read_as_serde_json_reads_them(value in json(), name in any::<String>()) {
        let more = format!("{}:{value}", Value::from(format!("x{name}")));
        let payload = claims(&more);
        let (verifier, mut scratch) = (verifier(policy()), Scratch::new());
        let token = sign(HEADER, &payload);
        let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
        prop_assert_eq!(verified.raw(), &payload);
        prop_assert_eq!(&verified.claims::<Value>().unwrap()[format!("x{name}")], &value);
        let found = verified.get(&format!("x{name}")).unwrap();
        match &value {
            Value::Null => prop_assert_eq!(found, cloakroom_jwt::Value::Null),
            Value::Bool(value) => prop_assert_eq!(found.as_bool(), Some(*value)),
            Value::Number(value) => prop_assert_eq!(found, cloakroom_jwt::Value::Number(&value.to_string())),
            Value::String(value) => prop_assert_eq!(found.as_str(), Some(value.as_str())),
            Value::Array(_) => prop_assert_eq!(found, cloakroom_jwt::Value::Array(&value.to_string())),
            Value::Object(_) => prop_assert_eq!(found, cloakroom_jwt::Value::Object(&value.to_string())),
        }
    }

    #[test]
    fn what_is_signed_here_verifies_here(value in json()) {
        let key = HmacKey::hs256(SECRET).unwrap();
        let verifier = Verifier::one(policy(), [key.clone()]).unwrap();
        let mut object: Value = serde_json::from_str(&claims("")).unwrap();
        object["x"] = value;
        let token = Signer::new(key, "at+jwt").unwrap().sign(&object).unwrap();
        let verified = verifier.verify_owned::<Value>(&token, at(0)).unwrap();
        prop_assert_eq!(verified.claims(), &object);
    }

    #[test]
    fn a_token_under_another_secret_never_verifies(secret: [u8; 32]) {
        prop_assume!(&secret != SECRET);
        let token = sign_encoded(&secret, &encode(HEADER), &encode(claims("")));
        prop_assert_eq!(reason(&verifier(policy()), &token, at(0)), Some(cloakroom_jwt::ErrorKind::Signature));
    }
}
