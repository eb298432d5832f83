use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloakroom_jwt::{HmacKey, SignError, SignErrorKind, Signer};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Serialize, ser};

fn signer() -> Signer {
    Signer::new(HmacKey::hs256(&[0x5a; 32]).unwrap(), "JWT").unwrap()
}

fn payload(token: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[track_caller]
fn check<T: Serialize + ?Sized>(claims: &T, expected: Result<&str, SignErrorKind>) {
    let signer = signer();
    let outcome = signer.sign(claims).map_err(SignError::kind);
    assert_eq!(
        outcome.as_deref().map(payload).map_err(|kind| *kind),
        expected.map(str::to_owned)
    );
    let input = signer.signing_input(claims);
    assert_eq!(input.map(|_| ()).map_err(SignError::kind), expected.map(|_| ()));
}

#[derive(Serialize)]
struct Plain {
    sub: &'static str,
}

#[derive(Serialize)]
struct Flattened<T> {
    sub: &'static str,
    #[serde(flatten)]
    more: T,
}

#[derive(Serialize)]
struct Wrapper<T>(T);

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
enum Choice {
    Nothing,
    One(Plain),
    Pair(u8, u8),
    Struct { sub: &'static str },
}

#[test]
fn claims_are_an_object() {
    let alice = Ok(r#"{"sub":"alice"}"#);
    check(&Plain { sub: "alice" }, alice);
    check(&&Plain { sub: "alice" }, alice);
    check(&Box::new(Plain { sub: "alice" }), alice);
    check(&Some(Plain { sub: "alice" }), alice);
    check(&Wrapper(Plain { sub: "alice" }), alice);
    check(&Wrapper(Some(Wrapper(Plain { sub: "alice" }))), alice);
    check(&BTreeMap::from([("sub", "alice")]), alice);
    check(&serde_json::json!({"sub": "alice"}), alice);
    check(&serde_json::json!({}), Ok("{}"));
    for value in [
        serde_json::json!(null),
        serde_json::json!(true),
        serde_json::json!(1),
        serde_json::json!(1.5),
        serde_json::json!("{}"),
        serde_json::json!([]),
        serde_json::json!([{}]),
    ] {
        check(&value, Err(SignErrorKind::NotAnObject));
    }
    check(&(), Err(SignErrorKind::NotAnObject));
    check(&Unit, Err(SignErrorKind::NotAnObject));
    check(&None::<Plain>, Err(SignErrorKind::NotAnObject));
    check(&Wrapper(1), Err(SignErrorKind::NotAnObject));
    check(&(1, 2), Err(SignErrorKind::NotAnObject));
    check("{}", Err(SignErrorKind::NotAnObject));
    check(&'{', Err(SignErrorKind::NotAnObject));
    check(&[1, 2][..], Err(SignErrorKind::NotAnObject));
    // Variants of an enum are not looked through: nobody means the outer object that they would become.
    check(&Choice::Nothing, Err(SignErrorKind::NotAnObject));
    check(
        &Choice::One(Plain { sub: "alice" }),
        Err(SignErrorKind::NotAnObject),
    );
    check(&Choice::Pair(1, 2), Err(SignErrorKind::NotAnObject));
    check(&Choice::Struct { sub: "alice" }, Err(SignErrorKind::NotAnObject));
}

/// Writes its members as they come.
struct Members(&'static [(&'static str, u8)]);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[test]
fn claims_have_each_member_once() {
    check(&Members(&[("a", 1), ("b", 2)]), Ok(r#"{"a":1,"b":2}"#));
    check(
        &Members(&[("a", 1), ("b", 2), ("a", 1)]),
        Err(SignErrorKind::Duplicate),
    );
    let more = BTreeMap::from([("role", "admin")]);
    check(
        &Flattened { sub: "alice", more },
        Ok(r#"{"sub":"alice","role":"admin"}"#),
    );
    let more = BTreeMap::from([("sub", "admin")]);
    check(&Flattened { sub: "alice", more }, Err(SignErrorKind::Duplicate));
    check(
        &Flattened {
            sub: "alice",
            more: Plain { sub: "admin" },
        },
        Err(SignErrorKind::Duplicate),
    );
    check(
        &BTreeMap::from([("inner", Members(&[("a", 1), ("a", 1)]))]),
        Err(SignErrorKind::Duplicate),
    );
}

struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("hunter2"))
    }
}

impl fmt::Debug for Fails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fails")
    }
}

#[test]
fn claims_that_cannot_be_written() {
    #[derive(Serialize)]
    struct Inner {
        sub: Fails,
    }
    check(&Inner { sub: Fails }, Err(SignErrorKind::Claims));
    check(&BTreeMap::from([((1, 2), 3)]), Err(SignErrorKind::Claims));
    let error = signer().sign(&Inner { sub: Fails }).unwrap_err();
    let text = "the claims are not strict JSON, or are deeper than the 16 levels that a verifier reads";
    assert_eq!(error.to_string(), text);
}

#[derive(Serialize)]
struct Claims<'c> {
    sub: &'c str,
}

/// Around the lengths where the claims outgrow a buffer, and the lengths where the encoder's steps begin.
#[test]
fn claims_of_every_length() {
    let signer = signer();
    for length in (0..200).chain(440..560).chain(1480..1600).chain([10_000]) {
        let sub = "x".repeat(length);
        let token = signer.sign(&BTreeMap::from([("sub", &sub)])).unwrap();
        let expected = format!(r#"{{"sub":"{sub}"}}"#);
        assert_eq!(token.split('.').nth(1).unwrap(), URL_SAFE_NO_PAD.encode(expected));
        assert_eq!(signer.sign(&Claims { sub: &sub }).unwrap(), token);
        // A name, an escape, a number and an array are on that length's border too.
        let claims = serde_json::json!({"a": sub, "b": "c\"", "d": length, "e": [&sub, "f\\", "ghi"], "j": sub + "\n"});
        let token = signer.sign(&claims).unwrap();
        let expected = serde_json::to_string(&claims).unwrap();
        assert_eq!(token.split('.').nth(1).unwrap(), URL_SAFE_NO_PAD.encode(expected));
    }
}

/// Strings and numbers are written by code of this crate: the same bytes come out as from `serde_json`.
#[test]
fn claims_are_spelled_as_serde_json_does() {
    #[derive(Serialize)]
    struct Inner {
        a: Option<u8>,
        b: Vec<&'static str>,
    }

    #[derive(Serialize)]
    struct Empty {}

    #[derive(Serialize)]
    struct All<'c> {
        text: &'c str,
        owned: String,
        #[serde(rename = "na\"me\n")]
        odd_name: Wrapper<&'c str>,
        some: Option<&'c str>,
        none: Option<&'c str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        skipped: Option<u8>,
        small: (i8, u8, i16, u16),
        i64: i64,
        u64: u64,
        u128: u128,
        i128: i128,
        f32: f32,
        f64: f64,
        not_a_number: f64,
        truth: bool,
        character: char,
        unit: (),
        list: Vec<Inner>,
        map: BTreeMap<&'static str, Inner>,
        choice: [Choice; 4],
        address: std::net::Ipv4Addr,
        empty: Empty,
    }
    for text in [
        "",
        "plain",
        "\"",
        "\\",
        "a\nb",
        "\u{0}",
        "\u{1f}",
        "\u{7f}",
        "é\u{2028}\u{10ffff}",
        "/",
        "<&>",
    ] {
        let inner = || Inner {
            a: Some(1),
            b: vec!["x", "\""],
        };
        let all = All {
            text,
            owned: text.repeat(3),
            odd_name: Wrapper(text),
            some: Some(text),
            none: None,
            skipped: None,
            small: (-1, 2, -3, 4),
            i64: i64::MIN,
            u64: u64::MAX,
            u128: u128::MAX,
            i128: i128::MIN,
            f32: 0.1,
            f64: 1e300,
            not_a_number: f64::NAN,
            truth: true,
            character: '"',
            unit: (),
            list: vec![inner(), inner()],
            map: BTreeMap::from([("k", inner())]),
            choice: [
                Choice::Nothing,
                Choice::One(Plain { sub: "a" }),
                Choice::Pair(1, 2),
                Choice::Struct { sub: "b" },
            ],
            address: std::net::Ipv4Addr::LOCALHOST,
            empty: Empty {},
        };
        check(&all, Ok(&serde_json::to_string(&all).unwrap()));
    }
    check(&Empty {}, Ok("{}"));
}
