use std::borrow::Cow;

use cloakroom_jwt::cloakroom_core::UnixTime;
use cloakroom_jwt::{ErrorKind, NumericDate, Scratch, Value, Verified, danger};
use serde::{Deserialize, Serialize};

use crate::common::{
    AUDIENCE, HEADER, ISSUED, ISSUER, at, claims, claims_with, policy, reason, sign, verifier,
};

/// Hands the claims of a good token with `more` to `look`.
fn verified(more: &str, look: impl FnOnce(Verified<'_>)) {
    let verifier = verifier(policy());
    let mut scratch = Scratch::new();
    let token = sign(HEADER, claims(more));
    look(verifier.verify(&token, at(1000), &mut scratch).unwrap());
}

fn seconds(seconds: i64) -> Option<UnixTime> {
    UnixTime::from_secs(seconds)
}

#[test]
fn the_registered_claims_have_accessors() {
    verified(r#""jti":"\u0031","nbf":1.5,"auth_time":2.5"#, |token| {
        assert_eq!(token.issuer(), ISSUER);
        assert_eq!(token.subject(), Some("anna"));
        assert_eq!(token.audience().collect::<Vec<_>>(), [AUDIENCE]);
        assert_eq!(token.expires_at(), seconds(ISSUED + 600));
        assert_eq!(token.issued_at(), seconds(ISSUED));
        assert_eq!(token.not_before(), seconds(2));
        assert_eq!(token.auth_time(), seconds(2));
        assert_eq!(token.token_id(), Some("1"));
        assert_eq!(token.kid(), None);
        assert_eq!(token.policy(), 0);
    });
    verified("", |token| {
        assert_eq!(token.not_before(), None);
        assert_eq!(token.auth_time(), None);
        assert_eq!(token.token_id(), None);
        assert_eq!(token.raw(), claims(""));
    });
}

#[test]
fn e11_issued_at_is_the_second_that_a_token_was_issued_in() {
    let token = sign(
        HEADER,
        claims("").replace(&format!("\"iat\":{ISSUED}"), &format!("\"iat\":{ISSUED}.9")),
    );
    let (verifier, mut scratch) = (verifier(policy()), Scratch::new());
    let verified = verifier.verify(&token, at(1000), &mut scratch).unwrap();
    assert_eq!(verified.issued_at(), seconds(ISSUED));
    let owned = verifier
        .verify_owned::<serde_json::Value>(&token, at(1000))
        .unwrap();
    assert_eq!(owned.issued_at(), seconds(ISSUED));
    // It is not accepted any earlier for that.
    let error = verifier.verify(&token, at(999), &mut scratch).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotYetValid);
}

#[test]
fn several_audiences_are_read_with_their_escapes() {
    let token = sign(
        HEADER,
        claims("").replace(
            &format!("{AUDIENCE:?}"),
            r#"[ "a\"]\\" ,"https://api.example.com", "" ]"#,
        ),
    );
    let (verifier, mut scratch) = (verifier(policy()), Scratch::new());
    let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
    let found: Vec<_> = verified.audience().collect();
    assert_eq!(found, ["a\"]\\", AUDIENCE, ""]);
    assert!(matches!(found[1], Cow::Borrowed(_)));
}

#[test]
fn any_claim_is_got_by_name() {
    let more = r#""n":null,"t":true,"f":false,"i":-12,"u":18446744073709551615,"d":1.50,"s":"a\tb","\u0061":[1, {"x" : "\"" }],"o":{ }"#;
    verified(more, |token| {
        assert_eq!(token.get("n"), Some(Value::Null));
        assert_eq!(token.get("t"), Some(Value::Bool(true)));
        assert_eq!(token.get("f").and_then(Value::as_bool), Some(false));
        assert_eq!(token.get("i"), Some(Value::Number("-12")));
        assert_eq!(token.get("i").and_then(Value::as_i64), Some(-12));
        assert_eq!(token.get("i").and_then(Value::as_u64), None);
        assert_eq!(token.get("u").and_then(Value::as_u64), Some(u64::MAX));
        assert_eq!(token.get("d"), Some(Value::Number("1.50")));
        assert_eq!(token.get("d").and_then(Value::as_u64), None);
        assert_eq!(token.get("s").and_then(Value::as_str), Some("a\tb"));
        assert_eq!(token.get("a"), Some(Value::Array(r#"[1, {"x" : "\"" }]"#)));
        assert_eq!(token.get("o"), Some(Value::Object("{ }")));
        assert_eq!(token.get("x"), None);
        assert_eq!(token.get(""), None);
        assert_eq!(token.get("iss").and_then(Value::as_str), Some(ISSUER));
    });
}

#[derive(Debug, PartialEq, Deserialize)]
struct Borrowed<'a> {
    sub: &'a str,
    #[serde(borrow)]
    name: Cow<'a, str>,
    exp: NumericDate,
}

#[test]
fn typed_claims_borrow() {
    verified(r#""name":"plain""#, |token| {
        let claims: Borrowed<'_> = token.claims().unwrap();
        assert!(matches!(claims.name, Cow::Borrowed("plain")));
        assert_eq!(claims.sub, "anna");
        assert_eq!(claims.exp.as_secs(), ISSUED + 600);
    });
    verified(r#""name":"\u0061""#, |token| {
        assert_eq!(token.claims::<Borrowed<'_>>().unwrap().name, "a");
    });
    verified("", |token| {
        let error = token.claims::<Borrowed<'_>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Claims);
    });
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Mixed(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Name(String);

#[derive(Debug, PartialEq, Deserialize)]
struct Many<'a> {
    unit: (),
    yes: bool,
    small: i8,
    big: u64,
    half: f64,
    letter: char,
    none: Option<&'a str>,
    some: Option<&'a str>,
    absent: Option<u8>,
    name: Name,
    red: Colour,
    mixed: Colour,
    pair: (u8, &'a str),
    list: Vec<&'a str>,
    #[serde(borrow)]
    inner: Inner<'a>,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner<'a> {
    text: &'a str,
    #[serde(borrow)]
    escaped: Cow<'a, str>,
}

#[test]
fn typed_claims_are_what_serde_json_reads() {
    let more = r#""unit":null,"yes":true,"small":-8,"big":18446744073709551615,"half":0.5,"letter":"x","none":null,
        "some":"thing","name":"n","red":"red","mixed":{"mixed":[1,2]},"pair":[1,"two"],"list":["a","b"],
        "inner":{"text":"t","escaped":"\n","ignored":[{}]},"other":{"deep":[[1]]}"#;
    // Once as it is, and once with an escape in a name and in a string.
    for more in [
        more.to_owned(),
        more.replace("\"red\":\"red\"", "\"r\\u0065d\":\"r\\u0065d\""),
    ] {
        verified(&more, |token| {
            let read: Many<'_> = token.claims().unwrap();
            assert_eq!(read, serde_json::from_str(token.raw()).unwrap());
            assert_eq!(read.inner.escaped, "\n");
            assert_eq!(read.rest.len(), 6);
            let read: serde_json::Value = token.claims().unwrap();
            assert_eq!(
                read,
                serde_json::from_str::<serde_json::Value>(token.raw()).unwrap()
            );
            let read: Option<std::collections::HashMap<String, serde_json::Value>> = token.claims().unwrap();
            assert_eq!(read.unwrap().len(), 20);
            assert!(token.claims::<Vec<u8>>().is_err());
            assert!(token.claims::<String>().is_err());
            assert!(token.claims::<u8>().is_err());
            assert!(token.claims::<std::collections::HashMap<String, u8>>().is_err());
            token.claims::<serde::de::IgnoredAny>().unwrap();
        });
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Role {
    role: String,
}

#[test]
fn owned_claims_outlive_the_token() {
    let verifier = verifier(policy());
    let token = sign(
        HEADER,
        claims(r#""role":"admin","jti":"1","auth_time":7,"nbf":8"#),
    );
    let verified = verifier.verify_owned::<Role>(&token, at(0)).unwrap();
    drop(token);
    assert_eq!(verified.claims().role, "admin");
    assert_eq!(verified.issuer(), ISSUER);
    assert_eq!(verified.subject(), Some("anna"));
    assert_eq!(verified.audience().collect::<Vec<_>>(), [AUDIENCE]);
    assert_eq!(verified.expires_at(), seconds(ISSUED + 600));
    assert_eq!(verified.issued_at(), seconds(ISSUED));
    assert_eq!(verified.not_before(), seconds(8));
    assert_eq!(verified.auth_time(), seconds(7));
    assert_eq!(verified.token_id(), Some("1"));
    assert_eq!(verified.kid(), None);
    assert_eq!(verified.policy(), 0);
    assert_eq!(verified.into_claims(), Role { role: "admin".into() });
    let error = verifier
        .verify_owned::<Role>(&sign(HEADER, claims("")), at(0))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Claims);
}

#[test]
fn one_scratch_serves_tokens_of_any_length_one_after_the_other() {
    let (verifier, mut scratch) = (verifier(policy()), Scratch::new());
    for length in [0, 3000, 1, 100, 5000, 0] {
        let more = format!(r#""\u0078":"{}""#, "x".repeat(length));
        let token = sign(HEADER, claims(&more));
        let verified = verifier.verify(&token, at(0), &mut scratch).unwrap();
        assert_eq!(
            verified.get("x").and_then(Value::as_str).map(str::len),
            Some(length)
        );
        assert_eq!(verified.raw(), claims(&more));
    }
}

#[test]
fn claims_without_verification_are_read_as_strictly() {
    let read =
        |token: &str| danger::claims_without_verification::<Role>(token).map_err(cloakroom_jwt::Error::kind);
    let token = sign(HEADER, claims(r#""role":"admin""#));
    assert_eq!(read(&token), Ok(Role { role: "admin".into() }));
    let (unsigned, _) = token.rsplit_once('.').unwrap();
    assert_eq!(read(&format!("{unsigned}.")), Ok(Role { role: "admin".into() }));
    assert_eq!(read(unsigned), Err(ErrorKind::Malformed));
    for bad in ["A", "AA=", "A+AA", "AAAB.", "AB"] {
        assert_eq!(
            read(&format!("{unsigned}.{bad}")),
            Err(ErrorKind::Malformed),
            "{bad}"
        );
    }
    assert_eq!(
        read(&sign(r#"{"alg":"none"}"#, claims(""))),
        Err(ErrorKind::Header)
    );
    assert_eq!(read(&sign(HEADER, claims(""))), Err(ErrorKind::Claims));
    assert_eq!(
        read(&sign(HEADER, r#"{"role":"a","role":"b"}"#)),
        Err(ErrorKind::Claims)
    );
    assert_eq!(read(&"a".repeat(70_000)), Err(ErrorKind::TooLarge));
}

#[test]
fn the_beginning_of_a_token_is_told_without_verification_and_rounded_up() {
    let begins = |name: &str, value: &str| {
        let token = sign(HEADER, claims_with(name, value));
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        danger::beginning_without_verification(&format!("{unsigned}.")).map_err(cloakroom_jwt::Error::kind)
    };
    for (name, value, millis) in [
        ("nbf", "", Some(0)),
        ("nbf", "1", Some(0)),
        ("nbf", &*(ISSUED + 60).to_string(), Some(60_000)),
        ("nbf", &format!("{}.001", ISSUED + 60), Some(61_000)),
        ("iat", &(ISSUED + 7).to_string(), Some(7000)),
        ("iat", "", None),
    ] {
        assert_eq!(begins(name, value), Ok(millis.map(at)), "{name} {value}");
    }
    assert_eq!(begins("nbf", "\"1\""), Err(ErrorKind::Claims));
    assert_eq!(
        danger::beginning_without_verification("junk").map_err(cloakroom_jwt::Error::kind),
        Err(ErrorKind::Malformed)
    );
    // A verifier that is asked again at that time says what becomes of the token.
    let token = sign(HEADER, claims_with("nbf", &format!("{}.5", ISSUED + 60)));
    let begins = danger::beginning_without_verification(&token).unwrap().unwrap();
    let early = Some(ErrorKind::NotYetValid);
    assert_eq!(reason(&verifier(policy()), &token, at(60_999)), early);
    assert_eq!(reason(&verifier(policy()), &token, begins), None);
}

#[derive(Serialize, Deserialize)]
struct Dates {
    exp: NumericDate,
}

#[test]
fn a_numeric_date_is_written_as_an_integer_and_read_as_any_number() {
    let json = |millis| {
        serde_json::to_string(&Dates {
            exp: UnixTime::from_millis(millis).into(),
        })
        .unwrap()
    };
    assert_eq!(json(1_763_737_200_999), r#"{"exp":1763737200}"#);
    assert_eq!(json(0), r#"{"exp":0}"#);
    assert_eq!(json(-1), r#"{"exp":0}"#);
    let read = |json: &str| {
        serde_json::from_str::<Dates>(json)
            .ok()
            .map(|dates| dates.exp.as_secs())
    };
    assert_eq!(read(r#"{"exp":1763737200}"#), Some(1_763_737_200));
    assert_eq!(read(r#"{"exp":1763737200.999}"#), Some(1_763_737_200));
    assert_eq!(read(r#"{"exp":9223372036854775}"#), Some(9_223_372_036_854_775));
    for bad in [
        "-1",
        "-0.5",
        "\"1\"",
        "null",
        "1e300",
        "9223372036854776",
        "18446744073709551615",
        "[]",
    ] {
        assert_eq!(read(&format!(r#"{{"exp":{bad}}}"#)), None, "{bad}");
    }
    let date: NumericDate = serde_json::from_str("5.5").unwrap();
    assert_eq!(UnixTime::from(date), UnixTime::from_millis(5000));
}
